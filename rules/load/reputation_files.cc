#include "rules/load/reputation_files.h"

#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "decoders/text.h"
#include "decoders/text_file.h"

namespace weir::rules {
namespace {

struct Wrong {
  std::string_view part;  // of the line
  std::string reason;
  Severity severity = Severity::error;
};
using ReputationLineReader = std::optional<Wrong> (*)(std::string_view line, IpReputation& into);

std::optional<std::uint8_t> category_number(std::string_view text) {
  const auto number = parse_number<std::uint8_t>(text);
  return number && *number != 0 && *number <= kMaxReputationCategory ? number : std::nullopt;
}

Wrong no_category_number(std::string_view part) {
  return {part, fmt::format("a category is a number from 1 to {}", kMaxReputationCategory)};
}

std::optional<Wrong> read_category(std::string_view line, IpReputation& into) {
  std::string_view rest = line;
  const std::string_view number = trim(cut(rest, ','));
  const std::string_view name = trim(cut(rest, ','));
  const auto category = category_number(number);
  if (!category) return no_category_number(number);
  if (name.empty() || name.size() > kMaxCategoryName)
    return Wrong{name, fmt::format("a category has a short name of 1 to {} bytes", kMaxCategoryName)};
  if (!into.name_category(*category, name))
    return Wrong{trim(line), "a category of this number or name is there already"};
  return std::nullopt;
}

std::optional<Wrong> read_reputation(std::string_view line, IpReputation& into) {
  std::string_view rest = line;
  const std::string_view address = trim(cut(rest, ','));
  const std::string_view number = trim(cut(rest, ','));
  const std::string_view last = trim(rest);
  const auto network = IpNetwork::parse(address);
  if (!network) return Wrong{address, fmt::format("the line does not begin with {}", IpNetwork::kExpected)};
  const auto category = category_number(number);
  if (!category) return no_category_number(number);
  const auto score = parse_number<std::uint8_t>(last);
  if (!score || *score > kMaxReputationScore)
    return Wrong{last, fmt::format("a score is a number from 0 to {}", kMaxReputationScore)};
  if (!into.has_category(*category))
    return Wrong{number, "reputation-categories-file has no category of this number", Severity::warning};
  if (!into.add(*network, *category, *score))
    return Wrong{address, fmt::format("there are {} addresses and networks already", kMaxReputations)};
  return std::nullopt;
}

ReputationProblems read_reputation_lines(std::string_view text, const std::string& file, IpReputation& into,
                                         std::string_view keyword, ReputationLineReader read) {
  ReputationProblems out;
  std::uint32_t number = 0, first_untold = 0;
  std::size_t untold = 0;
  while (!text.empty()) {
    const std::string_view line = cut(text, '\n');
    ++number;
    const std::string_view written = trim(line);
    if (written.empty() || written[0] == '#') continue;
    const auto wrong = read(line, into);
    if (!wrong) continue;
    if (out.size() == kMaxReputationProblems) {
      if (untold++ == 0) first_untold = number;
      continue;
    }
    out.push_back({.file = file,
                   .line = number,
                   .column = static_cast<std::uint32_t>(wrong->part.data() - line.data()) + 1,
                   .keyword = std::string(keyword),
                   .reason = wrong->reason,
                   .offending = std::string(clip(wrong->part)),
                   .severity = wrong->severity});
  }
  if (untold != 0)
    out.push_back({.file = file,
                   .line = first_untold,
                   .keyword = std::string(keyword),
                   .reason = fmt::format("this and later lines cannot be used: {} more", untold)});
  return out;
}

ReputationProblems load_reputation_file(const std::string& path, IpReputation& into, std::string_view keyword,
                                        ReputationLineReader read) {
  const auto text = read_text_file(path, kMaxReputationFile);
  if (text) return read_reputation_lines(*text, path, into, keyword, read);
  ReputationProblems out;
  out.push_back({.file = path, .keyword = std::string(keyword), .reason = text.error()});
  return out;
}

constexpr std::string_view kCategories = "reputation-categories-file", kReputations = "reputation-files";

}  // namespace

ReputationProblems load_reputation_categories(const std::string& path, IpReputation& into) {
  return load_reputation_file(path, into, kCategories, read_category);
}

ReputationProblems load_reputations(const std::string& path, IpReputation& into) {
  return load_reputation_file(path, into, kReputations, read_reputation);
}

ReputationProblems read_reputation_categories(std::string_view text, const std::string& file,
                                              IpReputation& into) {
  return read_reputation_lines(text, file, into, kCategories, read_category);
}

ReputationProblems read_reputations(std::string_view text, const std::string& file, IpReputation& into) {
  return read_reputation_lines(text, file, into, kReputations, read_reputation);
}

}  // namespace weir::rules
