// SSH over TCP: banners (RFC 4253 4.2) and the records of the key exchange (6, 7) up to SSH_MSG_NEWKEYS.
//
// Bodies of records are skipped without being kept, but for SSH_MSG_KEXINIT when HASSH is to be made. What
// follows a side's new keys is encrypted and passed over; when both sides encrypt, parsing ends (see
// EncryptionHandling). SSH 1.x (RFC 4253 5.1) has other records: its banners are all that is read. SSH cannot be
// picked up again after a gap, unless the gap lies in what would be skipped.
#pragma once

#include <array>

#include "decoders/app/connection_parser.h"
#include "decoders/app/encryption.h"
#include "decoders/app/record_loop.h"
#include "decoders/app/ssh/transaction.h"

namespace weir::ssh {

// A banner's line without its end. RFC 4253 allows 253; of longer ones the rest is passed over.
inline constexpr std::size_t kMaxBanner = 256;
// Lines that a server may send before its banner: as many as OpenSSH's client bears.
inline constexpr std::uint16_t kMaxLinesAhead = 1024;
// A longer SSH_MSG_KEXINIT (packet_length) is not taken apart. RFC 4253 6.1 asks for at least 35,000.
inline constexpr std::size_t kMaxKeyExchangeRecord = 65'535;

enum class Event : std::uint8_t {
#define EVENT(id, ...) id,
#include "decoders/app/ssh/events.def"
#undef EVENT
};

enum class FrameKind : std::uint8_t {
#define FRAME(id, name) id,
#include "decoders/app/ssh/frames.def"
#undef FRAME
};

// app-layer.protocols.ssh.hassh: yes, no, or (the default) when a rule looks at it.
enum class Hassh : std::uint8_t { on_request, always, never };

class SshParser final : public ConnectionParser<SshTransaction> {
 public:
  SshParser(EncryptionHandling handling, Hassh hassh) : handling_(handling), hassh_(hassh) {}
  ParseOutcome parse(const AppInput& in) override;
  bool on_gap(Direction d, std::uint64_t length) override;

 private:
  RecordStep step(Direction d, Bytes data);
  RecordStep banner(Direction d, Bytes data);
  RecordStep line_ahead(Bytes data);
  RecordStep rest_of_banner(Direction d, Bytes data);
  RecordStep record(Direction d, Bytes data);
  void tell_frames(Bytes record, std::uint64_t length);
  bool banner_line(Direction d, Bytes line);
  void banner_ends(Direction d);
  void key_exchange_init(Direction d, Bytes body);
  void new_keys(Direction d);
  [[nodiscard]] bool opaque(Direction d) const;

  EncryptionHandling handling_;
  Hassh hassh_;
  bool make_hassh_ = false, version_1_ = false;
  bool in_line_ahead_ = false;  // of the server, and its end has not come
  std::uint16_t lines_ahead_ = 0;
  std::array<bool, 2> encrypted_{};  // the side has sent SSH_MSG_NEWKEYS
  RecordLoop records_;
  FrameSink frames_;  // of the call that is running
};

}  // namespace weir::ssh
