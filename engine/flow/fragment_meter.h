// Fragments of datagrams that are not whole yet, counted for the flow that the datagram turns out to be of.
//
// What never becomes whole is given up after a while, or when there are too many: it is then counted by itself. Belongs to one
// worker.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <utility>

#include "decoders/packet.h"
#include "decoders/slab.h"
#include "engine/flow/flow_meter.h"

namespace weir::engine {

// All that has come of one datagram.
struct FragmentedDatagram {
  IpAddress source, destination;
  std::uint32_t id = 0;
  std::uint8_t protocol = 0;
  MeteredSide side;
  RawPacket first;  // without its bytes
  std::array<std::uint16_t, kMaxVlanTags> vlan_ids{};
  std::uint8_t vlan_count = 0, tunnel_depth = 0;
  std::array<std::uint8_t, 4> begin{};  // of what it carries: the ports, where the protocol has some
  bool has_begin = false;

  // A packet that stands for it, to find its flow; a view of this.
  void show_as(Packet& packet) const;
};

class FragmentMeter {
 public:
  static constexpr std::size_t kMostDatagrams = 4096;
  static constexpr TimeUs kPatience = 30'000'000;  // after the last fragment

  // A fragment. `on_given_up(const FragmentedDatagram&)` is called when another datagram has to go for it.
  template <class OnGivenUp>
  void add(const Packet& fragment, OnGivenUp&& on_given_up) {
    if (datagrams_.size() == kMostDatagrams) give_up_first(on_given_up);
    count(fragment);
  }
  // What came of the datagram that `last` completes; `last` is included if it counts (it may not be among those sampled).
  MeteredSide take(const Packet& last, bool counts = true);
  // Gives those up of which nothing has come for long.
  template <class OnGivenUp>
  void expire(TimeUs now, OnGivenUp&& on_given_up) {
    while (!datagrams_.empty() && datagrams_.front().side.last + kPatience < now) give_up_first(on_given_up);
  }

 private:
  struct Key {
    IpAddress source, destination;
    std::uint8_t protocol = 0, tunnel_depth = 0;
    std::uint32_t id = 0;
    std::array<std::uint16_t, kMaxVlanTags> vlan_ids{};
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  using List = std::list<FragmentedDatagram, SlabAllocator<FragmentedDatagram>>;
  using Index = std::unordered_map<Key, List::iterator, Hash, std::equal_to<>,
                                   SlabAllocator<std::pair<const Key, List::iterator>>>;

  static Key key_of(const Packet& fragment);
  static Key key_of(const FragmentedDatagram& datagram);
  void count(const Packet& fragment);
  template <class OnGivenUp>
  void give_up_first(OnGivenUp&& on_given_up) {
    on_given_up(std::as_const(datagrams_.front()));
    index_.erase(key_of(datagrams_.front()));
    datagrams_.pop_front();
  }

  List datagrams_;  // that of which something came last is last
  Index index_;
};

}  // namespace weir::engine
