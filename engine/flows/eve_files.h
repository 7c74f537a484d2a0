// Flow records from EVE logs, a line of JSON an event: files as they are, or packed by gzip, LZ4 or zstd.
//
// Events of other types are passed over. A line that is no event, or whose flow cannot be one, is counted and named; all others are taken.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/flow/record.h"

namespace weir::engine {

inline constexpr std::size_t kMaxEveLineBytes = std::size_t{1} << 20U;  // a longer one is wrong
inline constexpr std::size_t kMaxEveDepth = 32;                         // of objects in objects, likewise
inline constexpr std::size_t kMaxEveProblems = 20;                      // that are told of one file

// Lines to records. Used by one thread.
class EveLines {
 public:
  struct Counts {
    std::uint64_t lines = 0, flows = 0, netflows = 0;
    std::uint64_t other = 0;  // events of other types
    std::uint64_t wrong = 0;
  };
  // `consumer` outlives it.
  explicit EveLines(flow::RecordConsumer& consumer);
  ~EveLines();
  EveLines(const EveLines&) = delete;
  EveLines& operator=(const EveLines&) = delete;

  // Takes a line without its end; blank ones are passed over. Fails with "what: expected ..." when it is wrong, which is counted.
  tl::expected<void, std::string> take(std::string_view line);
  // A line that nobody has read, as it is too long.
  void count_wrong() { ++counts_.lines, ++counts_.wrong; }
  // Hands on what there is.
  void flush();
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
  Counts counts_;
};

struct EveFileReport {
  EveLines::Counts counts;
  // "FILE:LINE: error: why" of the first wrong lines, and how many more there are; or why the file cannot be read, or not to its end.
  std::vector<std::string> problems;
};

// Reads the file, "-" for standard input, piece by piece to its end.
EveFileReport read_eve_file(const std::string& path, flow::RecordConsumer& consumer);

}  // namespace weir::engine
