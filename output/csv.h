// Comma-separated values, RFC 4180: a field that has a comma, a quote or a line's end stands in quotes, and quotes in it are doubled.
// Lines end as text does here, with a newline alone.
#pragma once

#include <string>
#include <string_view>

namespace weir::output {

inline void append_csv(std::string& line, std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos) return void(line += field);
  line += '"';
  for (const char c : field) {
    if (c == '"') line += c;
    line += c;
  }
  line += '"';
}

}  // namespace weir::output
