// The lists that data sets are read from and written to, and how their values are written there and on the control
// socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/language/diagnostic.h"
#include "rules/state/dataset.h"

namespace weir::rules {

inline constexpr std::size_t kMaxListProblems = 20;  // told of one list; of more, how many

// A line that cannot be used. The others are.
struct ListProblem {
  std::uint32_t line = 0, column = 0;  // from 1; 0: the list as a whole
  std::string reason, offending;
  Severity severity = Severity::error;
};

struct ListReport {
  std::size_t taken = 0, left_out = 0;  // lines, or items
  std::vector<ListProblem> problems;    // at most kMaxListProblems, and one that counts the rest
  void leave_out(ListProblem problem);
  // To be called once, when all is read.
  void finish();
};

// A text to the raw bytes of a value, and back: base64, hexadecimal digits, an address. None when it is no such value.
// An IPv4 address is 4 bytes also when it is written as an IPv6 address.
std::optional<std::string> decode_dataset_value(DatasetType type, std::string_view text);
std::string encode_dataset_value(DatasetType type, std::string_view value);

// Adds the values of a list in the format of the set's source. Lines that cannot be used are left out and told of. Fails
// when nothing of it can be used although there is something, or when a JSON document is none.
tl::expected<ListReport, KeywordError> read_dataset_list(Dataset& set, std::string_view text);
// dataset_json.cc: the same of the JSON formats.
tl::expected<ListReport, KeywordError> read_dataset_json(Dataset& set, std::string_view text);

// A JSON object as alerts show it: without blanks. None when it is no object, or longer than kMaxContextBytes.
std::optional<std::string> parse_context(std::string_view json);

}  // namespace weir::rules
