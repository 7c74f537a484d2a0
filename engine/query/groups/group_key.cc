#include "engine/query/groups/group_key.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "decoders/address_text.h"
#include "decoders/text.h"
#include "output/flow/flow_json.h"

namespace weir::engine {
namespace {

struct GroupFieldInfo {
  std::string_view word;
  std::size_t bytes;
  Fields fields;
  std::string_view column;
};
constexpr std::array kGroupFields{
#define GROUP_FIELD(word, name, bytes, fields, column, meaning) GroupFieldInfo{word, bytes, fields, column},
#include "engine/query/groups/group_fields.def"
#undef GROUP_FIELD
};
const GroupFieldInfo& info_of(GroupField field) {
  return kGroupFields[static_cast<std::size_t>(field)];
}

bool is_address(GroupField field) {
  return field == GroupField::source || field == GroupField::destination || field == GroupField::host;
}
bool is_text(GroupField field) {
  return field == GroupField::application || field == GroupField::name;
}

bool is_country(GroupField field) {
  return field == GroupField::source_country || field == GroupField::destination_country ||
         field == GroupField::either_country;
}
bool is_system(GroupField field) {
  return field == GroupField::source_as || field == GroupField::destination_as ||
         field == GroupField::either_as;
}

// Empty where there is no text.
void append_text(std::string_view text, std::vector<Cell>& row) {
  Cell& cell = row.emplace_back();
  if (!text.empty()) cell = std::string(text);
}

std::string names_of_fields() {
  std::string out;
  for (const GroupFieldInfo& info : kGroupFields)
    out += fmt::format("{}{}", out.empty() ? "" : ", ", info.word);
  return out;
}

// The length of a prefix in "16" or "16/48"; false: it is none.
bool parse_bits(std::string_view text, std::uint8_t& v4_bits, std::uint8_t& v6_bits) {
  constexpr std::uint8_t kUsualV6Bits = 64;
  const bool has_v6 = text.find('/') != std::string_view::npos;
  const auto v4 = parse_number<std::uint8_t>(cut(text, '/'));
  const auto v6 = has_v6 ? parse_number<std::uint8_t>(text) : kUsualV6Bits;
  if (!v4 || !v6 || *v4 > 32 || *v6 > 128) return false;
  v4_bits = *v4;
  v6_bits = *v6;
  return true;
}

template <class T>
void put(std::uint8_t* to, T value) {
  std::memcpy(to, &value, sizeof value);
}
template <class T>
T get(const std::uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// 16 bytes and the family; bits beyond the prefix are 0, as the key is.
void put_address(std::uint8_t* to, const IpAddress& address, unsigned bits) {
  constexpr unsigned kAll = 128;
  if (bits >= kAll) {
    std::memcpy(to, address.bytes.data(), address.bytes.size());
  } else {
    const std::size_t whole = bits / 8U;
    std::memcpy(to, address.bytes.data(), whole);
    to[whole] = static_cast<std::uint8_t>(address.bytes[whole] & (0xff00U >> bits % 8U));
  }
  to[16] = address.family;
}

IpAddress get_address(const std::uint8_t* from) {
  IpAddress out;
  std::memcpy(out.bytes.data(), from, out.bytes.size());
  out.family = from[16];
  return out;
}

Cell address_cell(const std::uint8_t* from, bool is_network, unsigned v4_bits, unsigned v6_bits) {
  const IpAddress address = get_address(from);
  if (address.family == 0) return {};
  if (!is_network) return address;
  return fmt::format("{}/{}", short_text(address), address.family == 4 ? v4_bits : v6_bits);
}

}  // namespace

std::uint32_t GroupTexts::number_of(std::string_view text) {
  text = text.substr(0, kMaxTextBytes);
  if (text.empty()) return 0;
  if (const auto found = numbers_.find(text); found != numbers_.end()) return found->second;
  if (texts_.size() == kMaxTexts) return kOther;
  const std::string& kept = texts_.emplace_back(text);
  const auto number = static_cast<std::uint32_t>(texts_.size());
  numbers_.emplace(kept, number);
  return number;
}

std::string_view GroupTexts::text_of(std::uint32_t number) const {
  if (number == 0) return {};
  return number <= texts_.size() ? std::string_view(texts_[number - 1]) : "(others)";
}

tl::expected<GroupKeys, std::string> GroupKeys::parse(std::string_view by, bool with_step) {
  GroupKeys out;
  if (with_step) out.bytes_ = sizeof(std::uint32_t);
  for (const std::string_view word : split(by, ','))
    if (auto added = out.add(word, by); !added) return tl::unexpected(added.error());
  out.words_ = std::max<std::size_t>((out.bytes_ + 7) / 8, 1);
  if (out.parts_.size() > kMaxFields || out.words_ > kMaxWords)
    return tl::unexpected(fmt::format("--by {}: that is too much, {} fields are the most", by, kMaxFields));
  return out;
}

tl::expected<void, std::string> GroupKeys::add(std::string_view word, std::string_view by) {
  std::string_view bits = word;
  const std::string_view name = cut(bits, '/');
  const auto found = std::find_if(kGroupFields.begin(), kGroupFields.end(),
                                  [&](const GroupFieldInfo& info) { return equals_nocase(info.word, name); });
  if (found == kGroupFields.end())
    return tl::unexpected(fmt::format("--by {}: '{}' is none of {}", by, clip(word), names_of_fields()));
  Part part{.field = static_cast<GroupField>(found - kGroupFields.begin()), .at = bytes_};
  part.is_network = name.size() != word.size();
  if (part.is_network && (!is_address(part.field) || !parse_bits(bits, part.v4_bits, part.v6_bits)))
    return tl::unexpected(
        fmt::format("--by {}: '{}': expected src, dst or host with bits of IPv4, and of IPv6 where not 64, "
                    "such as src/16 or src/16/48",
                    by, clip(word)));
  if (std::any_of(parts_.begin(), parts_.end(), [&](const Part& other) {
        return other.field == part.field && other.is_network == part.is_network;
      }))
    return tl::unexpected(fmt::format("--by {}: {} is there twice", by, found->word));
  parts_.push_back(part);
  bytes_ += found->bytes;
  fields_ = fields_ | found->fields;
  either_ = either_ || part.field == GroupField::host || part.field == GroupField::either_as ||
            part.field == GroupField::either_country;
  has_addresses_ = has_addresses_ || is_address(part.field);
  has_places_ = has_places_ || is_country(part.field) || is_system(part.field);
  has_texts_ = has_texts_ || is_text(part.field);
  has_names_ = has_names_ || part.field == GroupField::name;
  return {};
}

output::RollupKeys GroupKeys::rollup_keys() const {
  using output::RollupKey;
  output::RollupKeys out;
  for (const Part& part : parts_) switch (part.field) {
      case GroupField::source:
      case GroupField::source_country: out.add(RollupKey::source); break;
      case GroupField::destination:
      case GroupField::destination_country: out.add(RollupKey::destination); break;
      case GroupField::host:
      case GroupField::either_country: out.add({RollupKey::source, RollupKey::destination}); break;
      case GroupField::source_port: out.add(RollupKey::source_port); break;
      case GroupField::destination_port: out.add(RollupKey::destination_port); break;
      case GroupField::service_port: out.add(RollupKey::service_port); break;
      case GroupField::protocol: out.add(RollupKey::protocol); break;
      case GroupField::source_as: out.add(RollupKey::source_as); break;
      case GroupField::destination_as: out.add(RollupKey::destination_as); break;
      case GroupField::either_as: out.add({RollupKey::source_as, RollupKey::destination_as}); break;
      case GroupField::exporter:
      case GroupField::domain: out.add(RollupKey::exporter); break;
      case GroupField::vlan: out.add(RollupKey::vlan); break;
      case GroupField::tos: out.add(RollupKey::tos); break;
      case GroupField::in_interface: out.add(RollupKey::in_interface); break;
      case GroupField::out_interface: out.add(RollupKey::out_interface); break;
      case GroupField::application: out.add(RollupKey::application); break;
      case GroupField::name: out.add(RollupKey::name); break;
    }
  return out;
}

void GroupKeys::write(const flow::Record& r, std::size_t end, GroupTexts& texts, Key& key) const {
  key = {};
  auto* const bytes = reinterpret_cast<std::uint8_t*>(key.data());
  const bool is_source = end == index(Direction::to_server);
  for (const Part& part : parts_) {
    std::uint8_t* const to = bytes + part.at;
    const auto address = [&](const IpAddress& a) {
      put_address(to, a, a.family == 4 ? (part.is_network ? part.v4_bits : 128U) : part.v6_bits);
    };
    switch (part.field) {
      case GroupField::source: address(r.source); break;
      case GroupField::destination: address(r.destination); break;
      case GroupField::host: address(is_source ? r.source : r.destination); break;
      case GroupField::source_port: put(to, r.source_port); break;
      case GroupField::destination_port: put(to, r.destination_port); break;
      case GroupField::service_port: put(to, service_port(r)); break;
      case GroupField::protocol: put(to, r.protocol); break;
      case GroupField::source_as: put(to, r.routing.source_as); break;
      case GroupField::destination_as: put(to, r.routing.destination_as); break;
      case GroupField::either_as: put(to, is_source ? r.routing.source_as : r.routing.destination_as); break;
      case GroupField::source_country: put(to, r.countries[0]); break;
      case GroupField::destination_country: put(to, r.countries[1]); break;
      case GroupField::either_country: put(to, r.countries[is_source ? 0 : 1]); break;
      case GroupField::exporter: address(r.exporter.address); break;
      case GroupField::domain: put(to, r.exporter.domain); break;
      case GroupField::vlan: put(to, r.vlan); break;
      case GroupField::tos: put(to, r.sides[0].tos); break;
      case GroupField::in_interface: put(to, r.in_interface); break;
      case GroupField::out_interface: put(to, r.out_interface); break;
      case GroupField::application:
        put(to, texts.number_of(r.detail != nullptr ? r.detail->application : std::string_view{}));
        break;
      case GroupField::name:
        put(to, texts.number_of(r.detail != nullptr ? r.detail->host : std::string_view{}));
        break;
    }
  }
}

void GroupKeys::write_step(std::uint64_t* key, std::uint32_t step) {
  put(reinterpret_cast<std::uint8_t*>(key), step);
}
std::uint32_t GroupKeys::step_of(const std::uint64_t* key) {
  return get<std::uint32_t>(reinterpret_cast<const std::uint8_t*>(key));
}

std::vector<AnswerColumn> GroupKeys::columns() const {
  std::vector<AnswerColumn> out;
  for (const Part& part : parts_) {
    const GroupFieldInfo& info = info_of(part.field);
    if (!part.is_network) {
      out.push_back({std::string(info.column), "", Look::plain});
      continue;
    }
    // "src_net" beside "src_ip".
    std::string name(info.column);
    name.replace(name.size() - 2, 2, "net");
    out.push_back({std::move(name), "", Look::plain});
  }
  return out;
}

void GroupKeys::append_cells(const std::uint64_t* key, const GroupTexts& texts,
                             std::vector<Cell>& row) const {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(key);
  for (const Part& part : parts_) {
    const std::uint8_t* const from = bytes + part.at;
    if (is_text(part.field)) {
      const std::string_view text = texts.text_of(get<std::uint32_t>(from));
      append_text(text, row);
    } else if (is_country(part.field)) {
      const auto code = get<flow::Country>(from);
      append_text(code == flow::Country{} ? std::string_view{} : std::string_view(code.data(), code.size()),
                  row);
    } else if (part.field == GroupField::protocol) {
      row.emplace_back(std::string(output::flow_protocol_name(*from)));
    } else {
      switch (info_of(part.field).bytes) {
        case 1: row.emplace_back(std::uint64_t{*from}); break;
        case 2: row.emplace_back(std::uint64_t{get<std::uint16_t>(from)}); break;
        case 4: row.emplace_back(std::uint64_t{get<std::uint32_t>(from)}); break;
        default: row.push_back(address_cell(from, part.is_network, part.v4_bits, part.v6_bits));
      }
    }
  }
}

void GroupKeys::renumber_texts(std::uint64_t* key, std::span<const std::uint32_t> numbers) const {
  auto* const bytes = reinterpret_cast<std::uint8_t*>(key);
  for (const Part& part : parts_) {
    if (!is_text(part.field)) continue;
    const auto number = get<std::uint32_t>(bytes + part.at);
    if (number < numbers.size()) put(bytes + part.at, numbers[number]);
  }
}

std::uint16_t service_port(const flow::Record& record) {
  const auto [source, destination] = std::pair(record.source_port, record.destination_port);
  // The client's is left out there.
  if (record.rollup != flow::Rollup::none && (source == 0 || destination == 0))
    return std::max(source, destination);
  const bool both =
      flow::is_answered(record) && (record.rollup != flow::Rollup::none || record.sides[0].packets != 0);
  return both ? destination : std::min(source, destination);
}

}  // namespace weir::engine
