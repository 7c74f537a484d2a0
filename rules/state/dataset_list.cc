#include "rules/state/dataset_list.h"

#include <arpa/inet.h>
#include <openssl/evp.h>

#include <array>

#include <fmt/format.h>

#include "decoders/base64.h"
#include "decoders/text.h"
#include "rules/values/address_set.h"

namespace weir::rules {
namespace {

std::optional<std::string> decode_base64_value(std::string_view text) {
  std::string out;
  decode_base64(as_bytes(text), out, Base64Mode::strict);
  return out.empty() ? std::nullopt : std::optional(std::move(out));
}

std::string encode_base64_value(std::string_view value) {
  std::string out((value.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), as_bytes(value).data(),
                                   static_cast<int>(value.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::optional<std::string> decode_address(std::string_view text, bool only_v4) {
  const auto address = parse_address(text);
  if (!address) return std::nullopt;
  const auto* const bytes = reinterpret_cast<const char*>(address->bytes.data());
  static constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  if (address->family == 4) return std::string(bytes, 4);
  if (only_v4) return std::nullopt;
  if (std::string_view(bytes, 12) == kMapped) return std::string(bytes + 12, 4);
  return std::string(bytes, 16);
}

std::string encode_address(std::string_view value) {
  std::array<char, INET6_ADDRSTRLEN> out{};
  const int family = value.size() == 4 ? AF_INET : AF_INET6;
  return ::inet_ntop(family, value.data(), out.data(), out.size()) == nullptr ? std::string{} : out.data();
}

std::string_view wanted(DatasetType type) {
  switch (type) {
    case DatasetType::string: return "base64 (type string)";
    case DatasetType::md5: return "32 hexadecimal digits (type md5)";
    case DatasetType::sha256: return "64 hexadecimal digits (type sha256)";
    case DatasetType::ipv4: return "an IPv4 address (type ipv4)";
    case DatasetType::ip: return "an address, no network (type ip)";
  }
  return {};
}

// What is wrong with a line; nothing when its value is in the set now.
std::string read_line(Dataset& set, std::string_view line) {
  std::string_view rest = line;
  const bool with_reputation = set.source().with_reputation;
  const std::string_view written = with_reputation ? trim(cut(rest, ',')) : line;
  const auto value = decode_dataset_value(set.type(), written);
  if (!value) return fmt::format("not a value of the set, which wants {}", wanted(set.type()));
  Dataset::Facts facts;
  if (with_reputation) {
    const auto number = parse_number<std::uint16_t>(trim(rest));
    if (!number) return "no reputation from 0 to 65535 behind the value";
    facts.reputation = *number;
  }
  switch (set.put(*value, std::move(facts))) {
    case Dataset::Put::added:
    case Dataset::Put::was_there: return {};
    case Dataset::Put::wrong_size:
      return fmt::format("not a value of the set, which wants {}", wanted(set.type()));
    case Dataset::Put::full: return "the set is full: its memcap is too small";
  }
  return {};
}

ListReport read_lines(Dataset& set, std::string_view text) {
  ListReport out;
  std::uint32_t number = 0;
  while (!text.empty()) {
    const std::string_view whole = cut(text, '\n');
    const std::string_view line = trim(whole);
    ++number;
    if (line.empty() || line[0] == '#') continue;
    std::string reason = read_line(set, line);
    if (reason.empty()) {
      ++out.taken;
      continue;
    }
    const auto column = static_cast<std::uint32_t>(line.data() - whole.data()) + 1;
    out.leave_out({number, column, std::move(reason), std::string(clip(line))});
  }
  return out;
}

}  // namespace

void ListReport::leave_out(ListProblem problem) {
  ++left_out;
  if (problems.size() < kMaxListProblems) problems.push_back(std::move(problem));
}

void ListReport::finish() {
  if (left_out > problems.size())
    problems.push_back({0, 0, fmt::format("{} more lines cannot be used", left_out - problems.size()), {}});
}

std::optional<std::string> decode_dataset_value(DatasetType type, std::string_view text) {
  switch (type) {
    case DatasetType::string: return decode_base64_value(text);
    case DatasetType::md5:
    case DatasetType::sha256: return parse_hex(text);
    case DatasetType::ipv4: return decode_address(text, true);
    case DatasetType::ip: return decode_address(text, false);
  }
  return std::nullopt;
}

std::string encode_dataset_value(DatasetType type, std::string_view value) {
  std::string out;
  switch (type) {
    case DatasetType::string: return encode_base64_value(value);
    case DatasetType::md5:
    case DatasetType::sha256:
      for (const std::uint8_t byte : as_bytes(value)) append_hex(out, byte);
      return out;
    case DatasetType::ipv4:
    case DatasetType::ip: return encode_address(value);
  }
  return out;
}

tl::expected<ListReport, KeywordError> read_dataset_list(Dataset& set, std::string_view text) {
  if (set.source().format != DatasetFormat::csv) return read_dataset_json(set, text);
  ListReport out = read_lines(set, text);
  if (out.taken == 0 && out.left_out != 0) {
    const ListProblem& first = out.problems.front();
    return refuse(fmt::format("no line of the list can be used: line {}: {}", first.line, first.reason),
                  first.offending);
  }
  out.finish();
  return out;
}

}  // namespace weir::rules
