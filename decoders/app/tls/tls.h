// TLS and SSL over TCP: records (RFC 8446 5.1, RFC 5246 6.2) and the handshake in them, SSLv2 hellos as far
// as they open a connection.
//
// Handshake messages may span records; they are put together up to kMaxHandshakeMessage bytes, longer ones
// are skipped. Application data is skipped without being kept. When both sides encrypt, parsing ends (see
// EncryptionHandling). TLS cannot be picked up again after a gap.
#pragma once

#include <array>

#include "decoders/app/connection_parser.h"
#include "decoders/app/encryption.h"
#include "decoders/app/record_loop.h"
#include "decoders/app/tls/transaction.h"

namespace weir::tls {

inline constexpr std::size_t kMaxHandshakeMessage = 128 * 1024;
inline constexpr std::size_t kMaxRecord = 16384 + 2048;  // RFC 5246 6.2.3
// More records than this that are no application data, in one call of parse(), raise
// too_many_records_in_packet.
inline constexpr std::size_t kManyRecords = 30;

enum class Event : std::uint8_t {
#define EVENT(id, ...) id,
#include "decoders/app/tls/events.def"
#undef EVENT
};

enum class FrameKind : std::uint8_t {
#define FRAME(id, name) id,
#include "decoders/app/tls/frames.def"
#undef FRAME
};

class TlsParser final : public ConnectionParser<TlsTransaction> {
 public:
  explicit TlsParser(EncryptionHandling handling, Fingerprints fingerprints = {})
      : handling_(handling), fingerprints_(fingerprints) {}
  ParseOutcome parse(const AppInput& in) override;
  bool on_gap(Direction, std::uint64_t) override { return handshake_over(); }
  void begin_after(AppProto original) override { tx().original = original; }

 private:
  // A handshake message that did not fit into its record.
  struct Handshake {
    SlabVector<std::uint8_t> pending;
    std::size_t skip = 0;  // bytes of an oversized message still to come
  };

  RecordStep record(Direction d, Bytes data);
  RecordStep sslv2_record(Direction d, Bytes data);
  RecordStep refuse(Event e);
  void application_data(Direction d);
  void tell_frames(std::uint8_t type, Bytes record, std::size_t length);
  void record_body(Direction d, std::uint8_t type, Bytes body);
  void handshake_bytes(Direction d, Bytes bytes);
  void whole_messages(Direction d, Bytes& bytes);
  void message(Direction d, std::uint8_t type, Bytes body);
  void client_hello(Bytes body);
  void server_hello(Bytes body);
  void certificates(Direction d, Bytes body);
  void heartbeat(Bytes body);
  void note(HelloFault fault);
  void settle(Direction d, bool eof);
  void handshake_done();
  [[nodiscard]] bool handshake_over() const;
  [[nodiscard]] bool encrypted(Direction d) const;
  // The handshake is over and both sides encrypt: what follows is not parsed, as far as the settings say so.
  [[nodiscard]] bool leaves_the_rest() const;

  EncryptionHandling handling_;
  Fingerprints fingerprints_;
  std::array<Handshake, 2> handshake_;
  RecordLoop records_;
  FrameSink frames_;  // of the call that is running
  std::array<bool, 2> cipher_changed_{}, ended_{};
  bool application_data_ = false;
};

}  // namespace weir::tls
