// What a decoder knows of its exporters as lines of text:
//
//   template ADDRESS DOMAIN PORT v9|ipfix NUMBER data|options SCOPES FIELD:LENGTH[:ENTERPRISE]...
//   boot ADDRESS DOMAIN MICROSECONDS
//   sampler|interface-sampling ADDRESS DOMAIN NUMBER RATE
//   interface|application ADDRESS DOMAIN NUMBER NAME
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "decoders/flow/decoder.h"
#include "decoders/ip_network.h"
#include "decoders/text.h"

namespace weir::flow {
namespace {

constexpr std::size_t kMostLineBytes = 16384;
constexpr std::string_view kNoAddress = "file";

std::string address_text(const IpAddress& address) {
  return address.family == 0 ? std::string(kNoAddress) : to_string(address);
}

void save_template(std::back_insert_iterator<std::string> out, std::string_view who, TemplateKey key,
                   std::uint16_t port, const Template& made) {
  fmt::format_to(out, "template {} {} {} {} {} {}", who, port, key.dialect == Dialect::ipfix ? "ipfix" : "v9",
                 key.number, made.use().of_options ? "options" : "data", made.use().scopes);
  for (const FieldSpecifier& field : made.fields()) {
    fmt::format_to(out, " {}:{}", field.number, field.length);
    if (field.enterprise != kIana) fmt::format_to(out, ":{}", field.enterprise);
  }
  *out = '\n';
}

void save_names(std::back_insert_iterator<std::string> out, std::string_view what, std::string_view who,
                const OptionTables::Names& names) {
  for (const auto& [number, name] : names) {
    std::string plain = name;
    std::replace_if(
        plain.begin(), plain.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, '?');
    fmt::format_to(out, "{} {} {} {}\n", what, who, number, plain);
  }
}

void save_domain(std::back_insert_iterator<std::string> out, const ExporterState& exporter,
                 const Domain& domain) {
  const std::string who = fmt::format("{} {}", address_text(exporter.address), domain.id);
  domain.templates.for_each([&](TemplateKey key, std::uint16_t port, const Template& made) {
    save_template(out, who, key, port, made);
  });
  const OptionTables& options = domain.options;
  if (options.boot() != 0) fmt::format_to(out, "boot {} {}\n", who, options.boot());
  for (const auto& [number, rate] : options.sampler_rates())
    fmt::format_to(out, "sampler {} {} {}\n", who, number, rate);
  for (const auto& [number, rate] : options.interface_rates())
    fmt::format_to(out, "interface-sampling {} {} {}\n", who, number, rate);
  save_names(out, "interface", who, options.interfaces());
  save_names(out, "application", who, options.applications());
}

template <class T>
bool take_number(std::string_view& rest, T& out) {
  const auto number = parse_number<T>(take_word(rest));
  if (number) out = *number;
  return number.has_value();
}

std::optional<IpAddress> take_address(std::string_view& rest) {
  const std::string_view word = take_word(rest);
  if (word == kNoAddress) return IpAddress{};
  const auto network = IpNetwork::parse(word);
  return network ? std::optional{network->address} : std::nullopt;
}

std::optional<FieldSpecifier> parse_field(std::string_view word) {
  const auto number = parse_number<std::uint16_t>(cut(word, ':')),
             length = parse_number<std::uint16_t>(cut(word, ':'));
  const auto enterprise = word.empty() ? std::optional{kIana} : parse_number<std::uint32_t>(word);
  if (!number || !length || !enterprise) return std::nullopt;
  return FieldSpecifier{*number, *length, *enterprise};
}

bool load_template(std::string_view rest, ExporterState& exporter, Domain& domain, TimeUs now) {
  std::uint16_t port = 0;
  TemplateKey key;
  TemplateUse use;
  if (!take_number(rest, port)) return false;
  key.dialect = take_word(rest) == "v9" ? Dialect::netflow9 : Dialect::ipfix;
  if (!take_number(rest, key.number)) return false;
  use.of_options = take_word(rest) == "options";
  if (!take_number(rest, use.scopes)) return false;
  std::vector<FieldSpecifier> fields;
  while (!rest.empty() && fields.size() <= kMaxFields) {
    const auto field = parse_field(take_word(rest));
    if (!field) return false;
    fields.push_back(*field);
  }
  auto made = Template::make(key.dialect, use, std::move(fields));
  return made != nullptr && exporter.learn(domain, key, port, std::move(made), now);
}

}  // namespace

std::string FlowDecoder::save() const {
  std::string out;
  for (const auto& [address, exporter] : exporters_)
    for (const auto& [id, domain] : exporter->domains())
      save_domain(std::back_inserter(out), *exporter, *domain);
  return out;
}

std::size_t FlowDecoder::load(std::string_view lines, TimeUs now) {
  std::size_t wrong = 0;
  while (!lines.empty()) {
    const std::string_view line = cut(lines, '\n');
    if (!line.empty() && (line.size() > kMostLineBytes || !load_line(line, now))) ++wrong;
  }
  return wrong;
}

bool FlowDecoder::load_line(std::string_view rest, TimeUs now) {
  const std::string_view what = take_word(rest);
  const auto address = take_address(rest);
  std::uint32_t id = 0;
  if (!address || !take_number(rest, id)) return false;
  ExporterState& from = exporter(*address);
  Domain& domain = from.domain(id);
  if (what == "template") return load_template(rest, from, domain, now);
  std::uint64_t number = 0;
  if (!take_number(rest, number)) return false;
  if (what == "interface") domain.options.learn_interface(number, rest);
  if (what == "application") domain.options.learn_application(number, rest);
  if (what == "boot") domain.options.set_boot(static_cast<TimeUs>(number));
  std::uint32_t rate = 0;
  if (what == "sampler" || what == "interface-sampling") {
    if (!take_number(rest, rate) || rate == 0) return false;
    from.says_sampling = true;
    if (what == "sampler")
      domain.options.learn_rate(number, rate);
    else
      domain.options.learn_interface_rate(static_cast<std::uint32_t>(number), rate);
  }
  return true;
}

}  // namespace weir::flow
