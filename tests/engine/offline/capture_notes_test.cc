#include "engine/offline/capture_notes.h"

#include <doctest/doctest.h>

#include <vector>

namespace weir::engine {
namespace {

void add_frames(CaptureNotes& notes, std::size_t captured, std::uint32_t on_the_wire, unsigned times) {
  const std::vector<std::uint8_t> bytes(captured);
  for (unsigned i = 0; i < times; ++i) notes.frame({.bytes = bytes, .wire_length = on_the_wire});
}

TEST_CASE("capture notes: cut packets are told of each capture, with the length that is left") {
  CaptureNotes notes;
  const ChecksumGate gate(ChecksumMode::all, DecodeSettings{});
  add_frames(notes, 60, 60, 3);
  add_frames(notes, 96, 1500, 2);
  notes.end_capture("a.pcap", gate);
  add_frames(notes, 60, 60, 3);
  notes.end_capture("whole.pcap", gate);
  add_frames(notes, 64, 65, 1);
  notes.end_capture("b.pcap", gate);
  RunSummary summary;
  notes.finish(summary);
  REQUIRE(summary.notes.size() == 1);
  CHECK(summary.notes[0].is_loss);
  CHECK(summary.notes[0].text == "3 packets of 2 captures are cut: what is behind is not there to look at");
  CHECK(summary.notes[0].each ==
        std::vector<std::string>{"a.pcap: 2 of 5 packets are cut to 96 bytes at most (snaplen): what is "
                                 "behind is not there to look at",
                                 "b.pcap: 1 of 1 packets are cut to 64 bytes at most (snaplen): what is "
                                 "behind is not there to look at"});
}

TEST_CASE("capture notes: of whole captures with good checksums there is nothing to say") {
  CaptureNotes notes;
  add_frames(notes, 60, 60, 3);
  notes.end_capture("whole.pcap", ChecksumGate(ChecksumMode::none, DecodeSettings{}));
  RunSummary summary;
  notes.finish(summary);
  note_left_out(summary);
  CHECK(summary.notes.empty());
}

TEST_CASE("capture notes: what streams leave out for its checksum is told with the option that changes it") {
  RunSummary summary;
  summary.counters.tcp_invalid_checksum = 12;
  note_left_out(summary);
  REQUIRE(summary.notes.size() == 1);
  CHECK(summary.notes[0].is_loss);
  CHECK(summary.notes[0].text.starts_with("12 TCP packets with a wrong checksum left out"));
  CHECK(summary.notes[0].text.find("-k none") != std::string::npos);
}

}  // namespace
}  // namespace weir::engine
