#include "engine/offline/common_end.h"

#include <doctest/doctest.h>

#include <limits>

using weir::engine::CommonEnd;

TEST_CASE("common end: a run that cannot be interrupted is never asked again") {
  CommonEnd end(nullptr, 2);
  CHECK(end.may_read(0) == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("common end: a single reader stops before its next frame") {
  std::atomic<bool> interrupted{false};
  CommonEnd end(&interrupted, 1);
  CHECK(end.may_read(0) == 1);
  CHECK(end.may_read(1) == 2);
  interrupted = true;
  CHECK(end.may_read(2) == 2);
}

TEST_CASE("common end: several readers stop at one frame, the first that none of them was allowed to read") {
  std::atomic<bool> interrupted{false};
  CommonEnd end(&interrupted, 2);
  std::uint64_t ahead = 0, behind = 0;
  for (int i = 0; i < 3; ++i) ahead = end.may_read(ahead);
  behind = end.may_read(behind);
  REQUIRE(behind < ahead);
  interrupted = true;
  CHECK(end.may_read(ahead) == ahead);
  while (behind < ahead) behind = end.may_read(behind);
  CHECK(behind == ahead);
  CHECK(end.may_read(behind) == ahead);
}
