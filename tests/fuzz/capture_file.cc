// The readers of capture files, plain and compressed.
//
// Input: a file.
#include "engine/capture/capture_reader.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {

void fuzz_capture_file(Bytes input) {
  constexpr std::size_t kMostFrames = 4096;
  const MemoryFile file(input);
  const auto source = engine::open_capture_files({.paths = {file.path()}, .bpf = {}});
  must(source.has_value(), "a file that is there can be opened");
  RawPacket raw;
  for (std::size_t n = 0; n < kMostFrames && (*source)->next(raw) == engine::CaptureSource::Next::packet;
       ++n) {
    must(raw.bytes.size() <= engine::kMaxCaptureLength, "a frame is not longer than the limit");
    must(raw.time >= 0 && static_cast<std::uint64_t>(raw.time) <= engine::kMaxTimeUs,
         "times can be told apart");
    must((*source)->fine_time().nanoseconds < 1000, "nanoseconds are less than a microsecond");
  }
  for (const std::string& error : (*source)->errors()) must(!error.empty(), "an error says what is wrong");
}

}  // namespace weir::fuzz
