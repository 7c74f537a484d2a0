// What a question is answered with: a table, whatever it is written as. One place knows how a time, an address or a number of bytes
// looks to a person, in CSV and in JSON, which names addresses have, and how they are anonymised.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "decoders/ip_address.h"
#include "decoders/types.h"

namespace weir::engine {

// A point in time; 0: none.
struct When {
  TimeUs us = 0;
};
// One value of a row. monostate: there is none (an empty field, no member in JSON).
using Cell = std::variant<std::monostate, bool, std::uint64_t, double, std::string, IpAddress, When,
                          std::vector<std::uint64_t>, std::vector<std::string>, std::vector<IpAddress>>;

// How a person reads the values of a column; CSV and JSON have them as they are.
enum class Look : std::uint8_t {
  plain,     // as it is
  count,     // 12345
  bytes,     // 1.2 MB
  duration,  // microseconds: 1m20s
  ratio,     // 0 to 1: 12 %
  json_only  // not in tables
};

struct AnswerColumn {
  std::string name;  // member in JSON, field in CSV: "dest_port"
  std::string head;  // of the table; empty: the name
  Look look = Look::plain;
  bool names_somebody = false;  // users, names of hosts: empty when addresses are anonymised
};

struct Answer {
  std::vector<AnswerColumn> columns;
  std::vector<std::vector<Cell>> rows;  // as many cells each as there are columns
  // For a person, before and behind the table. Addresses are found in them, and in cells of text, when they are to be anonymised or
  // named: they need no mark. Without columns there is no table.
  std::vector<std::string> before, behind;
  bool only_text = false;  // a person gets no table
  // Numbers of the columns that rows are sorted by, before their addresses; none: the order says nothing of addresses. Rows that are
  // equal in these are sorted anew when addresses are changed, as their order would tell of them.
  std::optional<std::vector<std::size_t>> sorted_by{};
};

}  // namespace weir::engine
