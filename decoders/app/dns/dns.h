// DNS over UDP and TCP, and multicast DNS (RFC 6762) over UDP.
//
// Every message is a transaction of its own: a query one to the server, an answer one to the client. Over TCP
// each message stands behind its length in two bytes.
#pragma once

#include <array>

#include "decoders/app/dns/message.h"
#include "decoders/app/parser.h"
#include "decoders/app/record_loop.h"

namespace weir::dns {

enum class Event : std::uint8_t {
#define EVENT(id, ...) id,
#include "decoders/app/dns/events.def"
#undef EVENT
};

enum class FrameKind : std::uint8_t {
#define FRAME(id, name) id,
#include "decoders/app/dns/frames.def"
#undef FRAME
};

enum class State : std::uint8_t {
#define STATE(id, ...) id,
#include "decoders/app/dns/states.def"
#undef STATE
};

// Progress of a side: the message is there (a transaction is never seen without it).
inline constexpr auto kComplete = static_cast<std::uint8_t>(State::complete);

// Who may ask: in multicast DNS either side asks and answers.
enum class Askers : std::uint8_t { client, both };

class DnsTransaction final : public Transaction {
 public:
  explicit DnsTransaction(std::uint64_t tx_id, Direction d = Direction::to_server) : Transaction(tx_id) {
    only_direction = d;
    progress = {kComplete, kComplete};
    identifies();
  }
  [[nodiscard]] Direction direction() const { return *only_direction; }
  [[nodiscard]] std::size_t held() const override { return message.held(); }
  [[nodiscard]] std::optional<std::uint32_t> exchange() const override { return message.header.id; }
  [[nodiscard]] TransactionIdentity identity(bool /*fingerprints*/) const override {
    return {.host = message.questions.empty() ? std::string_view{}
                                              : message.view(message.questions.front().name.text)};
  }

  Message message;
  bool valid = false;  // false: only the events count, the message could not be read or goes the wrong way
};

// What the message says, and what is wrong with it. Other protocols carry such messages, too.
void read_message(DnsTransaction& tx, Bytes message, Askers askers);

class DnsParser final : public AppParser {
 public:
  explicit DnsParser(Askers askers) : askers_(askers) {}
  ParseOutcome parse(const AppInput& in) override;
  bool on_gap(Direction d, std::uint64_t length) override;

 private:
  RecordStep record(const AppInput& from, Bytes data);
  void add_message(const AppInput& from, Bytes message);

  Askers askers_;
  RecordLoop records_;
  // A gap was seen: the next bytes of that direction may start anywhere, so a message must make sense to
  // count.
  std::array<bool, 2> resynchronise_{};
};

}  // namespace weir::dns
