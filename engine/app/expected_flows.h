// The flows that are expected because other flows have announced them (decoders/app/expected_flow.h).
//
// Found by the two hosts, which are those of the announcing flow, and the port that is connected to. An expectation is good
// for one flow, and ends with its time, which is that of packets. Caps: so many at one time in all, and between two hosts so
// many that beyond them the oldest gives way. Of two with the same ends the later one counts.
//
// In runs over captures every pipeline has its own: all flows between two hosts are one worker's (engine/offline/frame_router.h),
// in the order of their packets, so that what is met depends on nothing else. Live the kernel spreads flows over the
// workers, which share one: its lock is taken only when something is announced or expected at all.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "decoders/app/expected_flow.h"
#include "decoders/ip_address.h"
#include "decoders/packet.h"

namespace weir::engine {

// Hosts and port of an expected flow, as it goes.
struct ExpectedEnds {
  IpAddress client, server;
  std::uint16_t server_port = 0;
  bool is_datagram = false;
  std::array<std::uint16_t, kMaxVlanTags> vlan{};  // of both flows
  bool operator==(const ExpectedEnds&) const = default;
};

class ExpectedFlows {
 public:
  static constexpr std::size_t kMaxExpected = 16'384;
  static constexpr std::size_t kMaxBetweenHosts = 32;

  struct Met {
    ExpectedFlow flow;
    std::uint64_t parent = 0;  // id of the flow that announced it
  };

  // Any thread may call these. False: nothing is expected in addition; the cap is reached, or an older one gave way.
  bool announce(const ExpectedEnds& ends, std::uint64_t parent, ExpectedFlow flow, TimeUs now);
  // Takes what is expected with these ends, if anything is.
  std::optional<Met> meet(const ExpectedEnds& ends, TimeUs now);
  [[nodiscard]] bool empty() const { return size_.load(std::memory_order_relaxed) == 0; }

 private:
  // Two hosts in either order; hashed with the key of this process.
  struct Hosts {
    IpAddress low, high;
    bool operator==(const Hosts&) const = default;
  };
  struct HashHosts {
    std::size_t operator()(const Hosts& hosts) const;
  };
  struct Expected {
    ExpectedEnds ends;
    std::uint64_t parent;
    ExpectedFlow flow;
    TimeUs until;
  };
  using Table = std::unordered_map<Hosts, std::vector<Expected>, HashHosts>;

  static Hosts hosts_of(const ExpectedEnds& ends);
  void drop_overdue(std::vector<Expected>& list, TimeUs now);
  void drop_all_overdue(TimeUs now);

  std::mutex lock_;
  Table table_;  // oldest first; no list is empty
  std::atomic<std::size_t> size_{0};
  TimeUs next_sweep_ = 0;
};

}  // namespace weir::engine
