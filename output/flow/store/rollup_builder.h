// Adds records up by step of time and the keys of a rollup: a record for each step and key, with the sums of all that were alike.
//
// Packets and bytes of a record that lasted longer than a step are spread over its steps (record_steps.h); its flows count in the first. A
// record's times are those of the first and the last of what it stands for, so that "last seen" stays exact.
//
// Memory is bounded: records are expected by time, more or less, and a step that all are behind of is handed on at once; when there
// are more groups than there is room for, all are handed on, and a step and key may have several records. Used by one thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "decoders/flow/record.h"
#include "output/flow/record_codec.h"
#include "output/flow/record_steps.h"
#include "output/flow/store/rollup_keys.h"

namespace weir::output {

class RollupBuilder {
 public:
  static constexpr std::size_t kMaxGroups = std::size_t{1} << 19U;  // some 250 bytes each
  static constexpr std::uint64_t kMaxShares = std::uint64_t{1}
                                              << 24U;  // of records that lasted longer than a step, in all

  // Records and their texts live as long as the call.
  using Emit = std::function<void(const flow::Record&)>;
  // `step`: microseconds.
  RollupBuilder(const RollupKeys& keys, TimeUs step, Emit emit, std::size_t most = kMaxGroups)
      : keys_(keys), step_(step), emit_(std::move(emit)), most_(most), room_(kMaxRecordBytes) {}

  void add(const flow::Record& record);
  // Hands on what is there.
  void finish();
  // Groups that were handed on early as there was no room.
  [[nodiscard]] std::uint64_t spilled() const { return spilled_; }
  // Records that lasted too long, or of which there were too many that did: all of them stands in the step that they began in.
  [[nodiscard]] std::uint64_t not_spread() const { return not_spread_; }

 private:
  struct Group {
    std::uint32_t flows = 0;
    std::array<std::uint64_t, 2> packets{}, bytes{};
    TimeUs first = 0, last = 0;
  };
  // By the packed record that is kept of each, without counters and times.
  using Groups = std::unordered_map<std::string, Group>;

  void pack(const flow::Record& record);
  void add_share(const StepShare& share, std::uint32_t flows);
  void hand_on(const Groups& groups);

  RollupKeys keys_;
  TimeUs step_;
  Emit emit_;
  std::size_t most_, size_ = 0;
  std::map<std::uint32_t, Groups> steps_;
  std::string key_;                 // of the record that is being added
  std::vector<std::uint8_t> room_;  // to pack it in
  flow::Detail detail_;
  std::uint64_t shares_ = 0, spilled_ = 0, not_spread_ = 0;
};

}  // namespace weir::output
