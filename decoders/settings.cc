#include "decoders/settings.h"

#include <algorithm>
#include <charconv>

#include "decoders/text.h"

namespace weir {
namespace {

class NoSettings final : public Settings {
  [[nodiscard]] std::optional<std::string> text(std::string_view) const override { return std::nullopt; }
  [[nodiscard]] std::vector<std::string> list(std::string_view) const override { return {}; }
  [[nodiscard]] bool has(std::string_view) const override { return false; }
};

}  // namespace

// Digits, blanks, then a unit of "", "k", "m", "g" with "b" or "ib" behind it.
std::optional<std::uint64_t> parse_size(std::string_view value) {
  std::uint64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc{}) return std::nullopt;
  std::string unit = lower_case(std::string_view(rest, end));
  unit.erase(std::remove(unit.begin(), unit.end(), ' '), unit.end());
  unsigned shift = 0;
  if (!unit.empty() && unit[0] == 'k') shift = 10;
  if (!unit.empty() && unit[0] == 'm') shift = 20;
  if (!unit.empty() && unit[0] == 'g') shift = 30;
  const std::string tail = shift != 0 ? unit.substr(1) : unit;
  if (!tail.empty() && tail != "b" && tail != "ib") return std::nullopt;
  if (number > (UINT64_MAX >> shift)) return std::nullopt;
  return number << shift;
}

std::optional<bool> parse_flag(std::string_view text) {
  const std::string v = lower_case(text);
  if (v == "yes" || v == "true" || v == "on" || v == "1") return true;
  if (v == "no" || v == "false" || v == "off" || v == "0") return false;
  return std::nullopt;
}

bool Settings::flag(std::string_view path, bool fallback) const {
  const auto value = text(path);
  if (!value) return fallback;
  const auto out = parse_flag(*value);
  if (!out) unreadable(path, "yes or no");
  return out.value_or(fallback);
}

std::uint64_t Settings::number(std::string_view path, std::uint64_t fallback) const {
  const auto value = text(path);
  if (!value) return fallback;
  if (const auto out = parse_number<std::uint64_t>(*value)) return *out;
  unreadable(path, "a number");
  return fallback;
}

std::uint64_t Settings::bytes(std::string_view path, std::uint64_t fallback) const {
  const auto value = text(path);
  if (!value) return fallback;
  const auto size = parse_size(*value);
  if (!size) unreadable(path, "a size, such as 512kb or 64 MiB");
  return size.value_or(fallback);
}

void Settings::unreadable_item(std::string_view path, std::size_t index, const char* expected) const {
  unreadable(text(path) ? std::string(path) : std::string(path) + "." + std::to_string(index), expected);
}

void Settings::unreadable(std::string_view, const char*) const {}

std::optional<TimeUs> parse_span(std::string_view text) {
  constexpr std::array<std::pair<char, TimeUs>, 5> kUnits{
      {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', TimeUs{7} * 86400}}};
  constexpr TimeUs kMost = TimeUs{100} * 366 * 86400;
  TimeUs seconds = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = parse_number<std::uint32_t>(text.substr(0, digits));
    if (!number || digits == text.size()) return std::nullopt;
    const char unit = text[digits];
    text.remove_prefix(digits + 1);
    TimeUs factor = 0;
    for (const auto& [name, size] : kUnits)
      if (name == unit) factor = size;
    if (factor == 0) return std::nullopt;
    seconds += TimeUs{*number} * factor;
    if (seconds > kMost) return std::nullopt;
  }
  return seconds == 0 ? std::nullopt : std::optional<TimeUs>{seconds * 1'000'000};
}

const Settings& no_settings() {
  static const NoSettings none;
  return none;
}

}  // namespace weir
