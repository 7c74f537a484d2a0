// flowint: named numbers of a flow.
#include <array>

#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

// A number, or the value of another variable of the flow.
struct Operand {
  std::uint32_t value = 0, var = 0;
  bool is_var = false;

  [[nodiscard]] std::optional<std::uint32_t> of(const FlowVars& vars) const {
    if (!is_var) return value;
    const std::uint32_t* const found = vars.integer(var);
    return found == nullptr ? std::nullopt : std::optional(*found);
  }
};

class FlowintCheck final : public PacketCheck {
 public:
  FlowintCheck(std::uint32_t id, Compare op, Operand operand) : id_(id), op_(op), operand_(operand) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    if (c.flow == nullptr || c.flow->vars == nullptr) return false;
    const std::uint32_t* const have = c.flow->vars->integer(id_);
    const auto want = operand_.of(*c.flow->vars);
    if (have == nullptr || !want) return false;
    switch (op_) {
      case Compare::equal: return *have == *want;
      case Compare::not_equal: return *have != *want;
      case Compare::less: return *have < *want;
      case Compare::less_equal: return *have <= *want;
      case Compare::greater: return *have > *want;
      case Compare::greater_equal: return *have >= *want;
      default: return false;
    }
  }
  [[nodiscard]] bool may_yet_match() const override { return true; }
  [[nodiscard]] SharedNames waits_for() const override {
    return {.kind = SharedNames::Kind::flowint, .ids = {&id_, 1}};
  }

 private:
  std::uint32_t id_;
  Compare op_;
  Operand operand_;
};

class FlowintSetCheck final : public PacketCheck {
 public:
  FlowintSetCheck(std::uint32_t id, bool set) : id_(id), set_(set) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    return c.flow != nullptr && c.flow->vars != nullptr && (c.flow->vars->integer(id_) != nullptr) == set_;
  }
  [[nodiscard]] bool may_yet_match() const override { return set_; }
  [[nodiscard]] SharedNames waits_for() const override {
    return {.kind = SharedNames::Kind::flowint, .ids = {&id_, set_ ? std::size_t{1} : std::size_t{0}}};
  }

 private:
  std::uint32_t id_;
  bool set_;
};

enum class Change : std::uint8_t { set, add, subtract };

// Adding to a number that is not there counts from 0; results stay within 32 bits.
class FlowintEffect final : public Effect {
 public:
  FlowintEffect(std::uint32_t id, Change change, Operand operand)
      : id_(id), change_(change), operand_(operand) {}
  void apply(const PacketContext& c) const override {
    if (c.flow == nullptr || c.flow->vars == nullptr) return;
    FlowVars& vars = *c.flow->vars;
    const auto n = operand_.of(vars);
    if (!n) return;
    const std::uint32_t* const found = vars.integer(id_);
    const std::uint32_t have = found == nullptr ? 0 : *found;
    std::uint32_t result = *n;
    if (change_ == Change::add) result = have > UINT32_MAX - *n ? UINT32_MAX : have + *n;
    if (change_ == Change::subtract) result = have < *n ? 0 : have - *n;
    vars.set_integer(id_, result);
  }
  [[nodiscard]] SharedNames sets() const override {
    return {.kind = SharedNames::Kind::flowint, .ids = {&id_, 1}};
  }

 private:
  std::uint32_t id_;
  Change change_;
  Operand operand_;
};

std::optional<Compare> compare_of(std::string_view sign) {
  struct Row {
    std::string_view sign;
    Compare op;
  };
  static constexpr std::array<Row, 6> kRows{{{"==", Compare::equal},
                                             {"!=", Compare::not_equal},
                                             {"<", Compare::less},
                                             {"<=", Compare::less_equal},
                                             {">", Compare::greater},
                                             {">=", Compare::greater_equal}}};
  for (const Row& row : kRows)
    if (row.sign == sign) return row.op;
  return std::nullopt;
}

Compiled compile_flowint(RuleBuilder& rule, std::string_view argument) {
  const auto parts = split(argument, ',');
  if (parts.size() < 2 || parts.size() > 3 || parts[0].empty())
    return refuse("must be NAME,OPERATOR[,VALUE]", argument);
  NameTable& names = rule.environment().flowints;
  const std::uint32_t id = names.id(parts[0]);
  const std::string_view op = parts[1];
  if (op == "isset" || op == "notset" || op == "isnotset") {
    if (parts.size() != 2) return refuse("takes no value", op);
    rule.add_packet_check(std::make_shared<FlowintSetCheck>(id, op == "isset"));
    return {};
  }
  const auto compare = compare_of(op);
  if (!compare && op != "=" && op != "+" && op != "-")
    return refuse("must be one of + - = == != < <= > >= isset notset isnotset", op);
  if (parts.size() != 3 || parts[2].empty()) return refuse("a value is missing", argument);
  Operand operand;
  if (parts[2][0] >= '0' && parts[2][0] <= '9') {
    const auto value = parse_number<std::uint32_t>(parts[2]);
    if (!value) return refuse("not a number of 32 bits", parts[2]);
    operand.value = *value;
  } else {
    operand.is_var = true;
    operand.var = names.id(parts[2]);
  }
  if (compare) {
    rule.add_packet_check(std::make_shared<FlowintCheck>(id, *compare, operand));
    return {};
  }
  const Change change = op == "=" ? Change::set : op == "+" ? Change::add : Change::subtract;
  rule.add_effect(std::make_shared<FlowintEffect>(id, change, operand));
  return {};
}

constexpr KeywordSpec kFlowintKeywords[] = {
    {"flowint", compile_flowint, Argument::required, "named numbers of the flow: NAME,OPERATOR[,VALUE]"},
};

}  // namespace

const KeywordFile keywords_flowint{.keywords = kFlowintKeywords};

}  // namespace weir::rules
