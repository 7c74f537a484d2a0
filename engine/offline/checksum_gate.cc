#include "engine/offline/checksum_gate.h"

#include <utility>

namespace weir::engine {

ChecksumGate::ChecksumGate(ChecksumMode mode, DecodeSettings decoding)
    : automatic_(mode == ChecksumMode::automatic),
      deciding_(automatic_),
      trusted_(mode != ChecksumMode::none),
      decoding_(std::move(decoding)) {
  decoding_.verify_checksums = true;
}

void ChecksumGate::begin_capture(bool is_stream) {
  if (!automatic_) return;
  deciding_ = trusted_ = true;
  for_now_ = false;
  is_stream_ = is_stream;
  seen_ = bad_ = 0;
  senders_.clear();
}

bool ChecksumGate::look(const RawPacket& raw, const CaptureSource& source) {
  const bool wrong = count(raw);
  // Right ones pass the same whatever is decided, as long as none waits before them.
  const bool passes = for_now_ || (!wrong && held_.empty());
  if (!passes) hold(raw, source.fine_time());
  if (seen_ == kSample || bytes_.size() >= kHeldBytes) {
    decide();
  } else if (is_stream_ && held_.size() == kHeldOfStream) {
    decide();
    deciding_ = for_now_ = true;
  }
  return passes;
}

bool ChecksumGate::count(const RawPacket& raw) {
  decode_packet(raw, packet_, decoding_);
  ++seen_;
  const bool wrong = packet_.ip_checksum_bad || packet_.l4_checksum_bad;
  bad_ += wrong ? 1 : 0;
  if (packet_.ip.version == 0) return wrong;
  Sender& sender = senders_[packet_.ip.source];
  ++(wrong ? sender.bad : sender.good);
  return wrong;
}

void ChecksumGate::hold(const RawPacket& raw, FineTime fine) {
  Held held{.raw = raw, .offset = bytes_.size(), .length = raw.bytes.size(), .fine = fine};
  held.raw.bytes = {};
  bytes_.insert(bytes_.end(), raw.bytes.begin(), raw.bytes.end());
  held_.push_back(held);
}

void ChecksumGate::decide() {
  deciding_ = for_now_ = false;
  trusted_ =
      bad_ == 0 || seen_ / bad_ >= kGoodPerBad || (seen_ < kSample && !come_from_senders_of_wrong_ones());
}

bool ChecksumGate::come_from_senders_of_wrong_ones() const {
  std::uint64_t from_them = 0;
  for (const auto& [address, sender] : senders_)
    if (sender.good * kGoodPerBad <= sender.bad) from_them += sender.bad;
  return from_them * 2 >= bad_;
}

}  // namespace weir::engine
