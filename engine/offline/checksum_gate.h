// Whether the checksums of a capture mean anything: network cards that compute them leave captures of the sending host, and of
// loopback, full of wrong ones.
//
// -k auto decides for each capture by itself, from its first kSample packets or all that there are. They are wrong as a whole
// when one in ten is, and in a capture shorter than that when most of the wrong ones come from hosts that hardly send a right one:
// an attacker's decoys come beside good packets of the same sender. What comes before the first wrong one passes at once; from
// there on packets wait for the decision. A stream, whose packets may come slowly, decides for the time being when kHeldOfStream
// wait or nothing comes, and for good like a file.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "decoders/decode.h"
#include "decoders/packet.h"
#include "engine/capture/capture_source.h"
#include "engine/pipeline/run_summary.h"

namespace weir::engine {

class ChecksumGate {
 public:
  static constexpr std::uint64_t kSample = 1000, kGoodPerBad = 10;
  static constexpr std::size_t kHeldOfStream = 16, kHeldBytes = std::size_t{8} << 20U;

  // `decoding` as for the run.
  ChecksumGate(ChecksumMode mode, DecodeSettings decoding);

  // A capture begins; what waited of the one before has been let go by end_capture().
  void begin_capture(bool is_stream);
  // Passes packets on in their order: f(packet, whether its checksums count, its fine time or null: the source's). One that has to
  // wait is copied.
  template <class F>
  void packet(const RawPacket& raw, const CaptureSource& source, F&& f) {
    if (!deciding_ || look(raw, source)) return f(raw, trusted_, nullptr);
    if (!deciding_ || for_now_) release(f);
  }
  // A stream has nothing to read at the moment: what waits is let go, as with kHeldOfStream.
  template <class F>
  void stop_waiting(F&& f) {
    if (held_.empty()) return;
    decide();
    deciding_ = for_now_ = true;
    release(f);
  }
  // The capture has no more packets: decides with what there is.
  template <class F>
  void end_capture(F&& f) {
    if (deciding_) decide();
    release(f);
  }

  // Of the capture: how many packets were looked at, how many of them have a wrong checksum, and that they are not counted
  // as wrong.
  [[nodiscard]] std::uint64_t seen() const { return seen_; }
  [[nodiscard]] std::uint64_t bad() const { return bad_; }
  [[nodiscard]] bool trusted() const { return trusted_; }

 private:
  struct Held {
    RawPacket raw;  // without its bytes
    std::size_t offset, length;
    FineTime fine;
  };
  struct Sender {
    std::uint32_t good = 0, bad = 0;
  };

  // True: it passes at once; else it waits with what came before it.
  bool look(const RawPacket& raw, const CaptureSource& source);
  bool count(const RawPacket& raw);  // it is wrong
  void hold(const RawPacket& raw, FineTime fine);
  void decide();
  [[nodiscard]] bool come_from_senders_of_wrong_ones() const;

  template <class F>
  void release(F&& f) {
    for (const Held& held : held_) {
      RawPacket raw = held.raw;
      raw.bytes = Bytes(bytes_).subspan(held.offset, held.length);
      f(raw, trusted_, &held.fine);
    }
    held_.clear();
    bytes_.clear();
  }

  const bool automatic_;
  bool deciding_, trusted_;
  bool for_now_ = false;  // decided already, and still counting
  bool is_stream_ = false;
  DecodeSettings decoding_;
  Packet packet_;
  std::uint64_t seen_ = 0, bad_ = 0;
  std::map<IpAddress, Sender> senders_;  // at most kSample
  std::vector<Held> held_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace weir::engine
