#include "rules/language/uint_match.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "decoders/text.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

struct Unit {
  std::string_view suffix;
  std::uint64_t factor;
};
constexpr std::array<Unit, 6> kUnits{{{"kib", 1U << 10U},
                                      {"mib", 1U << 20U},
                                      {"gib", 1U << 30U},
                                      {"kb", 1U << 10U},
                                      {"mb", 1U << 20U},
                                      {"gb", 1U << 30U}}};

Parsed<std::uint64_t> number(std::string_view text, std::uint64_t most,
                             std::span<const NumberName> names = {}) {
  text = trim(text);
  const auto value = parse_uint(text, names);
  if (!value) return refuse("not a number", text);
  if (*value > most) return refuse(fmt::format("larger than {}, the most it can be", most), text);
  return *value;
}

// Where the second number of "a-b" or "a<>b" begins and the first one ends.
std::optional<std::pair<std::size_t, std::size_t>> find_range(std::string_view text) {
  const std::size_t angle = text.find("<>");
  if (angle != std::string_view::npos && angle > 0) return std::pair{angle, angle + 2};
  const std::size_t dash = text.find('-');
  if (dash != std::string_view::npos && dash > 0) return std::pair{dash, dash + 1};
  return std::nullopt;
}

bool is_letter(char c) {
  return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

}  // namespace

std::optional<std::uint64_t> parse_uint(std::string_view text, std::span<const NumberName> names) {
  for (const NumberName& n : names)
    if (equals_nocase(n.name, text)) return n.number;
  std::uint64_t factor = 1;
  for (const Unit& unit : kUnits) {
    if (text.size() <= unit.suffix.size() || text.starts_with("0x")) continue;
    const std::size_t digits = text.size() - unit.suffix.size();
    if (!equals_nocase(text.substr(digits), unit.suffix)) continue;
    text = trim_right(text.substr(0, digits));
    factor = unit.factor;
    break;
  }
  const auto value = parse_unsigned(text);
  if (!value || *value > UINT64_MAX / factor) return std::nullopt;
  return *value * factor;
}

Parsed<UintMatch> UintMatch::parse_mask(std::string_view text, std::uint64_t most) {
  const std::size_t sign = text.find('=');
  if (sign == std::string_view::npos) return refuse("a mask needs a value: &0xc0=0x80", text);
  const bool negated = sign > 0 && text[sign - 1] == '!';
  const auto mask = number(text.substr(0, negated ? sign - 1 : sign), most);
  if (!mask) return tl::unexpected(mask.error());
  const auto value = number(text.substr(sign + 1), most);
  if (!value) return tl::unexpected(value.error());
  if ((*value & ~*mask) != 0) return refuse("the value has bits outside of the mask", text);
  UintMatch out;
  out.kind_ = negated ? Kind::not_masked : Kind::masked;
  out.mask_ = *mask;
  out.first_ = *value;
  out.most_ = most;
  return out;
}

Parsed<UintMatch> UintMatch::parse_range(std::string_view text, std::uint64_t most, bool negated) {
  const auto at = find_range(text);
  const auto low = number(text.substr(0, at->first), most);
  if (!low) return tl::unexpected(low.error());
  const auto high = number(text.substr(at->second), most);
  if (!high) return tl::unexpected(high.error());
  if (*high <= *low || *high - *low < 2) return refuse("nothing lies between the ends of this range", text);
  UintMatch out;
  out.kind_ = negated ? Kind::outside : Kind::inside;
  out.first_ = *low + 1;
  out.last_ = *high - 1;
  out.most_ = most;
  return out;
}

Parsed<UintMatch> UintMatch::parse(std::string_view text, std::uint64_t most,
                                   std::span<const NumberName> names) {
  text = trim(text);
  if (text.empty()) return refuse("a number is missing");
  if (text[0] == '&') return parse_mask(text.substr(1), most);
  std::string_view rest = text;
  const bool negated = take_negation(rest);
  UintMatch out;
  out.most_ = most;
  const auto end_of = [&](std::size_t sign) { return number(rest.substr(sign), most, names); };
  if (rest.starts_with("<=") || rest.starts_with(">=") || rest.starts_with("<") || rest.starts_with(">")) {
    if (negated) return refuse("\"!\" does not go with a comparison", text);
    const bool less = rest[0] == '<', with_end = rest.size() > 1 && rest[1] == '=';
    const auto end = end_of(with_end ? 2 : 1);
    if (!end) return tl::unexpected(end.error());
    if (!with_end && *end == (less ? 0 : most)) return refuse("no value can meet this", text);
    out.first_ = less ? 0 : with_end ? *end : *end + 1;
    out.last_ = !less ? most : with_end ? *end : *end - 1;
    return out;
  }
  if (!rest.starts_with("=") && !parse_uint(rest, names) && find_range(rest))
    return parse_range(rest, most, negated);
  const auto value = end_of(rest.starts_with("==") ? 2 : rest.starts_with("=") ? 1 : 0);
  if (!value) return tl::unexpected(value.error());
  out.kind_ = negated ? Kind::outside : Kind::inside;
  out.first_ = out.last_ = *value;
  return out;
}

Parsed<UintMatch> UintMatch::parse_bits(std::string_view text, std::uint64_t most,
                                        std::span<const NumberName> bits) {
  text = trim(text);
  const std::size_t word = text.find_first_not_of("+*-=! ");
  if (word == std::string_view::npos) return refuse("names of bits are missing", text);
  if (!is_letter(text[word])) return parse(text, most);
  const char how = text[0] == '!' ? '+' : text[0];
  const bool has_sign = how == '+' || how == '*' || how == '-' || how == '=';
  std::uint64_t mask = 0, set = 0;
  for (std::string_view part : split(has_sign && text[0] != '!' ? text.substr(1) : text, ',')) {
    const bool negated = take_negation(part);
    const auto bit = std::find_if(bits.begin(), bits.end(),
                                  [&](const NumberName& n) { return equals_nocase(n.name, part); });
    if (bit == bits.end()) return refuse("not the name of a bit", part);
    mask |= bit->number;
    set |= negated ? 0 : bit->number;
  }
  UintMatch out;
  out.most_ = most;
  if (how == '=') {
    out.first_ = out.last_ = set;
    return out;
  }
  out.kind_ = how == '*' || how == '-' ? Kind::not_masked : Kind::masked;
  out.mask_ = mask;
  out.first_ = how == '*' ? mask & ~set : set;  // "*" fails only where none of the list holds
  return out;
}

bool UintMatch::matches(std::uint64_t value) const {
  switch (kind_) {
    case Kind::inside: return value >= first_ && value <= last_;
    case Kind::outside: return value < first_ || value > last_;
    case Kind::masked: return (value & mask_) == first_;
    case Kind::not_masked: return (value & mask_) != first_;
  }
  return false;
}

std::pair<std::uint64_t, std::uint64_t> UintMatch::bounds() const {
  return kind_ == Kind::inside ? std::pair{first_, last_} : std::pair{std::uint64_t{0}, most_};
}

bool UintMatch::holds_for_all_above(std::uint64_t value) const {
  return (kind_ == Kind::inside && last_ == most_ && value >= first_) ||
         (kind_ == Kind::outside && value > last_);
}

}  // namespace weir::rules
