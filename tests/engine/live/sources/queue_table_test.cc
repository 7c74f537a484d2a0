#include "engine/live/sources/queue_table.h"

#include <doctest/doctest.h>

using namespace weir::engine;

TEST_CASE("queue table: a queue's line is found by its number") {
  constexpr std::string_view kTable =
      "    0  31621     0 2 65535     0     0        0  1\n"
      "    3   4711    17 2 65535     8     5      942  1\n"
      "65535   4711     1 2 65535     2     1        7  1\n";
  struct Row {
    std::uint16_t queue;
    std::uint64_t waiting, dropped, unsent;
  };
  for (const Row& row : {Row{0, 0, 0, 0}, Row{3, 17, 8, 5}, Row{65535, 1, 2, 1}}) {
    CAPTURE(row.queue);
    const auto line = find_queue(kTable, row.queue);
    REQUIRE(line);
    CHECK(line->waiting == row.waiting);
    CHECK(line->dropped == row.dropped);
    CHECK(line->unsent == row.unsent);
  }
  CHECK_FALSE(find_queue(kTable, 1));
  CHECK_FALSE(find_queue({}, 0));
  CHECK_FALSE(find_queue("hello\n\n3\n3 4711 17 2 65535 8\n3 x 17 2 65535 8 5\n", 3));
  const std::size_t first = kTable.find('\n') + 1;
  for (std::size_t n = 0; n < kTable.size(); ++n) {
    CAPTURE(n);
    CHECK(find_queue(kTable.substr(0, n), 0).has_value() == (n >= first));
  }
}
