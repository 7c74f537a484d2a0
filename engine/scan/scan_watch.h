// Scans told while records come: in live runs and collectors, from the records that are handed through.
//
// In two steps, so that memory is bounded however many sources there are: of each source there is a sketch, begun anew every day, and
// from kSuspectAt targets without an answer on (in the sketch's sample) it is a suspect, whose targets are kept exactly as long as it goes on. So what an event
// counts is what came after the first few targets. Of suspects that have been silent the longest some go when there is no room, and those
// without a try in `window` in any case.
//
// A scan is told when it still is one kConfirm later: answers may be in records of their own. It is told again with twice the
// targets, or after `window`. Time is that of the records' ends, which never goes back here, nor ahead of the system's.
// Used by one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <span>
#include <unordered_map>

#include "decoders/flow/record.h"
#include "decoders/settings.h"
#include "engine/scan/scan_groups.h"
#include "engine/scan/sketch_table.h"

namespace weir::engine {

struct ScanWatchSettings {
  bool on = false;
  ScanSettings scan;
  // `weir.flows.scans`.
  static ScanWatchSettings from(const Settings& root);
};

struct ScanWatchLimits {
  std::size_t sources = std::size_t{1} << 18U;  // with a sketch; about 80 bytes each, and up to 1 KB
  std::size_t suspects = 16'384;                // whose targets are kept
  std::size_t targets_of_suspect = std::size_t{1} << 15U;  // 48 bytes each; then its count begins anew
  std::size_t targets_in_all = std::size_t{1} << 20U;
};

class ScanWatch {
 public:
  ScanWatch(const ScanWatchSettings& settings, const ScanWatchLimits& limits = {});

  void take(std::span<const flow::Record> records);
  // Time has come to `now`, the records' or later.
  void tick(TimeUs now) { clock_ = std::max(clock_, now); }

  // One scan: `within` is the shortest of a minute, an hour and `window` in which so much was tried that it is one.
  using Visit = std::function<void(const Scan& scan, TimeUs within)>;
  // Tells the scans that there is something new to say of; to be called about once a second.
  void tell(const Visit& visit);
  // No more records come: what waits to be confirmed is told.
  void finish(const Visit& visit);

  static constexpr std::uint64_t kSuspectAt = 16;
  static constexpr TimeUs kConfirm = 10'000'000;

 private:
  struct Told {
    TimeUs since = 0;           // that it looks like a scan; 0: it does not
    TimeUs at = 0;              // of the last event; 0: none
    std::uint64_t targets = 0;  // that the event said
  };
  struct Suspect {
    IpAddress address;
    SourceTally tally;
    TimeUs active = 0;
    std::uint64_t tries = 0, tries_looked_at = 0;
    TimeUs looked_at = 0;
    std::array<Told, 2> told;  // by ScanKind
  };
  using Suspects = std::list<Suspect>;  // the one that was active last at the front
  struct Hash {
    std::uint64_t seed;
    std::size_t operator()(const IpAddress& address) const;
  };

  void look(const flow::Record& record);
  void note(Suspects::iterator suspect, const ScanContact& contact, const flow::Record& record);
  void begin_suspect(const IpAddress& address);
  // Who goes when there is no room: of those that have been silent the longest, the one that tried the least.
  [[nodiscard]] Suspects::iterator least_of_oldest();
  void drop(Suspects::iterator suspect);
  void drop_idle();
  [[nodiscard]] bool is_due(const Suspect& suspect) const;
  void judge(Suspect& suspect, const Visit& visit, bool last);

  ScanWatchSettings settings_;
  ScanWatchLimits limits_;
  std::uint64_t seed_;
  SketchTable sketches_;
  TargetBudget budget_;
  Suspects suspects_;
  std::unordered_map<IpAddress, Suspects::iterator, Hash> by_address_;
  TimeUs clock_ = 0, sketches_since_ = 0;
};

}  // namespace weir::engine
