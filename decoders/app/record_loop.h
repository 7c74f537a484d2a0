// Takes a stream apart into records, for parsers of protocols that consist of them.
//
// A parser says what stands at the start of the bytes it is shown (RecordStep); the loop does the rest: it
// offers what follows, passes over what is of no interest without anybody keeping it, and says what it has
// consumed and what it waits for. However the stream is cut into calls, the parser sees the same records.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>

#include "decoders/app/parser.h"

namespace weir {

// What a parser made of the record at the start of the bytes that it was shown.
struct RecordStep {
  enum class Kind : std::uint8_t {
    took,   // `bytes` are done with; they are there, and at least one
    skip,   // the next `bytes` are of no interest, whether or not they are there yet
    wants,  // nothing can be said before there are `bytes`, more than there are
    pause,  // enough for now: what was made of the records so far is to be looked at first (ParseOutcome::paused)
    broken,  // no record, and nothing to go on from: the connection is given up
  };
  Kind kind = Kind::broken;
  std::uint64_t bytes = 0;

  static constexpr RecordStep took(std::uint64_t n) { return {Kind::took, n}; }
  static constexpr RecordStep skip(std::uint64_t n) { return {Kind::skip, n}; }
  static constexpr RecordStep wants(std::uint64_t n) { return {Kind::wants, n}; }
  static constexpr RecordStep pause() { return {Kind::pause, 0}; }
  static constexpr RecordStep broken() { return {Kind::broken, 0}; }
};

class RecordLoop {
 public:
  // Calls `one`, a RecordStep(Bytes), as long as there are bytes and it makes progress. `header` is how many
  // bytes the start of a record needs before it can be shown; fewer are not waited for at the end of the
  // stream's data.
  template <class One>
  ParseOutcome run(Direction d, Bytes data, std::size_t header, One&& one) {
    Bytes rest = data;
    while (true) {
      rest = rest.subspan(pass_over(d, rest.size()));
      const std::size_t consumed = data.size() - rest.size();
      if (rest.empty()) return {.consumed = consumed, .need = is_skipping(d) ? 0 : header};
      const RecordStep step = one(rest);
      switch (step.kind) {
        case RecordStep::Kind::took:
          assert(step.bytes != 0 && step.bytes <= rest.size());
          rest = rest.subspan(static_cast<std::size_t>(step.bytes));
          break;
        case RecordStep::Kind::skip:
          assert(step.bytes != 0);
          skip_[index(d)] = step.bytes;
          break;
        case RecordStep::Kind::wants:
          return {.consumed = consumed, .need = static_cast<std::size_t>(step.bytes)};
        case RecordStep::Kind::pause: return {.consumed = consumed, .paused = true};
        case RecordStep::Kind::broken:
          return {.consumed = data.size(), .status = ParseOutcome::Status::error};
      }
    }
  }

  // `length` bytes are missing where the next ones were expected. False: records were among them.
  bool skip_gap(Direction d, std::uint64_t length) {
    if (length > skip_[index(d)]) return false;
    skip_[index(d)] -= length;
    return true;
  }

  // What comes next still belongs to a record that is of no interest.
  [[nodiscard]] bool is_skipping(Direction d) const { return skip_[index(d)] != 0; }

 private:
  std::size_t pass_over(Direction d, std::size_t there) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(skip_[index(d)], there));
    skip_[index(d)] -= n;
    return n;
  }

  std::array<std::uint64_t, 2> skip_{};  // bytes still to come that are of no interest
};

}  // namespace weir
