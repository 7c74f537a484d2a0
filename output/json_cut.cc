#include "output/json_cut.h"

namespace weir::output {
namespace {

// Behind the string that begins at `at`; the text's end when it breaks off.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at + 1;
}

}  // namespace

JsonCut last_whole_member(std::string_view text) {
  JsonCut cut;
  auto open = cut.open;
  const auto whole_up_to = [&](std::size_t end) {
    cut.end = end;
    cut.open = open;
  };
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      continue;
    }
    if (c == ',') whole_up_to(at);  // what stands before it is
    ++at;
    if (c == '{' || c == '[') {
      if (open.size() == kMaxJsonDepth) break;
      open.push_back(c == '{' ? '}' : ']');
      whole_up_to(at);
    } else if (c == '}' || c == ']') {
      if (!open.empty()) open.pop_back();
      whole_up_to(at);
    }
  }
  return cut;
}

}  // namespace weir::output
