#include <doctest/doctest.h>

#include <string>

#include "tests/engine/pipeline/inline_run.h"

using weir::test::Connection;
using weir::test::InlineRun;

namespace {

// On the packet and near no start, on the packet alone, and on the stream alone.
constexpr std::string_view kRulesOfBoth =
    "alert tcp any any -> any any (content:\"in this packet\"; offset:70; depth:130; flow:no_stream; "
    "sid:1;)\n"
    "alert tcp any any -> any any (content:\"anywhere in it\"; flow:no_stream; sid:2;)\n"
    "alert tcp any any -> any any (content:\"first half of it\"; content:\"and the other\"; sid:3;)\n";

std::string alerts_of(const std::vector<std::string>& payloads) {
  InlineRun run(kRulesOfBoth);
  Connection c;
  run.play_all(c.handshake());
  for (const std::string& payload : payloads) CHECK(run.play(c.client(payload)) == 'a');
  run.finish();
  std::string out;
  for (const char* sid : {"1", "2", "3"})
    for (std::size_t n = run.count("\"event_type\":\"alert\"", std::string("\"signature_id\":") + sid); n > 0;
         --n)
      out += sid;
  return out;
}

}  // namespace

TEST_CASE("detect packet: inline, a segment is looked at by itself and as what its stream goes on with") {
  const std::string far(100, '.');
  CHECK(alerts_of({far + "in this packet"}) == "1");
  CHECK(alerts_of({far, far + "in this packet"}) == "1");  // counted from the segment's start
  CHECK(alerts_of({far, far + far + "in this packet"}).empty());
  CHECK(alerts_of({far + "in this ", "packet" + far}).empty());  // a rule on packets does not see the stream
  CHECK(alerts_of({"anywhere in it", "anywhere in it"}) == "22");
  CHECK(alerts_of({"anywhere ", "in it"}).empty());
  CHECK(alerts_of({"first half ", "of it" + far, "and the other"}) == "3");
}
