#include "rules/ioc/indicator_value.h"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "decoders/text.h"

namespace weir::rules {
namespace {

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return hex_digit(c) >= 0; });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "t13d1516h2_8daaf6152771_e5627efa2ab1"
bool is_ja4(std::string_view text) {
  constexpr std::size_t kHead = 10, kHash = 12, kAll = kHead + 1 + kHash + 1 + kHash;
  if (text.size() != kAll || text[kHead] != '_' || text[kHead + 1 + kHash] != '_') return false;
  const char transport = to_lower(text[0]);
  return (transport == 't' || transport == 'q' || transport == 'd') &&
         is_hex(text.substr(kHead + 1, kHash)) && is_hex(text.substr(kHead + 2 + kHash));
}

std::string without_colons(std::string_view text) {
  std::string out(text);
  std::erase(out, ':');
  return out;
}

bool is_digest(std::string_view digits) {
  return (digits.size() == 32 || digits.size() == 40 || digits.size() == 64) && is_hex(digits);
}

// Letters, digits, '-', '_' and bytes of other scripts; not all of the last label are digits.
bool is_name(std::string_view name) {
  constexpr std::size_t kMaxLabel = 63;
  if (name.empty() || name.size() > kMaxDomainBytes || name.find('.') == std::string_view::npos) return false;
  std::string_view label;
  std::string_view rest = name;
  while (!rest.empty()) {
    label = cut(rest, '.');
    const auto fits = [](char c) {
      const char lower = to_lower(c);
      return (lower >= 'a' && lower <= 'z') || is_digit(c) || c == '-' || c == '_' ||
             static_cast<unsigned char>(c) >= 0x80;
    };
    if (label.empty() || label.size() > kMaxLabel || !std::all_of(label.begin(), label.end(), fits))
      return false;
  }
  return !name.ends_with('.') && !std::all_of(label.begin(), label.end(), is_digit);
}

// Takes ":443" off the end of an address; false: what stands there is no port.
bool take_port(std::string_view& text, std::uint16_t& port) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view behind = text.substr(end + 1);
    text = text.substr(1, end - 1);
    if (behind.empty()) return true;
    const auto number = behind[0] == ':' ? parse_number<std::uint16_t>(behind.substr(1)) : std::nullopt;
    port = number.value_or(0);
    return port != 0;
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.rfind(':') != colon) return true;
  const auto number = parse_number<std::uint16_t>(text.substr(colon + 1));
  text = text.substr(0, colon);
  port = number.value_or(0);
  return port != 0;
}

std::string network_text(const IpNetwork& network, std::uint16_t port) {
  const bool is_v6 = network.address.family == 6;
  std::string out = to_string(network.address);
  if (network.bits != (is_v6 ? 128 : 32)) out += fmt::format("/{}", network.bits);
  if (port == 0) return out;
  return is_v6 ? fmt::format("[{}]:{}", out, port) : fmt::format("{}:{}", out, port);
}

std::optional<IndicatorValue> as_network(std::string_view text, std::uint16_t port) {
  const auto network = IpNetwork::parse(text);
  if (!network) return std::nullopt;
  const bool is_one = network->bits == (network->address.family == 6 ? 128 : 32);
  return IndicatorValue{.kind = is_one ? IndicatorKind::address : IndicatorKind::network,
                        .network = *network,
                        .port = port,
                        .value = network_text(*network, port)};
}

bool take_sign(std::string_view& text, char sign) {
  if (!text.starts_with(sign)) return false;
  text.remove_prefix(1);
  return true;
}

// So many digits from the front.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count ||
      !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(count), is_digit))
    return std::nullopt;
  const auto number = parse_number<int>(text.substr(0, count));
  text.remove_prefix(count);
  return number;
}

// "Z", "+02:00", "-0500" or nothing, in seconds.
std::optional<int> zone_seconds(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z" || text == " UTC") return 0;
  const int sign = text[0] == '-' ? -1 : 1;
  if (!take_sign(text, '+') && !take_sign(text, '-')) return std::nullopt;
  const auto hours = take_digits(text, 2);
  (void)take_sign(text, ':');
  const auto minutes = take_digits(text, 2);
  if (!hours || !minutes || !text.empty()) return std::nullopt;
  return sign * (*hours * 3600 + *minutes * 60);
}

// "T10:00:00.123Z" behind a date, in seconds.
std::optional<int> time_of_day(std::string_view text) {
  if (text.empty()) return 0;
  if (text[0] != 'T' && text[0] != 't' && text[0] != ' ') return std::nullopt;
  text.remove_prefix(1);
  const auto hours = take_digits(text, 2);
  const bool has_minutes = take_sign(text, ':');
  const auto minutes = take_digits(text, 2);
  int seconds = 0;
  if (take_sign(text, ':')) {
    const auto number = take_digits(text, 2);
    if (!number) return std::nullopt;
    seconds = *number;
  }
  if (take_sign(text, '.'))
    while (!text.empty() && is_digit(text[0])) text.remove_prefix(1);
  const auto zone = zone_seconds(text);
  if (!hours || !has_minutes || !minutes || !zone || *hours > 24 || *minutes > 59 || seconds > 60)
    return std::nullopt;
  return *hours * 3600 + *minutes * 60 + seconds - *zone;
}

Parsed<IndicatorValue> text_value(IndicatorKind kind, std::string_view text) {
  Parsed<IndicatorValue> out(tl::in_place);
  out->kind = kind;
  out->value = text;
  return out;
}

}  // namespace

Parsed<IndicatorValue> parse_indicator(std::string_view text) {
  if (text.find("://") != std::string_view::npos)
    return refuse("a URL; addresses, networks, names and fingerprints are matched", text);
  if (auto whole = as_network(text, 0)) return std::move(*whole);
  if (is_ja4(text)) return text_value(IndicatorKind::fingerprint, text);
  if (const std::string digits = without_colons(text); is_digest(digits))
    return text_value(IndicatorKind::fingerprint, digits);
  std::string_view address = text;
  std::uint16_t port = 0;
  const bool has_port = take_port(address, port);
  if (auto network = as_network(address, port))
    return has_port ? Parsed<IndicatorValue>(std::move(*network))
                    : refuse("the port is no number from 1 to 65535", text);
  std::string_view name = text;
  if (name.starts_with("*.")) name.remove_prefix(1);
  (void)take_sign(name, '.');
  if (name.ends_with('.')) name.remove_suffix(1);
  if (is_name(name)) return text_value(IndicatorKind::domain, name);
  return refuse("no address, network, name or fingerprint", text);
}

std::optional<TimeUs> parse_feed_time(std::string_view text) {
  constexpr TimeUs kSecond = 1'000'000;
  constexpr std::size_t kMaxDigits = 11, kDate = 8;  // of seconds; "20271231"
  const auto number = parse_number<std::int64_t>(text);
  const bool is_date = number && text.size() == kDate;
  if (number && !is_date && text.size() <= kMaxDigits && *number >= 0) return *number * kSecond;
  const auto year = take_digits(text, 4);
  const bool first = is_date || take_sign(text, '-');
  const auto month = take_digits(text, 2);
  const bool second = is_date || take_sign(text, '-');
  const auto day = take_digits(text, 2);
  if (!year || !first || !month || !second || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  const auto within = time_of_day(text);
  if (!date.ok() || !within) return std::nullopt;
  const auto days = std::chrono::sys_days{date}.time_since_epoch().count();
  return (TimeUs{days} * 86'400 + *within) * kSecond;
}

std::optional<std::uint8_t> parse_confidence(std::string_view text) {
  if (equals_nocase(text, "low")) return std::uint8_t{25};
  if (equals_nocase(text, "medium")) return std::uint8_t{50};
  if (equals_nocase(text, "high")) return std::uint8_t{75};
  if (text.ends_with('%')) text.remove_suffix(1);
  const auto number = parse_number<std::uint8_t>(text);
  // What is not sure at all is said nonetheless: 0 is what says nothing.
  return number && *number <= 100 ? std::optional(std::max<std::uint8_t>(*number, 1)) : std::nullopt;
}

}  // namespace weir::rules
