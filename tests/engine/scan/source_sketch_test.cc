#include "engine/scan/source_sketch.h"

#include <doctest/doctest.h>

#include "engine/scan/scan_hash.h"

using weir::engine::scan_hash;
using weir::engine::SourceSketch;

namespace {

// Targets from `first` on.
void note_many(SourceSketch& sketch, std::uint64_t first, std::uint64_t count, SourceSketch::Seen seen) {
  for (std::uint64_t i = first; i < first + count; ++i) sketch.note(scan_hash(i, 5), seen);
}

}  // namespace

TEST_CASE("source sketch: few targets are counted exactly, each once") {
  for (const std::uint64_t count : {0U, 1U, 2U, 3U, 64U, 128U}) {
    CAPTURE(count);
    SourceSketch sketch;
    note_many(sketch, 0, count, SourceSketch::tried);
    note_many(sketch, 0, count, SourceSketch::tried);
    CHECK(sketch.unanswered() == count);
  }
}

TEST_CASE("source sketch: those that answered do not count, whichever came first") {
  SourceSketch sketch;
  note_many(sketch, 0, 1, SourceSketch::tried);
  note_many(sketch, 0, 1, SourceSketch::answered);
  CHECK(sketch.unanswered() == 0);
  note_many(sketch, 20, 40, SourceSketch::answered);
  note_many(sketch, 0, 50, SourceSketch::tried);
  CHECK(sketch.unanswered() == 19);
}

TEST_CASE("source sketch: many without an answer among more with one are seen") {
  SourceSketch sketch;
  note_many(sketch, 0, 100'000, SourceSketch::tried);
  note_many(sketch, 0, 70'000, SourceSketch::answered);
  CHECK(sketch.unanswered() > 12'000);
  CHECK(sketch.unanswered() < 60'000);
}

TEST_CASE("source sketch: parts that are merged are as good as the whole") {
  for (const std::uint64_t count : {1U, 90U, 5000U}) {
    CAPTURE(count);
    SourceSketch whole, tries, answers;
    note_many(whole, 0, count, SourceSketch::tried);
    note_many(whole, 0, count / 3, SourceSketch::answered);
    note_many(tries, 0, count, SourceSketch::tried);
    note_many(answers, 0, count / 3, SourceSketch::answered);
    SourceSketch small_first = std::move(answers);
    small_first.merge(tries);
    CHECK(small_first.unanswered() == whole.unanswered());
  }
}
