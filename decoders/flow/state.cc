// What a decoder knows of its exporters as lines of text:
//
//   template ADDRESS DOMAIN PORT v9|ipfix NUMBER data|options SCOPES FIELD:LENGTH[:ENTERPRISE]...
//   boot ADDRESS DOMAIN MICROSECONDS
//   sampler|interface-sampling|template-sampling|domain-sampling ADDRESS DOMAIN NUMBER RATE
//   selection ADDRESS DOMAIN SEQUENCE SAMPLER
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

// Lines, handed on in pieces.
class Pieces {
 public:
  explicit Pieces(const FlowDecoder::PutText& put) : put_(put) {}
  ~Pieces() {
    if (!text_.empty()) put_(text_);
  }
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;

  template <class... Parts>
  void add(fmt::format_string<Parts...> format, Parts&&... parts) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Parts>(parts)...);
  }
  void end_line() {
    text_ += '\n';
    if (text_.size() < FlowDecoder::kSavedPiece) return;
    put_(text_);
    text_.clear();
  }

 private:
  const FlowDecoder::PutText& put_;
  std::string text_;
};

void save_template(Pieces& out, std::string_view who, TemplateKey key, std::uint16_t port,
                   const Template& made) {
  out.add("template {} {} {} {} {} {}", who, port, key.dialect == Dialect::ipfix ? "ipfix" : "v9", key.number,
          made.use().of_options ? "options" : "data", made.use().scopes);
  for (const FieldSpecifier& field : made.fields()) {
    out.add(" {}:{}", field.number, field.length);
    if (field.enterprise != kIana) out.add(":{}", field.enterprise);
  }
  out.end_line();
}

void save_names(Pieces& out, std::string_view what, std::string_view who, const OptionTables::Names& names) {
  for (const auto& [number, name] : names) {
    std::string plain = name;
    std::replace_if(
        plain.begin(), plain.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, '?');
    out.add("{} {} {} {}", what, who, number, plain);
    out.end_line();
  }
}

template <class Rates>
void save_rates(Pieces& out, std::string_view what, std::string_view who, const Rates& rates) {
  for (const auto& [number, rate] : rates) {
    out.add("{} {} {} {}", what, who, number, rate);
    out.end_line();
  }
}

void save_domain(Pieces& out, const ExporterState& exporter, const Domain& domain) {
  const std::string who = fmt::format("{} {}", address_text(exporter.address), domain.id);
  domain.templates.for_each([&](TemplateKey key, std::uint16_t port, const Template& made) {
    save_template(out, who, key, port, made);
  });
  const OptionTables& options = domain.options;
  if (options.boot() != 0) {
    out.add("boot {} {}", who, options.boot());
    out.end_line();
  }
  save_rates(out, "sampler", who, options.sampler_rates());
  save_rates(out, "interface-sampling", who, options.interface_rates());
  save_rates(out, "template-sampling", who, options.template_rates());
  save_rates(out, "domain-sampling", who, options.domain_rates());
  save_rates(out, "selection", who, options.sequences());
  save_names(out, "interface", who, options.interfaces());
  save_names(out, "application", who, options.applications());
}

template <class T>
bool take_number(std::string_view& rest, T& out) {
  const auto number = parse_number<T>(take_word(rest));
  if (number) out = *number;
  return number.has_value();
}

// One of two words.
bool take_choice(std::string_view& rest, std::string_view no, std::string_view yes, bool& out) {
  const std::string_view word = take_word(rest);
  out = word == yes;
  return out || word == no;
}

std::optional<IpAddress> take_address(std::string_view& rest) {
  const std::string_view word = take_word(rest);
  if (word == kNoAddress) return IpAddress{};
  return parse_address(word);
}

std::optional<FieldSpecifier> parse_field(std::string_view word) {
  const auto number = parse_number<std::uint16_t>(cut(word, ':')),
             length = parse_number<std::uint16_t>(cut(word, ':'));
  const auto enterprise = word.empty() ? std::optional{kIana} : parse_number<std::uint32_t>(word);
  if (!number || !length || !enterprise) return std::nullopt;
  return FieldSpecifier{*number, *length, *enterprise};
}

struct SavedTemplate {
  std::uint16_t port = 0;
  TemplateKey key;
  std::shared_ptr<const Template> made;
};

std::optional<SavedTemplate> parse_template(std::string_view rest, std::uint32_t own_enterprise) {
  constexpr std::uint16_t kFirst = 256;
  SavedTemplate out;
  TemplateUse use;
  bool is_ipfix = false;
  if (!take_number(rest, out.port) || !take_choice(rest, "v9", "ipfix", is_ipfix) ||
      !take_number(rest, out.key.number) || out.key.number < kFirst ||
      !take_choice(rest, "data", "options", use.of_options) || !take_number(rest, use.scopes))
    return std::nullopt;
  out.key.dialect = is_ipfix ? Dialect::ipfix : Dialect::netflow9;
  std::vector<FieldSpecifier> fields;
  while (!rest.empty() && fields.size() <= kMaxFields) {
    const auto field = parse_field(take_word(rest));
    if (!field) return std::nullopt;
    fields.push_back(*field);
  }
  if (use.scopes > fields.size()) return std::nullopt;
  out.made = Template::make(out.key.dialect, use, std::move(fields), own_enterprise);
  return out.made != nullptr ? std::optional{std::move(out)} : std::nullopt;
}

bool is_rate(std::string_view what) {
  return what == "sampler" || what == "interface-sampling" || what == "template-sampling" ||
         what == "domain-sampling";
}

// What a line says of a domain, other than a template. `value`: a rate, or the sampler of a selection sequence.
bool load_option(std::string_view what, std::string_view rest, ExporterState& exporter, Domain& domain,
                 std::uint64_t number, std::uint64_t value) {
  OptionTables& options = domain.options;
  if (what == "interface") return options.learn_interface(number, rest);
  if (what == "application") return options.learn_application(number, rest);
  if (what == "boot") {
    options.set_boot(static_cast<TimeUs>(number));
    return true;
  }
  if (what == "selection") return options.learn_sequence(number, value);
  exporter.says_sampling = true;
  const auto rate = static_cast<std::uint32_t>(value);
  if (what == "sampler") return options.learn_rate(number, rate);
  if (what == "template-sampling")
    return options.learn_template_rate(static_cast<std::uint16_t>(number), rate);
  const auto short_number = static_cast<std::uint32_t>(number);
  return what == "domain-sampling" ? options.learn_domain_rate(short_number, rate)
                                   : options.learn_interface_rate(short_number, rate);
}

}  // namespace

void FlowDecoder::save(const PutText& put) const {
  Pieces out(put);
  for (const auto& [address, exporter] : exporters_)
    for (const auto& [id, domain] : exporter->domains()) save_domain(out, *exporter, *domain);
}

std::size_t FlowDecoder::load(std::string_view lines, TimeUs now) {
  std::size_t wrong = 0;
  while (!lines.empty()) {
    const std::string_view line = cut(lines, '\n');
    if (!line.empty() && (line.size() > kMostLineBytes || !load_line(line, now))) ++wrong;
  }
  return wrong;
}

// The exporter is made when all of the line is right.
bool FlowDecoder::load_line(std::string_view rest, TimeUs now) {
  const std::string_view what = take_word(rest);
  const auto address = take_address(rest);
  std::uint32_t id = 0;
  if (!address || !take_number(rest, id)) return false;
  if (what == "template") {
    auto saved = parse_template(rest, own_enterprise_);
    if (!saved) return false;
    ExporterState& from = exporter(*address);
    return from.learn(from.domain(id), saved->key, saved->port, std::move(saved->made), now);
  }
  const bool is_name = what == "interface" || what == "application", is_selection = what == "selection";
  std::uint64_t number = 0, value = 0;
  std::uint32_t rate = 0;
  if ((!is_rate(what) && !is_name && !is_selection && what != "boot") || !take_number(rest, number))
    return false;
  if (is_rate(what) && (!take_number(rest, rate) || rate == 0)) return false;
  if (is_selection && !take_number(rest, value)) return false;
  if (!is_name && !rest.empty()) return false;
  ExporterState& from = exporter(*address);
  return load_option(what, rest, from, from.domain(id), number, is_selection ? value : rate);
}

}  // namespace weir::flow
