// Puts IPv4 and IPv6 datagrams back together (RFC 791 3.2, RFC 8200 4.5). One a worker; no locks.
//
// A datagram is known by addresses, identification, protocol (IPv4), family and VLANs; its fragments are kept
// until it is complete, until the receiver's time-out after the last of them, or until room is needed (datagrams,
// fragments or memory): then the one longest without a new fragment goes, never the one whose fragment came, unless it
// needs more than all the room. So a flood of datagrams that never become whole costs others only what is older than the
// flood that fits. Time is packet time. Fragments are copied; nothing is kept of other packets.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "decoders/ip_address.h"
#include "decoders/packet.h"
#include "engine/config/config.h"
#include "engine/defrag/datagram_key.h"
#include "engine/defrag/fragment_intervals.h"
#include "engine/defrag/receivers.h"

namespace weir::engine {

struct DefragSettings {
  std::uint64_t memcap_bytes = std::uint64_t{32} * 1024 * 1024;
  std::size_t hash_size = 65536;      // buckets; allocated with the first fragment
  std::size_t max_trackers = 65535;   // datagrams in the making
  std::size_t max_fragments = 65535;  // intervals kept, over all of them
  bool use_vlans = true;
  // A fragment whose header's checksum was looked at and is wrong is no part of anything.
  bool checksums_keep_out = true;
  FragmentReceivers receivers;

  // From the whole configuration: defrag.*, vlan.use-for-tracking and stream.checksum-validation. receivers.host_os is the
  // caller's to set.
  static DefragSettings from(const Config& root);
};

// For hashes of what senders choose: nobody outside can tell which of them share a place.
std::uint64_t random_hash_seed();

struct DefragCounters {
  struct PerFamily {
    std::uint64_t fragments = 0, reassembled = 0, timeouts = 0;
  };
  PerFamily ipv4, ipv6;
  // Datagrams given up, and fragments not kept, because there were too many fragments.
  std::uint64_t max_fragments_reached = 0;
  std::uint64_t max_trackers_reached = 0;   // a datagram was given up because there were too many
  std::uint64_t memcap_reached = 0;         // likewise for want of memory
};

class Defragmenter {
 public:
  explicit Defragmenter(const DefragSettings& settings = {});

  // Takes in a packet with ip.is_fragment set. When it completes a datagram, puts that into `datagram`: the
  // packet's link headers, then the IP header as if it had never been cut, then the data (for
  // decode_datagram). False while more is missing. Notes overlaps, oversize and fragments that found no room in
  // the packet's faults.
  bool absorb(Packet& packet, std::vector<std::uint8_t>& datagram);

  // The last packet taken in found no room: its datagram will not become whole here.
  [[nodiscard]] bool refused() const { return refused_; }
  [[nodiscard]] const DefragCounters& counters() const { return counters_; }
  [[nodiscard]] std::uint64_t memory_bytes() const { return memory_bytes_; }
  [[nodiscard]] std::size_t size() const { return in_use_; }

 private:
  using Key = DatagramKey;
  using Index = std::uint32_t;  // of trackers_; they move when it grows
  static constexpr Index kNone = UINT32_MAX;
  struct Tracker {
    Key key{};
    FragmentIntervals fragments;
    std::vector<std::uint8_t> header;  // of the fragment at offset 0: IPv6 without the fragment header
    std::uint32_t next_header_offset = 0;
    std::uint8_t next_header = 0;
    FragmentPolicy policy = FragmentPolicy::bsd;
    std::uint32_t timeout_s = 0;
    TimeUs last = 0;
    std::uint64_t charged = 0;  // its part of memory_bytes_
    Index hash_next = kNone, older = kNone, newer = kNone;
  };

  bool absorb(Packet& packet, const Key& key, std::vector<std::uint8_t>& datagram);
  [[nodiscard]] Index& bucket(const Key& key);
  Index find(const Key& key, TimeUs now);
  Index create(const Key& key);
  void remove(Index index);
  void touch(Index index, TimeUs now);
  void unlink_age(Tracker& tracker);
  void time_out(Index index);
  void expire(TimeUs now);
  bool add(Index index, Packet& packet);
  void charge(Tracker& tracker);
  [[nodiscard]] bool timed_out(const Tracker& tracker, TimeUs now) const;
  static void assemble(const Tracker& tracker, Bytes link_headers, std::vector<std::uint8_t>& out);

  DefragSettings settings_;
  std::uint64_t seed_;
  std::vector<Tracker> trackers_;
  std::vector<Index> free_;
  std::vector<Index> buckets_;
  Index oldest_ = kNone, newest_ = kNone;
  std::size_t in_use_ = 0, fragments_ = 0;
  std::uint64_t memory_bytes_ = 0;
  bool refused_ = false;
  DefragCounters counters_;
};

}  // namespace weir::engine
