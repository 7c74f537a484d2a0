// All that one source tried: each target once, exactly, up to a limit of memory, and above as an estimate.
//
// ScanContacts come in any order, and several times when several exporters saw them: tries of a target count at one exporter, the first
// that told of it. Used by one thread at a time.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/scan/hyper_log_log.h"
#include "engine/scan/scan_contact.h"

namespace weir::engine {

// A port of a host.
struct TriedTarget {
  std::array<std::uint8_t, 16> host{};  // of the source's family
  std::uint16_t port = 0;
  std::uint8_t protocol = 0;
  std::uint8_t flags = 0;               // contact_flag, of all its contacts
  ScanMethod method = ScanMethod::syn;  // of the first try
  std::uint16_t exporter = 0;           // whose tries count
  std::uint32_t attempts = 0;
  TimeUs first = 0, last = 0;  // of the tries
};
static_assert(sizeof(TriedTarget) <= 48);

// How many targets may be kept, of all sources together; shared by threads.
class TargetBudget {
 public:
  explicit TargetBudget(std::size_t targets) : left_(static_cast<std::ptrdiff_t>(targets)) {}
  bool take(std::size_t targets) {
    const auto wanted = static_cast<std::ptrdiff_t>(targets);
    if (left_.fetch_sub(wanted) >= wanted) return true;
    left_ += wanted;
    return false;
  }
  [[nodiscard]] std::size_t left() const {
    return static_cast<std::size_t>(std::max<std::ptrdiff_t>(left_.load(), 0));
  }
  void give_back(std::size_t targets) { left_ += static_cast<std::ptrdiff_t>(targets); }

 private:
  std::atomic<std::ptrdiff_t> left_;
};

class SourceTally {
 public:
  // `exporter` is any number that differs between exporters. At most `most` targets are told apart.
  void note(const ScanContact& contact, std::uint16_t exporter, std::uint64_t seed, TargetBudget& budget,
            std::size_t most);

  // As if nothing had been noted; what it held is given back.
  void clear(TargetBudget& budget);

  // Those that are told apart, in no order. Valid until the next contact.
  [[nodiscard]] std::vector<const TriedTarget*> targets() const;

  // Of a source with more targets than could be kept: how many hosts and ports it tried without being answered there, about.
  struct Estimate {
    HyperLogLog hosts, ports;
  };
  [[nodiscard]] const Estimate* estimate() const { return estimate_.get(); }

 private:
  // Null: there is no room.
  TriedTarget* find_or_add(const ScanContact& contact, std::uint64_t seed, TargetBudget& budget,
                           std::size_t most);
  bool grow(std::uint64_t seed, TargetBudget& budget, std::size_t most);
  void begin_estimate(std::uint64_t seed);
  void add_to_estimate(const TriedTarget& target, std::uint64_t seed);

  std::vector<TriedTarget> slots_;  // open addressing, a power of two; no flags: free
  std::size_t used_ = 0;
  std::unique_ptr<Estimate> estimate_;
};

}  // namespace weir::engine
