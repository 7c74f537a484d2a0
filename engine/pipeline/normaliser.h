// Inline normalisation: takes out of a packet's headers what one host reads otherwise than the next, or than we did.
//
// Only headers are touched, and only where all that was inspected stays what is received. Names are those of Snort's
// normalizer.
#pragma once

#include <bitset>
#include <cstdint>
#include <span>
#include <vector>

#include "decoders/packet.h"
#include "decoders/settings.h"
#include "engine/account/stats.h"
#include "engine/pipeline/tcp_option_cleaner.h"

namespace weir::engine {

struct NormaliserSettings {
  bool ip4_rf = true;   // IPv4: the reserved flag is cleared
  bool tcp_rsv = true;  // TCP: three reserved bits are cleared; the fourth is AccECN's (RFC 9768)
  // An urgent pointer without the flag is cleared; an urgent flag without a pointer, as some hosts then take the first
  // byte for urgent; both without a payload, as some hosts then mark a byte that comes later.
  bool tcp_req_urg = true, tcp_req_urp = true, tcp_req_pay = true;
  bool tcp_opts = true;          // options that no host of today takes here become no-operations
  std::bitset<256> allow_codes;  // options that stay as they are
  // Of packets to one host: a TTL or hop limit below min_ttl becomes new_ttl (at least min_ttl). 0: it stays.
  std::uint8_t min_ttl = 0, new_ttl = 0;

  // The `weir.normalizer` section. With `enabled: no` nothing is done.
  static NormaliserSettings from(const Settings& section);
};

class Normaliser {
 public:
  // `counters` outlive it.
  Normaliser(const NormaliserSettings& settings, Counters& counters)
      : settings_(settings), counters_(counters) {}

  // A packet that goes on to its receiver. When something in it is to be changed, its frame becomes a view of
  // `storage`, which holds a changed copy (or held the frame before, and is changed) and must outlive the packet's
  // use; other views stay with the old frame. Each cause is counted. Most packets cost a look at some header
  // words.
  // `stream_took_it`: a TCP segment that its receiver takes as we did; of others only the IP header is looked at.
  // `checksums_verified`: the difference is added to the checksum as it came (RFC 1624), so a wrong one stays wrong.
  // Otherwise the sender's card may have yet to fill it in: it is computed, and a packet of which it cannot be stays
  // as it is.
  // True: it was changed.
  bool normalise(Packet& packet, bool stream_took_it, bool checksums_verified,
                 std::vector<std::uint8_t>& storage);

 private:
  struct Changes {
    bool ip4_rf = false, ttl = false;
    bool tcp_rsv = false, req_urg = false, req_urp = false, req_pay = false,
         options = false;  // options: see options_
    [[nodiscard]] bool in_ip() const { return ip4_rf || ttl; }
    [[nodiscard]] bool in_tcp() const { return tcp_rsv || req_urg || req_urp || req_pay || options; }
  };
  void look_at_ip(const Packet& packet, Changes& out) const;
  void look_at_tcp(const Packet& packet, Changes& out);
  void count(const Packet& packet, const Changes& changes);
  void change_ip(const Packet& packet, const Changes& changes, std::span<std::uint8_t> frame) const;
  void change_tcp(const Packet& packet, const Changes& changes, std::span<std::uint8_t> frame) const;

  const NormaliserSettings& settings_;
  Counters& counters_;
  TcpOptionBytes options_{};  // of the packet at hand
};

}  // namespace weir::engine
