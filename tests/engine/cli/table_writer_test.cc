#include "engine/cli/table_writer.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "tests/engine/cli/kept_lines.h"

using namespace weir;
using namespace weir::engine;

namespace {

std::vector<TableColumn> three_columns() {
  return {{.head = "Host", .can_be_cut = true},
          {.head = "Flows", .is_number = true},
          {.head = "Note", .is_optional = true}};
}

}  // namespace

TEST_CASE("tables: columns are as wide as they have to be, numbers to the right") {
  test::KeptLines out;
  TableWriter table(three_columns(), 80, false, out);
  table.row({"10.0.0.1", "5", "x"});
  table.row({"a", "123456", ""});
  CHECK(out.lines.empty());
  table.finish();
  CHECK(out.text() ==
        "Host       Flows  Note\n"
        "10.0.0.1       5  x\n"
        "a         123456  \n");
}

TEST_CASE("tables: what does not fit is left out first, then cut, with an ellipsis") {
  const auto lines = [](std::size_t width) {
    test::KeptLines out;
    TableWriter table(three_columns(), width, false, out);
    table.row({"a-host-with-a-long-name", "5", "a note"});
    table.finish();
    return out.lines;
  };
  CHECK(lines(80)[1] == "a-host-with-a-long-name      5  a note");
  CHECK(lines(35)[1] == "a-host-with-a-long-name      5");
  CHECK(lines(20)[1] == "a-host-with-…      5");
  CHECK(shown_width(lines(20)[1]) == 20);
  CHECK(lines(3)[1] == "a-host-with…      5");  // not narrower than says something
}

TEST_CASE("tables: heads are bold where there are colours, and widths do not count what is not seen") {
  test::KeptLines out;
  TableWriter table({{.head = "é"}, {.head = "b"}}, 80, true, out);
  table.row({"ü1", "x"});
  table.finish();
  REQUIRE(out.lines.size() == 2);
  CHECK(out.lines[0] == "\033[1mé\033[0m   \033[1mb\033[0m");
  CHECK(out.lines[1] == "ü1  x");
}

TEST_CASE(
    "tables: rows beyond those that widths are found by are written at once, and a wider number is not cut") {
  test::KeptLines out;
  TableWriter table(three_columns(), 80, false, out);
  for (std::size_t i = 0; i < TableWriter::kRowsToFit; ++i) table.row({"host", "1", ""});
  CHECK(out.lines.size() == TableWriter::kRowsToFit + 1);
  table.row({"a longer host", "1234567", ""});
  CHECK(out.lines.back() == "a l…  1234567  ");
  CHECK(out.lines.size() == TableWriter::kRowsToFit + 2);
}

TEST_CASE("tables: without rows there is no head") {
  test::KeptLines out;
  TableWriter table(three_columns(), 80, false, out);
  table.finish();
  CHECK(out.lines.empty());
}
