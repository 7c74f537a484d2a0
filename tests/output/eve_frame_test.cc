#include "output/eve_log.h"

#include <cstdlib>
#include <ctime>

#include <doctest/doctest.h>

#include "decoders/app/protocol_ids.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;

namespace {

class LineSink final : public Sink {
 public:
  void write_line(std::string_view line, const std::shared_ptr<LineCondition>&) override {
    lines.emplace_back(line);
  }
  void flush() override {}
  std::vector<std::string> lines;
};

FrameRecord frame_record() {
  static constexpr std::uint8_t kPayload[] = {'a', 0, '"', 'b'};
  FrameRecord r;
  r.head.flow_id = 1;
  r.app_proto = AppProto::tls;
  r.frame = {.type = "ssl2.pdu",
             .id = 3,
             .direction = Direction::to_client,
             .in_stream = true,
             .stream_offset = 17,
             .length = 9,
             .payload = kPayload,
             .has_tx_id = true,
             .tx_id = 0};
  return r;
}

// The event's part that is about the frame.
std::string frame_part(const FrameRecord& r, const char* limit = nullptr) {
  const FakeSettings settings;
  const FakeSettings type = limit != nullptr ? FakeSettings{{"payload-buffer-size", limit}} : FakeSettings{};
  LineSink sink;
  EveLog log(settings, {{"frame", &type}});
  REQUIRE(log.wants(EventType::frame));
  EveSession(log, sink).frame(r);
  REQUIRE(sink.lines.size() == 1);
  CHECK(sink.lines[0].find("\"event_type\":\"frame\"") != std::string::npos);
  return sink.lines[0].substr(sink.lines[0].find("\"app_proto\""));
}

}  // namespace

TEST_CASE("eve frame: says where a frame lies and what stands in it") {
  CHECK(
      frame_part(frame_record()) ==
      R"("app_proto":"tls","frame":{"type":"ssl2.pdu","id":3,"direction":"toclient","stream_offset":17,"length":9,)"
      R"("complete":false,"payload":"YQAiYg==","payload_printable":"a.\"b","tx_id":0}})");
}

TEST_CASE(
    "eve frame: a datagram's has no offset, one without bytes no payload, one of no transaction no id") {
  FrameRecord r = frame_record();
  r.frame.in_stream = r.frame.has_tx_id = false;
  r.frame.direction = Direction::to_server;
  r.frame.payload = {};
  CHECK(frame_part(r) ==
        R"("app_proto":"tls","frame":{"type":"ssl2.pdu","id":3,"direction":"toserver","length":9}})");
}

TEST_CASE("eve frame: the payload is cut to its setting") {
  CHECK(frame_part(frame_record(), "1").find("\"payload\":\"YQ==\"") != std::string::npos);
}
