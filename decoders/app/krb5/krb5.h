// Kerberos 5 over TCP (each message behind its length) and UDP (RFC 4120 7.2).
//
// Every message is a transaction of its own, of the direction in which it was sent: what answers what is known only by its
// order, and a capture may show one side. Application requests and messages behind them belong to other protocols: they
// are passed over. After a gap, and when a connection is joined midway, parsing goes on with the next bytes that look like
// a message behind its length.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "decoders/app/krb5/message.h"
#include "decoders/app/parser.h"
#include "decoders/app/record_loop.h"

namespace weir::krb5 {

enum class Event : std::uint8_t {
#define EVENT(id, ...) id,
#include "decoders/app/krb5/events.def"
#undef EVENT
};

enum class State : std::uint8_t {
#define STATE(id, ...) id,
#include "decoders/app/krb5/states.def"
#undef STATE
};

// Progress of a side: the message is there (a transaction is never seen without it).
inline constexpr auto kComplete = static_cast<std::uint8_t>(State::complete);

// A longer message over TCP is passed over as malformed. Those with the authorisation data of large domains have 65,536 bytes.
inline constexpr std::size_t kMaxMessage = std::size_t{256} << 10U;

class Krb5Transaction final : public Transaction {
 public:
  Krb5Transaction(std::uint64_t tx_id, Direction d) : Transaction(tx_id) {
    only_direction = d;
    progress = {kComplete, kComplete};
  }
  [[nodiscard]] Direction direction() const { return *only_direction; }
  [[nodiscard]] std::size_t held() const override { return message ? message->held() : 0; }

  std::optional<Message> message;             // none: malformed
  std::optional<MessageType> failed_request;  // of an error: what it answers, where that was seen
};

class Krb5Parser final : public AppParser {
 public:
  ParseOutcome parse(const AppInput& in) override;
  bool begin_midway() override;
  bool on_gap(Direction d, std::uint64_t length) override;

 private:
  RecordStep step(Direction d, Bytes data);
  void on_message(Direction d, Bytes bytes);
  void malformed(Direction d);

  RecordLoop records_;
  std::array<bool, 2> lost_{};        // where the next message begins is not known
  std::optional<MessageType> asked_;  // the last request, while nothing has answered it
};

}  // namespace weir::krb5
