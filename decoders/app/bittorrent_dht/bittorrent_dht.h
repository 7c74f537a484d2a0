// BitTorrent's distributed hash table over UDP (BEP 5). Every message is a transaction of its own, of the direction in which it was
// sent: either side may ask.
#pragma once

#include "decoders/app/bittorrent_dht/message.h"
#include "decoders/app/parser.h"

namespace weir::bittorrent_dht {

enum class Event : std::uint8_t {
#define EVENT(id, ...) id,
#include "decoders/app/bittorrent_dht/events.def"
#undef EVENT
};

enum class State : std::uint8_t {
#define STATE(id, ...) id,
#include "decoders/app/bittorrent_dht/states.def"
#undef STATE
};
// Progress of a side: the message is there (a transaction is never seen without it).
inline constexpr auto kComplete = static_cast<std::uint8_t>(State::complete);

class DhtTransaction final : public Transaction {
 public:
  explicit DhtTransaction(std::uint64_t tx_id, Direction d = Direction::to_server) : Transaction(tx_id) {
    only_direction = d;
    progress = {kComplete, kComplete};
  }
  [[nodiscard]] std::size_t held() const override { return message.held(); }

  Message message;
};

class DhtParser final : public AppParser {
 public:
  ParseOutcome parse(const AppInput& in) override;
};

}  // namespace weir::bittorrent_dht
