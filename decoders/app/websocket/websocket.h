// WebSocket (RFC 6455) behind the response of HTTP that changes to it.
//
// Every frame is a transaction of its own, of the direction in which it was sent. It shows its payload without the
// mask; the last frame of a message that came in several, or compressed (RFC 7692), shows the whole message. Of a
// payload and of a message `max_payload` bytes are kept; a longer frame is shown when so many are there, so that what is
// behind them does not keep rules waiting.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "decoders/app/decompress_layer.h"
#include "decoders/app/parser.h"
#include "decoders/number_name.h"
#include "decoders/slab.h"

namespace weir::websocket {

enum class Event : std::uint8_t {
#define EVENT(id, ...) id,
#include "decoders/app/websocket/events.def"
#undef EVENT
};

enum class State : std::uint8_t {
#define STATE(id, ...) id,
#include "decoders/app/websocket/states.def"
#undef STATE
};

enum class FrameKind : std::uint8_t {
#define FRAME(id, name) id,
#include "decoders/app/websocket/frames.def"
#undef FRAME
};

inline constexpr auto kComplete = static_cast<std::uint8_t>(State::complete);

inline constexpr std::uint8_t kFin = 0x80, kCompressed = 0x40;  // bits of a frame's first byte

// RFC 6455 5.2
inline constexpr std::uint8_t kContinuation = 0, kFirstControl = 8;
inline constexpr NumberName kOpcodes[] = {{kContinuation, "continuation"}, {1, "text"}, {2, "binary"},
                                          {kFirstControl, "close"},        {9, "ping"}, {10, "pong"}};

struct FrameHead {
  std::uint8_t flags = 0;  // the upper half of the first byte, in its place
  std::uint8_t opcode = 0;
  std::optional<std::uint32_t> mask;
  std::uint64_t length = 0;  // of the payload
  std::size_t size = 0;      // of the head itself

  [[nodiscard]] bool fin() const { return (flags & kFin) != 0; }
  [[nodiscard]] bool is_control() const { return opcode >= kFirstControl; }
};

// How many bytes the head takes whose second byte this is.
std::size_t head_size(std::uint8_t second);
// The head of a frame at the start of `bytes`. None: not all of it is there.
std::optional<FrameHead> parse_head(Bytes bytes);

class WebSocketTransaction final : public Transaction {
 public:
  explicit WebSocketTransaction(std::uint64_t tx_id, Direction d = Direction::to_server)
      : Transaction(tx_id) {
    only_direction = d;
    progress[index(opposite(d))] = kComplete;
  }
  [[nodiscard]] Direction direction() const { return *only_direction; }
  [[nodiscard]] std::size_t held() const override { return payload.capacity(); }

  FrameHead head;
  SlabVector<std::uint8_t> payload;
};

class WebSocketParser final : public AppParser {
 public:
  explicit WebSocketParser(const std::size_t& max_payload) : max_payload_(max_payload) {}
  ParseOutcome parse(const AppInput& in) override;
  bool on_gap(Direction d, std::uint64_t length) override;

 private:
  struct Side {
    // The frame that is being read.
    bool reading = false;
    bool shown = false;  // its transaction is complete, more of it is passed over
    bool joins = false;  // its payload is a part of a message that is put together
    FrameHead head;
    std::uint64_t tx_id = 0;
    std::uint64_t at = 0;  // bytes of the payload that came so far
    // The message that it belongs to.
    bool compressed = false;
    bool broken = false;  // it cannot be decompressed
    bool cut = false;     // there was more of it than is kept
    std::uint64_t inflated = 0;
    SlabVector<std::uint8_t> message;
    std::unique_ptr<Codec> codec;  // since the first message that is compressed: later ones may refer to it
  };

  void begin_frame(const AppInput& in, Side& s, const FrameHead& head, Bytes at);
  std::size_t read_payload(Side& s, Bytes rest);
  void end_frame(Side& s);
  void to_message(Side& s, Bytes plain);
  void inflate(Side& s, Bytes in);
  void keep(Side& s, Bytes plain);
  void complete(Side& s, WebSocketTransaction& tx);
  // Of the frame that is being read; null when it has been shown, or has ended for want of room.
  WebSocketTransaction* open_transaction(const Side& s);

  const std::size_t& max_payload_;
  std::array<Side, 2> sides_;
};

}  // namespace weir::websocket
