// Answers of the control socket, for people to read.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace weir::engine {

struct ControlAnswer {
  bool ok = false;
  // Objects as "key: value" lines, indented where they are nested; arrays of objects as tables, a column a
  // key; objects that have a "text" as just that. Ends with a newline unless it is empty.
  std::string text;
};
// Fails with a text when the line is not an answer.
tl::expected<ControlAnswer, std::string> read_answer(std::string_view line);

}  // namespace weir::engine
