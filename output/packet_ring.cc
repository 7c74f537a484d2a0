#include "output/packet_ring.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "output/pcap_format.h"

namespace weir::output {
namespace {

constexpr std::size_t kSmallest = 2 * (kPcapSnapLength + 4096);
constexpr std::size_t kBytesPerBucket = 1024;

template <class T>
void put(std::uint8_t* to, const T& value) {
  std::memcpy(to, &value, sizeof value);
}
template <class T>
T get(const std::uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

}  // namespace

PacketRing::PacketRing(std::size_t bytes)
    : bytes_(std::max(bytes, kSmallest)),
      buckets_(std::bit_ceil(bytes_.size() / kBytesPerBucket), kNowhere) {}

// Flow ids are random already.
std::uint64_t& PacketRing::bucket(std::uint64_t flow) {
  return buckets_[(flow ^ flow >> 32U) & (buckets_.size() - 1)];
}

PacketRing::Head PacketRing::head_of(std::uint64_t place) const {
  return get<Head>(&bytes_[index(place)]);
}

bool PacketRing::is_last(std::uint64_t frame) const {
  return last_ >= begin_ && last_ != kNowhere && head_of(last_).frame == frame;
}

// An entry lies in one piece: what is left at the end of the buffer stays empty. Entries in the way are given up: it is
// enough to know where what is left of the ring begins, as chains are followed no further back.
std::uint64_t PacketRing::make_room(std::size_t size) {
  const std::size_t rest = bytes_.size() - index(end_);
  if (rest < size) end_ += rest;
  const std::uint64_t place = end_;
  end_ += size;
  if (end_ > bytes_.size()) begin_ = std::max(begin_, end_ - bytes_.size());
  return place;
}

void PacketRing::add(const RawPacket& raw, std::uint64_t frame, std::span<const std::uint64_t> flows) {
  const std::size_t links_at = sizeof(Head), bytes_at = links_at + flows.size() * sizeof(Link);
  const std::size_t size = bytes_at + raw.bytes.size();
  if (size > bytes_.size() / 2) return;
  last_ = make_room(size);
  std::uint8_t* const at = &bytes_[index(last_)];
  put(at, Head{.frame = frame,
               .time = raw.time,
               .wire_length = raw.wire_length,
               .length = static_cast<std::uint32_t>(raw.bytes.size()),
               .link_type = raw.link_type,
               .links = static_cast<std::uint32_t>(flows.size()),
               .taken = false});
  for (std::size_t i = 0; i < flows.size(); ++i) {
    const std::size_t offset = links_at + i * sizeof(Link);
    std::uint64_t& newest = bucket(flows[i]);
    put(at + offset, Link{.flow = flows[i], .before = newest, .entry = last_});
    newest = last_ + offset;
  }
  std::copy(raw.bytes.begin(), raw.bytes.end(), at + bytes_at);
}

void PacketRing::find(std::uint64_t flow) {
  found_.clear();
  for (std::uint64_t place = bucket(flow); place >= begin_ && place != kNowhere;) {
    const Link link = get<Link>(&bytes_[index(place)]);
    if (link.entry < begin_) break;
    if (link.flow == flow && !head_of(link.entry).taken && (found_.empty() || found_.back() != link.entry))
      found_.push_back(link.entry);
    place = link.before;
  }
}

RawPacket PacketRing::take(std::uint64_t place) {
  std::uint8_t* const at = &bytes_[index(place)];
  Head head = get<Head>(at);
  head.taken = true;
  put(at, head);
  return {.bytes = Bytes{at + sizeof(Head) + head.links * sizeof(Link), head.length},
          .wire_length = head.wire_length,
          .time = head.time,
          .number = head.frame,
          .link_type = head.link_type};
}

}  // namespace weir::output
