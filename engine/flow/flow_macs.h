// The hardware addresses between which the packets of a flow went.
#pragma once

#include <algorithm>

#include <boost/container/static_vector.hpp>

#include "decoders/packet.h"
#include "decoders/slab.h"

namespace weir::engine {

// Made only when a log shows them. Linear in kMost a packet, a comparison with the first most often.
struct FlowMacs : Slabbed {
  static constexpr std::size_t kMost = 10;  // of one end, as in Suricata; further ones are not kept
  using List = boost::container::static_vector<MacAddress, kMost>;
  List client, server;

  // A packet that went in direction `d`; without effect when it has none.
  void note(const Packet& packet, Direction d) {
    add(d == Direction::to_server ? client : server, packet.ether_source);
    add(d == Direction::to_server ? server : client, packet.ether_destination);
  }

 private:
  static void add(List& list, Bytes address) {
    MacAddress mac{};
    if (address.size() != mac.size()) return;
    std::copy(address.begin(), address.end(), mac.begin());
    if (list.size() < kMost && std::find(list.begin(), list.end(), mac) == list.end()) list.push_back(mac);
  }
};

}  // namespace weir::engine
