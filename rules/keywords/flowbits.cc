// flowbits: named bits of a flow, set by one rule and asked for by another.
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

// One of these bits must be set (or, negated, one must not be).
class FlowbitCheck final : public PacketCheck {
 public:
  FlowbitCheck(std::vector<std::uint32_t> ids, bool set) : ids_(std::move(ids)), set_(set) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    if (c.flow == nullptr || c.flow->vars == nullptr) return false;
    for (const std::uint32_t id : ids_)
      if (c.flow->vars->bit(id) == set_) return true;
    return false;
  }
  [[nodiscard]] bool may_yet_match() const override { return set_; }
  [[nodiscard]] SharedNames waits_for() const override {
    return {.kind = SharedNames::Kind::flowbit,
            .ids = set_ ? std::span<const std::uint32_t>(ids_) : std::span<const std::uint32_t>{}};
  }

 private:
  std::vector<std::uint32_t> ids_;
  bool set_;
};

enum class Change : std::uint8_t { set, unset, toggle };

class FlowbitEffect final : public Effect {
 public:
  FlowbitEffect(std::uint32_t id, Change change) : id_(id), change_(change) {}
  void apply(const PacketContext& c) const override {
    if (c.flow == nullptr || c.flow->vars == nullptr) return;
    FlowVars& vars = *c.flow->vars;
    const bool set = change_ == Change::set || (change_ == Change::toggle && !vars.bit(id_));
    set ? vars.set_bit(id_) : vars.clear_bit(id_);
  }
  [[nodiscard]] SharedNames sets() const override {
    return {.kind = SharedNames::Kind::flowbit,
            .ids = {&id_, change_ == Change::unset ? std::size_t{0} : std::size_t{1}}};
  }

 private:
  std::uint32_t id_;
  Change change_;
};

Parsed<std::vector<std::uint32_t>> bit_ids(RuleBuilder& rule, std::string_view names) {
  std::vector<std::uint32_t> ids;
  for (const std::string_view name : split(names, '|')) {
    if (name.empty()) return refuse("a name is missing", names);
    if (name.find_first_of(" \t") != std::string_view::npos) return refuse("a name has no blanks", name);
    ids.push_back(rule.environment().flowbits.id(name));
  }
  if (ids.empty()) return refuse("a name is missing", names);
  return ids;
}

Compiled compile_flowbits(RuleBuilder& rule, std::string_view argument) {
  std::string_view rest = argument;
  const std::string_view command = trim(cut(rest, ','));
  Signature& s = rule.signature();
  if (command == "noalert") {
    if (!trim(rest).empty()) return refuse("noalert takes no name", rest);
    s.noalert = true;
    return {};
  }
  const bool asks = command == "isset" || command == "isnotset";
  if (!asks && command != "set" && command != "unset" && command != "toggle")
    return refuse("must be set, unset, toggle, isset, isnotset or noalert", command);
  auto ids = bit_ids(rule, rest);
  if (!ids) return tl::unexpected(ids.error());
  if (asks) {
    if (command == "isset" && ids->size() == 1) s.requires_bits.push_back(ids->front());
    rule.add_packet_check(std::make_shared<FlowbitCheck>(std::move(*ids), command == "isset"));
    return {};
  }
  if (ids->size() > 1) return refuse("only isset and isnotset take several names", rest);
  const Change change = command == "set" ? Change::set : command == "unset" ? Change::unset : Change::toggle;
  if (change != Change::unset) s.sets_bits.push_back(ids->front());
  rule.add_effect(std::make_shared<FlowbitEffect>(ids->front(), change));
  return {};
}

constexpr KeywordSpec kFlowbitsKeywords[] = {
    {"flowbits", compile_flowbits, Argument::required, "named bits of the flow: COMMAND,NAME"},
};

}  // namespace

const KeywordFile keywords_flowbits{.keywords = kFlowbitsKeywords};

}  // namespace weir::rules
