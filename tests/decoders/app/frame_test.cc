#include "decoders/app/frame.h"

#include <doctest/doctest.h>

#include <array>

#include "decoders/app/protocol.h"

using namespace weir;

namespace {

enum class Kind : std::uint8_t { record, header };
constexpr std::array<std::uint8_t, 8> kData{};
constexpr Bytes kAll{kData};

}  // namespace

TEST_CASE("frames: a frame lies where its bytes do, and counts from 1") {
  FrameList list;
  CHECK(list.untouched());
  FrameSink sink(list, kAllFrames, 100, kAll);
  CHECK(sink.begin(Kind::record, kAll, 20, 7) == 1);
  const FrameId open = sink.begin(Kind::header, kAll.subspan(3));
  CHECK(open == 2);
  sink.end(open, kAll.subspan(8));
  REQUIRE(list.frames().size() == 2);
  const AppFrame& record = list.frames()[0];
  CHECK(record.offset == 100);
  CHECK(record.end() == 120);
  CHECK(record.tx_id == 7);
  CHECK(list.find(2)->offset == 103);
  CHECK(list.find(2)->length == 5);
  CHECK(list.find(3) == nullptr);
  CHECK_FALSE(list.untouched());
}

TEST_CASE("frames: what nobody asks for is not kept") {
  FrameSink nobody;
  CHECK(nobody.begin(Kind::record, kAll) == kNoFrame);
  nobody.end(kNoFrame, kAll);
  FrameList list;
  FrameSink headers(list, frame_bit(static_cast<FrameType>(Kind::header)), 0, kAll);
  CHECK(headers.begin(Kind::record, kAll) == kNoFrame);
  CHECK(headers.begin(Kind::header, kAll) == 1);
  CHECK(list.frames().size() == 1);
}

TEST_CASE("frames: beyond the cap they are counted, and there is room again when one is done with") {
  FrameList list;
  FrameSink sink(list, kAllFrames, 0, kAll);
  for (std::size_t i = 0; i < FrameList::kMaxFrames; ++i) REQUIRE(sink.begin(Kind::record, kAll) == i + 1);
  CHECK(sink.begin(Kind::record, kAll) == kNoFrame);
  CHECK(list.take_refused() == 1);
  CHECK(sink.full());
  CHECK(list.take_refused() == 0);
  list.remove_if([](const AppFrame& f) { return f.id == 500; });
  CHECK(list.find(500) == nullptr);
  CHECK(list.find(501)->id == 501);
  CHECK(sink.begin(Kind::record, kAll) == FrameList::kMaxFrames + 2);
  list.reset();
  CHECK(sink.begin(Kind::record, kAll) == 1);
}

TEST_CASE("frames: an end that would wrap is not known") {
  CHECK(AppFrame{.offset = 10, .length = AppFrame::kUnknown - 5}.end() == AppFrame::kUnknown);
  CHECK(AppFrame{.offset = 10}.end() == AppFrame::kUnknown);
}

TEST_CASE("frames: protocols name theirs, and every parsed one over TCP has its stream") {
  CHECK(frame_by_name(proto_tls, "pdu") == FrameType{0});
  CHECK(frame_by_name(proto_ssh, "record_hdr") == frame_by_name(proto_ssh, "record.hdr"));
  CHECK(frame_by_name(proto_ssh, "record.hdr") != std::nullopt);
  CHECK(frame_by_name(proto_http, "stream") == kStreamFrame);
  CHECK(frame_by_name(proto_mdns, "stream") == std::nullopt);
  CHECK(frame_by_name(proto_telnet, "stream") == std::nullopt);
  CHECK(frame_by_name(proto_dns, "hdr") == std::nullopt);
  CHECK(frame_name(proto_dns, 0) == "pdu");
  CHECK(frame_name(proto_dns, kStreamFrame) == "stream");
  CHECK(frame_name(proto_dns, 5).empty());
}
