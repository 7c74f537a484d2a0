#include "rules/load/requires.h"

#include <algorithm>
#include <compare>
#include <optional>
#include <tuple>

#include "decoders/app/protocol.h"
#include "decoders/text.h"
#include "rules/compile/keyword_table.h"

namespace weir::rules {
namespace {

using Met = tl::expected<bool, KeywordError>;
using Numbers = std::tuple<unsigned, unsigned, unsigned>;

// "8", "8.0", "8.0.3", with an optional "-rc1" that does not count.
std::optional<Numbers> parse_version(std::string_view text) {
  text = text.substr(0, text.find('-'));
  if (text.empty() || text.back() == '.') return std::nullopt;
  unsigned parts[3] = {0, 0, 0};
  for (unsigned& part : parts) {
    if (text.empty()) break;
    const auto number = parse_number<unsigned>(cut(text, '.'));
    if (!number) return std::nullopt;
    part = *number;
  }
  return text.empty() ? std::optional(Numbers{parts[0], parts[1], parts[2]}) : std::nullopt;
}

std::string_view take_operator(std::string_view& rest) {
  for (const std::string_view op : {">=", "<=", ">", "<"}) {
    if (!rest.starts_with(op)) continue;
    rest.remove_prefix(op.size());
    return op;
  }
  return {};
}

bool compare(const Numbers& ours, std::string_view op, const Numbers& wanted) {
  if (op == ">=") return ours >= wanted;
  if (op == "<=") return ours <= wanted;
  return op == ">" ? ours > wanted : ours < wanted;
}

// One alternative: comparisons that all hold (">= 7.0.3 < 8").
Met version_range(std::string_view range) {
  constexpr Numbers kOurs{kLanguageVersion.major, kLanguageVersion.minor, kLanguageVersion.patch};
  std::string_view rest = trim(range);
  bool met = true;
  do {
    const std::string_view op = take_operator(rest);
    if (op.empty()) return refuse("a version needs one of >=, <=, > and <", range);
    rest = trim_left(rest);
    const std::size_t end = rest.find_first_of(" \t<>");
    const auto wanted = parse_version(rest.substr(0, end));
    if (!wanted) return refuse("not a version number", range);
    met = met && compare(kOurs, op, *wanted);
    rest = end == std::string_view::npos ? std::string_view{} : trim_left(rest.substr(end));
  } while (!rest.empty());
  return met;
}

Met version_met(std::string_view alternatives) {
  bool met = false;
  if (alternatives.empty()) return refuse("version: a comparison is missing");
  while (!alternatives.empty()) {
    const Met one = version_range(cut(alternatives, '|'));
    if (!one) return one;
    met = met || *one;
  }
  return met;
}

}  // namespace

std::vector<std::string> default_features() {
  std::vector<std::string> out{"output::file-store", "output::eve-log", "geoip"};
  for (const ProtocolInfo* info : all_protocols())
    for (const ProtocolFeature& feature : info->features) out.emplace_back(feature.name);
  return out;
}

Met requirements_met(std::string_view argument, const std::vector<std::string>& features) {
  bool met = true;
  do {
    std::string_view rest = trim(cut(argument, ','));
    const std::size_t blank = rest.find_first_of(" \t");
    const std::string_view word = rest.substr(0, blank);
    const std::string_view value =
        blank == std::string_view::npos ? std::string_view{} : trim(rest.substr(blank));
    if (word.empty()) return refuse("an empty requirement");
    if (word == "version") {
      const Met version = version_met(value);
      if (!version) return version;
      met = met && *version;
    } else if (value.empty()) {
      return refuse("the requirement needs a value", word);
    } else if (word == "feature") {
      met = met && std::find(features.begin(), features.end(), value) != features.end();
    } else {
      // Requirements of later versions are not met.
      met = met && word == "keyword" && find_keyword(value) != nullptr;
    }
  } while (!argument.empty());
  return met;
}

}  // namespace weir::rules
