// iprep: the score that an address has in a category, as the files of `reputation-files` say.
#include <array>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/keywords/address_ends.h"
#include "rules/language/option_text.h"
#include "rules/values/ip_reputation.h"

namespace weir::rules {
namespace {

enum class Asks : std::uint8_t { less, at_most, equal, at_least, more, listed, unlisted };

struct Condition {
  Ends ends = Ends::any;
  std::uint8_t category = 0;
  Asks asks = Asks::listed;
  std::uint8_t value = 0;
};

class ReputationCheck final : public PacketCheck {
 public:
  ReputationCheck(std::shared_ptr<const IpReputation> table, const Condition& condition)
      : table_(std::move(table)), condition_(condition) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    const IpHeader& ip = c.packet.ip;
    if (ip.version == 0) return false;
    return holds_for(condition_.ends, ip, [this](const IpAddress& address) { return fits(address); });
  }
  [[nodiscard]] bool on_records() const override { return true; }
  [[nodiscard]] bool addresses_only() const override { return true; }
  [[nodiscard]] PacketNeeds needs() const override {
    const bool never = (condition_.asks == Asks::less && condition_.value == 0) ||
                       (condition_.asks == Asks::more && condition_.value == kMaxReputationScore);
    return {.keyword = "iprep", .never = never};
  }

 private:
  // No score is compared of an address that is not listed.
  [[nodiscard]] bool fits(const IpAddress& address) const {
    const auto score = table_->score(address, condition_.category);
    if (!score) return condition_.asks == Asks::unlisted;
    switch (condition_.asks) {
      case Asks::less: return *score < condition_.value;
      case Asks::at_most: return *score <= condition_.value;
      case Asks::equal: return *score == condition_.value;
      case Asks::at_least: return *score >= condition_.value;
      case Asks::more: return *score > condition_.value;
      case Asks::listed: return true;
      case Asks::unlisted: return false;
    }
    return false;
  }

  std::shared_ptr<const IpReputation> table_;
  Condition condition_;
};

Parsed<Asks> asks_of(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, Asks>, 7> kWords{{{"<", Asks::less},
                                                                     {"<=", Asks::at_most},
                                                                     {"=", Asks::equal},
                                                                     {">=", Asks::at_least},
                                                                     {">", Asks::more},
                                                                     {"isset", Asks::listed},
                                                                     {"isnotset", Asks::unlisted}}};
  for (const auto& [text, asks] : kWords)
    if (text == word) return asks;
  return refuse("the operator is <, <=, =, >=, >, isset or isnotset", word);
}

// "any|src|dst|both,CATEGORY,OPERATOR,SCORE" or "any|src|dst|both,CATEGORY,isset|isnotset".
Parsed<Condition> parse_condition(const IpReputation& table, std::string_view argument) {
  const auto parts = split(argument, ',');
  if (parts.size() < 3) return refuse("needs a side, a category and an operator", argument);
  Condition out;
  const auto ends = ends_of(parts[0]);
  if (!ends) return refuse("the side is any, src, dst or both", parts[0]);
  out.ends = *ends;
  const auto category = table.category(parts[1]);
  if (!category) return refuse("reputation-categories-file has no category of this name", parts[1]);
  out.category = *category;
  const auto asks = asks_of(parts[2]);
  if (!asks) return tl::unexpected(asks.error());
  out.asks = *asks;
  const bool about_score = *asks != Asks::listed && *asks != Asks::unlisted;
  if (parts.size() != (about_score ? 4 : 3))
    return refuse(about_score ? "needs one score behind the operator" : "takes no score", argument);
  if (!about_score) return out;
  const auto score = parse_number<std::uint8_t>(parts[3]);
  if (!score || *score > kMaxReputationScore)
    return refuse(fmt::format("a score is a number from 0 to {}", kMaxReputationScore), parts[3]);
  out.value = *score;
  return out;
}

Compiled compile_iprep(RuleBuilder& rule, std::string_view argument) {
  const auto& table = rule.environment().reputation;
  if (table == nullptr)
    return refuse("needs the categories of reputation-categories-file, and there are none");
  const auto condition = parse_condition(*table, argument);
  if (!condition) return tl::unexpected(condition.error());
  rule.signature().has_outside_parts = true;
  rule.add_packet_check(std::make_shared<ReputationCheck>(table, *condition));
  return {};
}

constexpr KeywordSpec kIprepKeywords[] = {
    {"iprep", compile_iprep, KeywordSpec::Argument::required,
     "the score of an address in a category: any|src|dst|both,CATEGORY,OPERATOR,SCORE or ...,isset|isnotset"},
};

}  // namespace

const KeywordFile keywords_iprep{.keywords = kIprepKeywords};

}  // namespace weir::rules
