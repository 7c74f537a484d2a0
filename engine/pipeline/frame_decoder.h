// From a frame to all the packets in it: the frame's own, the datagram that it completes when it is a fragment,
// and what tunnels carry, one inside the other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "decoders/decode.h"
#include "decoders/packet.h"
#include "engine/account/stats.h"
#include "engine/defrag/defrag.h"
#include "output/records.h"

namespace weir::engine {

// The packets of one frame, the outermost first. Views of packets[0] are into the frame's bytes, those behind a reassembly into
// `datagrams`: so a DecodedFrame is neither copied nor moved.
struct DecodedFrame {
  static constexpr std::size_t kMaxNested = 8;  // a frame, and the packets found one inside the other

  std::array<Packet, kMaxNested> packets;
  std::array<output::TunnelRecord, kMaxNested> tunnels;  // around the packets whose origin is a tunnel
  std::size_t count = 0;
  std::size_t refused =
      kMaxNested;  // the fragment whose datagram found no room to be put together; kMaxNested: none
  std::array<std::vector<std::uint8_t>, kMaxNested> datagrams;

  DecodedFrame() = default;
  DecodedFrame(const DecodedFrame&) = delete;
  DecodedFrame& operator=(const DecodedFrame&) = delete;

  // The payload of packets[i] is a packet that stands behind it and can be inspected itself.
  [[nodiscard]] bool carries_packet(std::size_t i) const {
    return packets[i].tunnel.next != Proto::none && i + 1 < count && !packets[i + 1].invalid;
  }
};

using PacketMask = std::uint8_t;  // bit i: DecodedFrame::packets[i]
inline constexpr PacketMask kAllPackets = 0xff;

// Owns the fragments that wait for others: all frames that a worker looks into go through one FrameDecoder, save those that are
// sure to be plain.
class FrameDecoder {
 public:
  FrameDecoder(const DecodeSettings& decoding, const DefragSettings& defrag)
      : decoding_(decoding), checksums_keep_out_(defrag.checksums_keep_out), defrag_(defrag) {}
  // Whether checksums of the following frames are looked at; on at first.
  void verify_checksums(bool on) { decoding_.verify_checksums = on; }
  [[nodiscard]] bool verifies_checksums() const { return decoding_.verify_checksums; }
  [[nodiscard]] std::uint64_t defrag_memory_bytes() const { return defrag_.memory_bytes(); }
  // Adds what became of fragments.
  void count(Counters& counters) const;
  // Overwrites `out`; raw.bytes must outlive its use.
  void decode(const RawPacket& raw, DecodedFrame& out);

 private:
  bool decode_next(DecodedFrame& frame, std::size_t outer);

  DecodeSettings decoding_;
  const bool checksums_keep_out_;
  Defragmenter defrag_;
};

}  // namespace weir::engine
