#include "rules/compile/action_order.h"

#include <doctest/doctest.h>

#include <vector>

using namespace weir::rules;

TEST_CASE("action order: named actions come first, the others behind in their usual order") {
  struct Row {
    std::vector<std::string> names;
    std::vector<Action> order;
  };
  const Row rows[] = {
      {{}, {Action::pass, Action::drop, Action::reject, Action::alert}},
      {{"drop", "pass", "reject", "alert"}, {Action::drop, Action::pass, Action::reject, Action::alert}},
      {{"alert"}, {Action::alert, Action::pass, Action::drop, Action::reject}},
      {{"reject", "drop"}, {Action::reject, Action::drop, Action::pass, Action::alert}},
  };
  for (const Row& row : rows) {
    const auto order = ActionOrder::parse(row.names);
    REQUIRE(order.has_value());
    for (std::size_t i = 0; i < row.order.size(); ++i) CHECK(order->rank(row.order[i]) == i);
    CHECK(order->rank(Action::reject_both) == order->rank(Action::reject));
    CHECK(order->rank(Action::config) == order->rank(Action::alert));
  }
}

TEST_CASE("action order: what is no action, or comes twice, is refused") {
  for (const std::vector<std::string>& names :
       {std::vector<std::string>{"block"}, {""}, {"pass", "alert", "pass"}, {"rejectboth"}})
    CHECK_FALSE(ActionOrder::parse(names).has_value());
}
