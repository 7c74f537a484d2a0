// A rule as written: the syntax tree that the parser makes and the builder reads. Views point into the text of the
// rule, which the tree owns: a Rule whose views are set must not be moved or copied.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::rules {

struct RuleOption {
  std::string_view keyword;
  std::string_view argument;  // without outer blanks; quotes still there; empty when there is none
  bool has_argument = false;  // a colon follows the keyword
  std::uint32_t column = 0;   // of the keyword in Rule::text, from 1; Rule::place gives its place in the file
};

struct Rule {
  // Where a physical line after the first one begins in `text`.
  struct Continuation { std::uint32_t offset, line; };
  struct Place { std::uint32_t line, column; };  // both from 1

  std::string text;  // one logical line: continuations joined
  std::string file;
  std::uint32_t line = 0;  // first physical line, from 1
  std::vector<Continuation> continuations;
  std::string_view action, protocol, source, source_ports, direction, destination, destination_ports;
  std::string_view hook;  // "client_hello_done" of "tls:client_hello_done"
  std::uint32_t protocol_column = 0, source_column = 0, source_ports_column = 0, destination_column = 0,
                destination_ports_column = 0, direction_column = 0;
  std::vector<RuleOption> options;

  // The place in the file of a column of `text`.
  [[nodiscard]] Place place(std::uint32_t column) const {
    Place at{line, column};
    for (const Continuation& c : continuations)
      if (column > c.offset) at = {c.line, column - c.offset};
    return at;
  }
};

}  // namespace weir::rules
