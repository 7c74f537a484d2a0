#include "engine/flow/fragment_meter.h"

#include <xxhash.h>

#include "decoders/byte_cursor.h"
#include "engine/flow/flow_key.h"

namespace weir::engine {
namespace {

// What the datagram carries: IPv6 says it in the header of the fragment.
std::uint8_t protocol_of(const Packet& fragment) {
  return fragment.ip.version == 6 ? fragment.ip.fragment_next_header : fragment.ip.protocol;
}

}  // namespace

std::size_t FragmentMeter::Hash::operator()(const Key& key) const {
  struct {
    std::array<std::uint8_t, 16> source, destination;
    std::uint32_t id;
    std::uint32_t protocol;
  } const what{key.source.bytes, key.destination.bytes, key.id, key.protocol};
  return XXH3_64bits_withSeed(&what, sizeof what, process_hash_seed());
}

FragmentMeter::Key FragmentMeter::key_of(const Packet& p) {
  return {p.ip.source, p.ip.destination, protocol_of(p), p.tunnel_depth, p.ip.id, p.vlan_ids};
}
FragmentMeter::Key FragmentMeter::key_of(const FragmentedDatagram& d) {
  return {d.source, d.destination, d.protocol, d.tunnel_depth, d.id, d.vlan_ids};
}

void FragmentMeter::count(const Packet& fragment) {
  const Key key = key_of(fragment);
  auto found = index_.find(key);
  if (found == index_.end()) {
    datagrams_.push_back({.source = fragment.ip.source,
                          .destination = fragment.ip.destination,
                          .id = fragment.ip.id,
                          .protocol = key.protocol,
                          .side = {},
                          .first = fragment.raw,
                          .vlan_ids = fragment.vlan_ids,
                          .vlan_count = fragment.vlan_count,
                          .tunnel_depth = fragment.tunnel_depth});
    datagrams_.back().first.bytes = {};
    found = index_.emplace(key, std::prev(datagrams_.end())).first;
  } else {
    datagrams_.splice(datagrams_.end(), datagrams_, found->second);
  }
  FragmentedDatagram& datagram = *found->second;
  datagram.side.add_packet(fragment);
  if (fragment.ip.fragment_offset != 0) return;
  ByteCursor in{fragment.ip.fragment_payload};
  const Bytes begin = in.take(datagram.begin.size());
  datagram.has_begin = !in.failed();
  std::copy(begin.begin(), begin.end(), datagram.begin.begin());
}

MeteredSide FragmentMeter::take(const Packet& last, bool counts) {
  MeteredSide out;
  if (const auto found = index_.find(key_of(last)); found != index_.end()) {
    out = found->second->side;
    datagrams_.erase(found->second);
    index_.erase(found);
  }
  if (counts) out.add_packet(last);
  return out;
}

void FragmentedDatagram::show_as(Packet& p) const {
  p = Packet{};
  p.raw = first;
  p.vlan_ids = vlan_ids;
  p.vlan_count = vlan_count;
  p.tunnel_depth = tunnel_depth;
  p.ip.version = source.family;
  p.ip.source = source;
  p.ip.destination = destination;
  p.ip.protocol = protocol;
  p.ip.is_fragment = true;
  if (has_begin) p.ip.fragment_payload = begin;
}

}  // namespace weir::engine
