// RDP over TCP (MS-RDPBCGR 1.3.1.1): how the two sides agree, and what the client tells of itself before they encrypt.
//
// Every message is a transaction of its own, of the direction in which it was sent. If the server selects TLS, its handshake
// is read on the same flow for the numbers of the server's certificates; the flow stays one of RDP. What follows the
// handshake or the connect response is passed over.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "decoders/app/parser.h"
#include "decoders/app/rdp/message.h"
#include "decoders/app/record_loop.h"

namespace weir::tls {
class TlsParser;
}

namespace weir::rdp {

enum class State : std::uint8_t {
#define STATE(id, ...) id,
#include "decoders/app/rdp/states.def"
#undef STATE
};

// Progress of a side: the message is there (a transaction is never seen without it).
inline constexpr auto kComplete = static_cast<std::uint8_t>(State::complete);

class RdpTransaction final : public Transaction {
 public:
  RdpTransaction(std::uint64_t tx_id, Direction d) : Transaction(tx_id) {
    only_direction = d;
    progress = {kComplete, kComplete};
  }
  [[nodiscard]] Direction direction() const { return *only_direction; }
  [[nodiscard]] std::size_t held() const override { return message.held(); }

  Message message;
};

class RdpParser final : public AppParser {
 public:
  RdpParser();
  ~RdpParser() override;
  ParseOutcome parse(const AppInput& in) override;
  bool begin_midway() override;
  bool on_gap(Direction d, std::uint64_t length) override;

 private:
  RecordStep step(Direction d, Bytes data);
  ParseOutcome parse_tls(const AppInput& in);
  void add(Direction d, Message&& message);

  RecordLoop records_;
  std::unique_ptr<tls::TlsParser> tls_;  // while its handshake goes on
  std::array<bool, 2> in_tls_{};         // the side has begun with it
  bool over_ = false;                    // nothing that follows is read
};

}  // namespace weir::rdp
