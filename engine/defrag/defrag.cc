#include "engine/defrag/defrag.h"

#include <algorithm>
#include <new>
#include <random>
#include <utility>

#include "decoders/checksum.h"
#include "decoders/decode.h"

namespace weir::engine {
namespace {

constexpr std::size_t kMaxDatagramBytes = 65535;  // IPv4: with its header; IPv6: without the fixed 40 bytes
constexpr std::size_t kIpv6FixedBytes = 40;
constexpr std::size_t kMaxExpiredPerPacket = 32;  // looked at; the rest waits for the next one

bool is_v4(const Packet& packet) {
  return packet.ip.version == 4;
}

// Bytes of headers before the data that the length field of the whole datagram counts.
std::size_t counted_header_bytes(const Packet& packet) {
  return is_v4(packet) ? packet.ip.header.size() : packet.ip.unfragmentable_length - kIpv6FixedBytes;
}

constexpr std::size_t kUnitBytes = 8;  // fragments but the last are whole units, and offsets count in them

// Of an IPv4 fragment whose last unit is not whole, receivers take the others.
Bytes taken_of(const IpHeader& ip) {
  const std::size_t rest = ip.more_fragments ? ip.fragment_payload.size() % kUnitBytes : 0;
  return ip.fragment_payload.first(ip.fragment_payload.size() - rest);
}

void put_be16(std::uint8_t* at, std::size_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}

void patch_ipv4(std::span<std::uint8_t> datagram, std::size_t header_bytes) {
  constexpr std::size_t kLengthAt = 2, kFragmentAt = 6, kChecksumAt = 10;
  put_be16(&datagram[kLengthAt], datagram.size());
  datagram[kFragmentAt] &= 0xc0;  // keeps the reserved and don't-fragment bits
  datagram[kFragmentAt + 1] = 0;
  put_be16(&datagram[kChecksumAt], 0);
  put_be16(&datagram[kChecksumAt], internet_checksum(datagram.first(header_bytes)));
}

void patch_ipv6(std::span<std::uint8_t> datagram, std::size_t next_header_at, std::uint8_t next_header) {
  constexpr std::size_t kLengthAt = 4;
  put_be16(&datagram[kLengthAt], datagram.size() - kIpv6FixedBytes);
  datagram[next_header_at] = next_header;
}

}  // namespace

std::uint64_t random_hash_seed() {
  std::random_device source;
  return (std::uint64_t{source()} << 32) | source();
}

Defragmenter::Defragmenter(const DefragSettings& settings) : settings_(settings), seed_(random_hash_seed()) {}

Defragmenter::Index& Defragmenter::bucket(const Key& key) {
  return buckets_[key.hash(seed_) % buckets_.size()];
}

bool Defragmenter::timed_out(const Tracker& tracker, TimeUs now) const {
  return now - tracker.last > TimeUs{tracker.timeout_s} * 1'000'000;
}

// Without memory for it the datagram is given up, as at the memcap.
bool Defragmenter::absorb(Packet& packet, std::vector<std::uint8_t>& datagram) {
  const Key key = DatagramKey::of(packet, settings_.use_vlans);
  refused_ = false;
  try {
    return absorb(packet, key, datagram);
  } catch (const std::bad_alloc&) {
    ++counters_.memcap_reached;
    refused_ = true;
  }
  if (buckets_.empty()) return false;
  if (const Index index = find(key, packet.raw.time); index != kNone) remove(index);
  return false;
}

bool Defragmenter::absorb(Packet& packet, const Key& key, std::vector<std::uint8_t>& datagram) {
  ++(is_v4(packet) ? counters_.ipv4 : counters_.ipv6).fragments;
  const TimeUs now = packet.raw.time;
  if (buckets_.empty()) buckets_.assign(std::max<std::size_t>(settings_.hash_size, 1), kNone);
  expire(now);

  const std::size_t end = packet.ip.fragment_offset + packet.ip.fragment_payload.size();
  if (counted_header_bytes(packet) + end > kMaxDatagramBytes) {
    packet.note({is_v4(packet) ? Anomaly::ipv4_frag_pkt_too_large : Anomaly::ipv6_frag_pkt_too_large, 0});
    return false;
  }
  // RFC 8200 4.5: the receiver discards it; the decoder has noted that.
  if (!is_v4(packet) && taken_of(packet.ip).size() != packet.ip.fragment_payload.size()) return false;
  Index index = find(key, now);
  if (index == kNone) index = create(key);
  touch(index, now);
  if (!add(index, packet)) return false;
  const Tracker& tracker = trackers_[index];
  if (!tracker.fragments.complete() || tracker.header.empty()) return false;
  const bool fits = tracker.header.size() + tracker.fragments.size() <=
                    kMaxDatagramBytes + (is_v4(packet) ? 0 : kIpv6FixedBytes);
  if (fits) {
    assemble(tracker, packet.frame.first(bytes_before_ip(packet)), datagram);
    ++(is_v4(packet) ? counters_.ipv4 : counters_.ipv6).reassembled;
  }
  remove(index);
  return fits;
}

// Puts the fragment into its datagram; false when it found no room.
bool Defragmenter::add(Index index, Packet& packet) {
  const IpHeader& ip = packet.ip;
  const bool v4 = ip.version == 4;
  const auto refuse = [&] {
    ++counters_.max_fragments_reached;
    refused_ = true;
    packet.note({v4 ? Anomaly::ipv4_frag_ignored : Anomaly::ipv6_frag_ignored, 0});
    return false;
  };
  const std::size_t most = std::max<std::size_t>(settings_.max_fragments, 1);
  for (; fragments_ >= most && oldest_ != index; ++counters_.max_fragments_reached) remove(oldest_);
  if (fragments_ >= most) return refuse();  // all of them are its own
  Tracker& tracker = trackers_[index];
  const std::size_t before = tracker.fragments.count();
  const auto added =
      tracker.fragments.add(ip.fragment_offset, taken_of(ip), !ip.more_fragments, tracker.policy);
  fragments_ = fragments_ - before + tracker.fragments.count();
  if (added == FragmentIntervals::Added::full) return refuse();
  if (added == FragmentIntervals::Added::overlap || added == FragmentIntervals::Added::refuted)
    packet.note({v4 ? Anomaly::ipv4_frag_overlap : Anomaly::ipv6_frag_overlap, 0});
  if (added == FragmentIntervals::Added::refuted) {
    remove(index);
    return false;
  }
  if (ip.fragment_offset == 0 && tracker.header.empty()) {
    const Bytes header = v4 ? ip.header : ip.header.first(ip.unfragmentable_length);
    tracker.header.assign(header.begin(), header.end());
    tracker.next_header_offset = ip.next_header_offset;
    tracker.next_header = ip.fragment_next_header;
  }
  charge(tracker);
  for (; memory_bytes_ > settings_.memcap_bytes && oldest_ != index; ++counters_.memcap_reached)
    remove(oldest_);
  if (memory_bytes_ <= settings_.memcap_bytes) return true;
  remove(index);  // more than all the room there is
  return refuse();
}

void Defragmenter::charge(Tracker& tracker) {
  const std::uint64_t now = sizeof(Tracker) + tracker.header.capacity() + tracker.fragments.memory_bytes();
  memory_bytes_ = memory_bytes_ - tracker.charged + now;
  tracker.charged = now;
}

void Defragmenter::assemble(const Tracker& tracker, Bytes link_headers, std::vector<std::uint8_t>& out) {
  const std::size_t header_at = link_headers.size(), data_at = header_at + tracker.header.size();
  out.assign(link_headers.begin(), link_headers.end());
  out.insert(out.end(), tracker.header.begin(), tracker.header.end());
  out.resize(data_at + tracker.fragments.size());
  tracker.fragments.copy_to(out.data() + data_at);
  const std::span<std::uint8_t> datagram = std::span(out).subspan(header_at);
  if (tracker.key.family == 4)
    patch_ipv4(datagram, tracker.header.size());
  else
    patch_ipv6(datagram, tracker.next_header_offset, tracker.next_header);
}

Defragmenter::Index Defragmenter::find(const Key& key, TimeUs now) {
  for (Index i = bucket(key); i != kNone; i = trackers_[i].hash_next) {
    if (trackers_[i].key != key) continue;
    if (!timed_out(trackers_[i], now)) return i;
    time_out(i);
    return kNone;
  }
  return kNone;
}

Defragmenter::Index Defragmenter::create(const Key& key) {
  if (in_use_ >= std::max<std::size_t>(settings_.max_trackers, 1)) {
    ++counters_.max_trackers_reached;
    remove(oldest_);
  }
  if (free_.empty()) {
    // For all of them: remove() asks for no memory.
    if (free_.capacity() <= trackers_.size()) free_.reserve(std::max<std::size_t>(2 * free_.capacity(), 64));
    trackers_.emplace_back();
    free_.push_back(static_cast<Index>(trackers_.size() - 1));
  }
  const Index index = free_.back();
  free_.pop_back();
  ++in_use_;
  Tracker& tracker = trackers_[index];
  tracker.key = key;
  const IpAddress receiver{key.destination, key.family};
  tracker.policy = settings_.receivers.policy_of(receiver);
  tracker.timeout_s = settings_.receivers.timeout_of(receiver);
  Index& head = bucket(key);
  tracker.hash_next = std::exchange(head, index);
  tracker.newer = kNone;
  tracker.older = newest_;
  (newest_ == kNone ? oldest_ : trackers_[newest_].newer) = index;
  newest_ = index;
  charge(tracker);
  return index;
}

void Defragmenter::unlink_age(Tracker& tracker) {
  (tracker.older == kNone ? oldest_ : trackers_[tracker.older].newer) = tracker.newer;
  (tracker.newer == kNone ? newest_ : trackers_[tracker.newer].older) = tracker.older;
}

void Defragmenter::touch(Index index, TimeUs now) {
  Tracker& tracker = trackers_[index];
  tracker.last = now;
  if (newest_ == index) return;
  unlink_age(tracker);
  tracker.older = newest_;
  tracker.newer = kNone;
  trackers_[newest_].newer = index;
  newest_ = index;
}

void Defragmenter::remove(Index index) {
  Tracker& tracker = trackers_[index];
  Index* link = &bucket(tracker.key);
  while (*link != index) link = &trackers_[*link].hash_next;
  *link = tracker.hash_next;
  unlink_age(tracker);
  memory_bytes_ -= tracker.charged;
  fragments_ -= tracker.fragments.count();
  tracker = Tracker{};  // gives its memory back
  free_.push_back(index);
  --in_use_;
}

void Defragmenter::time_out(Index index) {
  ++(trackers_[index].key.family == 4 ? counters_.ipv4 : counters_.ipv6).timeouts;
  remove(index);
}

void Defragmenter::expire(TimeUs now) {
  Index next = oldest_;
  for (std::size_t n = 0; n < kMaxExpiredPerPacket && next != kNone; ++n) {
    const Index index = std::exchange(next, trackers_[next].newer);
    if (timed_out(trackers_[index], now))
      time_out(index);
    else if (settings_.receivers.timeouts.empty())
      return;  // the others came later, and wait as long
  }
}

DefragSettings DefragSettings::from(const Config& root) {
  DefragSettings out;
  constexpr std::uint64_t kMaxCount = 10'000'000;
  const auto count = [&](std::string_view key, std::size_t fallback) {
    return static_cast<std::size_t>(std::min(root.number(key, fallback), kMaxCount));
  };
  out.memcap_bytes = root.bytes("defrag.memcap", out.memcap_bytes);
  out.hash_size = count("defrag.hash-size", out.hash_size);
  out.max_trackers = count("defrag.trackers", out.max_trackers);
  out.max_fragments = count("defrag.max-frags", out.max_fragments);
  out.receivers = FragmentReceivers::from(root);
  out.use_vlans = root.flag("vlan.use-for-tracking", out.use_vlans);
  out.checksums_keep_out = root.flag("stream.checksum-validation", out.checksums_keep_out);
  return out;
}

}  // namespace weir::engine
