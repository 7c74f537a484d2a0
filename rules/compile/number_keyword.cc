#include "rules/compile/number_keyword.h"

#include <memory>
#include <utility>

#include "rules/compile/rule_builder.h"
#include "rules/language/numbers_match.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

class TxNumberCheck final : public TxCheck {
 public:
  TxNumberCheck(const TxNumber& row, UintMatch match) : get_(row.get), match_(match) {}
  [[nodiscard]] bool matches(const Transaction& tx, Direction d) const override {
    const Number value = get_(tx, d);
    return value && match_.matches(*value);
  }

 private:
  decltype(TxNumber::get) get_;
  UintMatch match_;
};

class TxNumbersCheck final : public TxCheck {
 public:
  TxNumbersCheck(const TxNumber& row, const NumbersMatch& match) : nth_(row.nth), match_(match) {}
  [[nodiscard]] bool matches(const Transaction& tx, Direction d) const override {
    return match_.matches([&](std::uint32_t i) { return nth_(tx, d, i); });
  }

 private:
  decltype(TxNumber::nth) nth_;
  NumbersMatch match_;
};

PacketNeeds needs_of(const PacketNumber& row) {
  return {
      .keyword = row.name, .ip_version = row.ip_version, .ip_protocols = row.ip_protocols, .protocols = {}};
}

class PacketNumberCheck final : public PacketCheck {
 public:
  PacketNumberCheck(const PacketNumber& row, UintMatch match) : get_(row.get), match_(match), row_(row) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    const Number value = get_(c);
    return value && match_.matches(*value);
  }
  [[nodiscard]] PacketNeeds needs() const override { return needs_of(row_); }
  [[nodiscard]] bool may_yet_match() const override { return !row_.of_packet; }
  [[nodiscard]] bool on_records() const override { return row_.on_records; }

 private:
  decltype(PacketNumber::get) get_;
  UintMatch match_;
  const PacketNumber& row_;
};

class PacketNumbersCheck final : public PacketCheck {
 public:
  PacketNumbersCheck(const PacketNumber& row, NumbersMatch match)
      : nth_(row.nth), match_(std::move(match)), row_(row) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    return match_.matches([&](std::uint32_t i) { return nth_(c, i); });
  }
  [[nodiscard]] PacketNeeds needs() const override { return needs_of(row_); }
  [[nodiscard]] bool may_yet_match() const override { return !row_.of_packet; }
  [[nodiscard]] bool on_records() const override { return row_.on_records; }

 private:
  decltype(PacketNumber::nth) nth_;
  NumbersMatch match_;
  const PacketNumber& row_;
};

Parsed<std::shared_ptr<const TxCheck>> make_check(const TxNumber& row, std::string_view argument) {
  const auto names = row.names == nullptr ? std::span<const NumberName>{} : row.names();
  if (row.nth != nullptr) {
    const auto match = NumbersMatch::parse(argument, row.most, names);
    if (!match) return tl::unexpected(match.error());
    return std::make_shared<TxNumbersCheck>(row, *match);
  }
  const auto match = row.bits != nullptr ? UintMatch::parse_bits(argument, row.most, row.bits())
                                         : UintMatch::parse(argument, row.most, names);
  if (!match) return tl::unexpected(match.error());
  return std::make_shared<TxNumberCheck>(row, *match);
}

Parsed<std::shared_ptr<const PacketCheck>> make_check(const PacketNumber& row, std::string_view argument) {
  if (row.nth != nullptr) {
    const auto match = NumbersMatch::parse(argument, row.most, {}, row.most_of_them);
    if (!match) return tl::unexpected(match.error());
    return std::make_shared<PacketNumbersCheck>(row, *match);
  }
  const auto match = UintMatch::parse(unquote_if_quoted(argument), row.most);
  if (!match) return tl::unexpected(match.error());
  return std::make_shared<PacketNumberCheck>(row, *match);
}

}  // namespace

Compiled compile_number(RuleBuilder& rule, const TxNumber& row, std::string_view argument) {
  auto check = make_check(row, argument);
  if (!check) return tl::unexpected(std::move(check.error()));
  return rule.add_tx_check({.protocol = row.protocol,
                            .progress_to_server = row.progress_to_server,
                            .progress_to_client = row.progress_to_client,
                            .check = std::move(*check)});
}

Compiled compile_number(RuleBuilder& rule, const PacketNumber& row, std::string_view argument) {
  auto check = make_check(row, argument);
  if (!check) return tl::unexpected(std::move(check.error()));
  if (row.of_packet) rule.signature().payload_needs_packet = true;
  rule.add_packet_check(std::move(*check));
  return {};
}

}  // namespace weir::rules
