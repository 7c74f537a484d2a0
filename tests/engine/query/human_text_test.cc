#include "engine/query/human_text.h"

#include <doctest/doctest.h>

using namespace weir::engine;

TEST_CASE("human text: spans of time") {
  CHECK(human_span(-5) == "0us");
  CHECK(human_span(250) == "250us");
  CHECK(human_span(12'900) == "12ms");
  CHECK(human_span(1'500'000) == "1.5s");
  CHECK(human_span(59'999'999) == "59s");
  CHECK(human_span(80'000'000) == "1m20s");
  CHECK(human_span(7'500'000'000) == "2h5m");
  CHECK(human_span(273'600'000'000) == "3d4h");
}

TEST_CASE("human text: a ratio is nothing or all only when it is") {
  CHECK(human_ratio(0) == "0 %");
  CHECK(human_ratio(1) == "100 %");
  CHECK(human_ratio(0.0001) == "< 0.1 %");
  CHECK(human_ratio(0.9999) == "> 99.9 %");
  CHECK(human_ratio(0.034) == "3.4 %");
  CHECK(human_ratio(0.12) == "12 %");
  CHECK(human_ratio(0.996) == "99.6 %");
}
