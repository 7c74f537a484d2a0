// A rule as written: the syntax tree that the parser makes and the builder reads. Views point into the text of the
// rule, which the tree owns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::rules {

struct RuleOption {
  std::string_view keyword;
  std::string_view argument;  // without outer blanks; quotes still there; empty when there is none
  bool has_argument = false;
  std::uint32_t column = 0;  // of the keyword in the rule's first physical line, from 1
};

struct Rule {
  std::string text;  // one logical line: continuations joined
  std::string file;
  std::uint32_t line = 0;  // first physical line, from 1
  std::string_view action, protocol, source, source_ports, direction, destination, destination_ports;
  std::uint32_t protocol_column = 0, source_column = 0, source_ports_column = 0, destination_column = 0,
                destination_ports_column = 0;
  std::vector<RuleOption> options;
};

}  // namespace weir::rules
