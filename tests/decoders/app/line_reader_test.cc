#include "decoders/app/line_reader.h"

#include <doctest/doctest.h>

#include <string>

using namespace weir;

namespace {

constexpr std::size_t kLongest = 6;

// All lines, "!" behind those that were cut, in calls with `step` more bytes each.
std::string lines_of(std::string_view text, std::size_t step, bool eof = true) {
  LineReader reader;
  std::string out, kept;
  for (std::size_t at = 0; at < text.size(); at += step) {
    kept += text.substr(at, step);
    Bytes rest = as_bytes(kept);
    while (const auto line = reader.next(rest, kLongest, eof && at + step >= text.size()))
      out.append(line->text).append(line->is_truncated ? "!|" : "|");
    kept.erase(0, kept.size() - rest.size());
  }
  return out;
}

}  // namespace

TEST_CASE("line reader: lines end with LF or CR LF and are the same however they are cut") {
  struct Row {
    std::string_view text, lines;
  };
  for (const Row& row : {Row{"a\r\nbc\n\r\nd", "a|bc||d|"}, Row{"123456\r\n12345\n", "123456|12345|"},
                         Row{"123456\n1234567\nx\n", "123456|123456!|x|"},
                         Row{"1234567\r\nx\n", "123456!|x|"}, Row{"12345678901234567\r\nx\r\n", "123456!|x|"},
                         Row{"12345\r\r\nx\n", "12345\r|x|"}, Row{"123456\rx\ny\n", "123456!|y|"}})
    for (std::size_t step = 1; step <= row.text.size(); ++step) {
      INFO(row.text, " in pieces of ", step);
      CHECK(lines_of(row.text, step) == row.lines);
    }
}

TEST_CASE("line reader: without an end of the stream the last line is waited for") {
  CHECK(lines_of("a\nb", 3, false) == "a|");
}

TEST_CASE("line reader: behind a gap it goes on with the next line") {
  LineReader reader;
  Bytes rest = as_bytes(std::string_view("begin"));
  CHECK_FALSE(reader.next(rest, kLongest, false));
  CHECK(rest.size() == 5);
  reader.resynchronise();
  rest = as_bytes(std::string_view("end\nwhole\n"));
  CHECK(reader.next(rest, kLongest, false)->text == "whole");
}
