#include "engine/cli/terminal.h"

#include <doctest/doctest.h>

using namespace weir::engine;

TEST_CASE("terminal: --color decides, else what the stream is") {
  CHECK(wants_colours("always", stdout));
  CHECK_FALSE(wants_colours("never", stdout));
  std::FILE* const file = std::tmpfile();
  REQUIRE(file != nullptr);
  CHECK_FALSE(wants_colours("auto", file));
  CHECK(terminal_columns(file) == kNoTerminalColumns);
  std::fclose(file);
}

TEST_CASE("terminal: colours are put around a text") {
  CHECK(coloured("x", "1", true) == "\033[1mx\033[0m");
  CHECK(coloured("x", "1", false) == "x");
}
