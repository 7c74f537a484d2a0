// NTP over UDP (RFC 5905), with control messages (RFC 9327) and private ones as far as their first bytes go.
//
// Every message is a transaction of its own, of the direction in which it was sent. Extension fields and
// message authentication codes behind the header are not looked at.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "decoders/app/parser.h"

namespace weir::ntp {

enum class Event : std::uint8_t {
#define EVENT(id, ...) id,
#include "decoders/app/ntp/events.def"
#undef EVENT
};

enum class State : std::uint8_t {
#define STATE(id, ...) id,
#include "decoders/app/ntp/states.def"
#undef STATE
};

// Progress of a side: the message is there (a transaction is never seen without it).
inline constexpr auto kComplete = static_cast<std::uint8_t>(State::complete);

// RFC 5905 figure 10; "private" is the older name of 7.
enum class Mode : std::uint8_t {
  reserved,
  symmetric_active,
  symmetric_passive,
  client,
  server,
  broadcast,
  control,
  private_use
};

struct Message {
  std::uint8_t version = 0;
  Mode mode = Mode::reserved;
  bool response = false;  // of a control or private message: its bit says so; else the mode
  // Of the modes that tell the time; control and private messages have none of these.
  bool tells_time = false;
  std::uint8_t stratum = 0;
  std::array<std::uint8_t, 4> reference_id{};
  std::uint64_t origin = 0, transmit = 0;  // timestamps: the request's transmit time comes back as origin
};

// One datagram. None: it is too short for its mode, or of no version from 1 to 4.
std::optional<Message> parse_message(Bytes bytes);

class NtpTransaction final : public Transaction {
 public:
  explicit NtpTransaction(std::uint64_t tx_id, Direction d = Direction::to_server) : Transaction(tx_id) {
    only_direction = d;
    progress = {kComplete, kComplete};
  }
  [[nodiscard]] Direction direction() const { return *only_direction; }

  std::optional<Message> message;  // none: malformed
};

// Requests of one flow whose answers are waited for; of more than so many the oldest is forgotten.
inline constexpr std::size_t kMaxOpenRequests = 8;

class NtpParser final : public AppParser {
 public:
  ParseOutcome parse(const AppInput& in) override;

 private:
  void check_direction(NtpTransaction& tx, bool peers);
  void check_response(NtpTransaction& tx);
  void remember(std::uint64_t transmit);

  std::array<std::uint64_t, kMaxOpenRequests> open_{};  // transmit times, oldest first
  std::size_t open_count_ = 0;
};

}  // namespace weir::ntp
