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

const Settings& no_settings() {
  static const NoSettings none;
  return none;
}

}  // namespace weir
