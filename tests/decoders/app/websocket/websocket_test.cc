#include "decoders/app/websocket/websocket.h"

#include <doctest/doctest.h>

#include "tests/decoders/app/conversation.h"

using namespace weir;
using namespace weir::websocket;

namespace {

struct Flow : test::AppConversation<Flow, WebSocketParser, std::size_t, WebSocketTransaction> {
  explicit Flow(std::size_t most = 65'535) : AppConversation(most) {}
  std::string payload(std::uint64_t id) {
    const auto& bytes = tx(id).payload;
    return {bytes.begin(), bytes.end()};
  }
  bool whole(std::uint64_t id) {
    return tx(id).progress == std::array<std::uint8_t, 2>{kComplete, kComplete};
  }
  [[nodiscard]] std::uint64_t count() const { return parser.transactions().next_id(); }
};

// `first`: flags and opcode. Up to 125 bytes of payload.
std::string frame(unsigned first, const std::string& payload) {
  std::string out;
  out.push_back(static_cast<char>(first));
  out.push_back(static_cast<char>(payload.size()));
  return out + payload;
}

std::string masked(unsigned first, const std::string& payload) {
  const std::string mask = "\x01\x02\x03\x04";
  std::string out = frame(first, payload);
  out[1] = static_cast<char>(0x80U | payload.size());
  out.insert(2, mask);
  for (std::size_t i = 0; i < payload.size(); ++i)
    out[6 + i] = static_cast<char>(payload[i] ^ mask[i % mask.size()]);
  return out;
}

// "Hello" of RFC 7692 7.2.3.1, and the same again with reference to it (7.2.3.2).
const std::string kHello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7), kAgain("\xf2\x00\x11\x00\x00", 5);

}  // namespace

TEST_CASE("websocket: heads of all sizes, and every truncation of them") {
  struct Row {
    std::string head;
    std::uint64_t length;
    bool masked;
  };
  for (const Row& row : {Row{"\x81\x05", 5, false}, Row{std::string("\x81\x85\x01\x02\x03\x04", 6), 5, true},
                         Row{std::string("\x82\x7e\x01\x00", 4), 256, false},
                         Row{std::string("\x82\xfe\x01\x00\x01\x02\x03\x04", 8), 256, true},
                         Row{std::string("\x82\x7f\0\0\0\0\0\x01\0\0", 10), 65'536, false}}) {
    CAPTURE(row.head.size());
    const auto head = parse_head(as_bytes(row.head));
    REQUIRE(head);
    CHECK(head->length == row.length);
    CHECK(head->size == row.head.size());
    CHECK(head->mask == (row.masked ? std::optional<std::uint32_t>(0x01020304) : std::nullopt));
    CHECK(head->fin());
    for (std::size_t n = 0; n < row.head.size(); ++n) CHECK_FALSE(parse_head(as_bytes(row.head).first(n)));
  }
}

TEST_CASE("websocket: each frame is a transaction of its direction, however it is cut") {
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, SIZE_MAX}) {
    CAPTURE(step);
    Flow flow;
    flow.step = step;
    flow.client(masked(0x81, "question") + masked(0x89, "")).server(frame(0x82, "answer"));
    REQUIRE(flow.count() == 3);
    CHECK(flow.payload(0) == "question");
    CHECK(flow.tx(0).head.opcode == 1);
    CHECK(flow.tx(0).direction() == Direction::to_server);
    CHECK(flow.payload(1).empty());
    CHECK(flow.tx(1).head.opcode == 9);
    CHECK(flow.payload(2) == "answer");
    CHECK(flow.tx(2).direction() == Direction::to_client);
    CHECK_FALSE(flow.tx(2).head.mask);
    for (std::uint64_t id = 0; id < 3; ++id) CHECK(flow.whole(id));
  }
}

TEST_CASE("websocket: the last frame of a message shows all of it, control frames between are none of it") {
  Flow flow;
  flow.client(masked(0x01, "one ") + masked(0x89, "ping") + masked(0x00, "two ") + masked(0x80, "three"));
  REQUIRE(flow.count() == 4);
  CHECK(flow.payload(0) == "one ");
  CHECK(flow.payload(1) == "ping");
  CHECK(flow.payload(2) == "two ");
  CHECK(flow.payload(3) == "one two three");
  flow.client(masked(0x81, "next"));
  CHECK(flow.payload(4) == "next");
}

TEST_CASE("websocket: messages are decompressed, and may refer to earlier ones") {
  Flow flow;
  flow.server(frame(0xc1, kHello) + frame(0xc1, kAgain));
  CHECK(flow.payload(0) == "Hello");
  CHECK(flow.payload(1) == "Hello");
  flow.server(frame(0x41, kHello.substr(0, 3)) + frame(0x80, kHello.substr(3)));
  CHECK(flow.payload(2) == kHello.substr(0, 3));
  CHECK(flow.payload(3) == "Hello");
  CHECK(flow.tx(3).events.empty());
}

TEST_CASE("websocket: what is no compressed message is shown as it came, and the next one is tried again") {
  Flow flow;
  flow.server(frame(0xc1, "\xff\xff\xff\xff") + frame(0xc1, kHello));
  CHECK(flow.payload(0) == "\xff\xff\xff\xff");
  CHECK(flow.payload(1) == "Hello");
}

TEST_CASE("websocket: of long payloads the start is shown at once, of long messages too") {
  Flow flow(10);
  flow.client(masked(0x81, "0123456789abcdef").substr(0, 17));  // 11 bytes of payload
  CHECK(flow.payload(0) == "0123456789");
  CHECK(flow.whole(0));
  CHECK(flow.raised(0, Event::skip_end_of_payload));
  flow.client("xxxxx" + masked(0x01, "012345") + masked(0x80, "6789ab"));
  CHECK(flow.payload(2) == "0123456789");
  CHECK(flow.raised(2, Event::reassembly_limit_reached));
  CHECK(flow.tx(1).events.empty());
}

TEST_CASE("websocket: a frame that ends too early is shown, a gap inside of one is passed over") {
  Flow flow;
  flow.client(masked(0x81, "question").substr(0, 10));
  CHECK_FALSE(flow.whole(0));
  CHECK(flow.parser.on_gap(Direction::to_server, 4));
  CHECK(flow.whole(0));
  CHECK(flow.payload(0) == "ques");
  CHECK_FALSE(flow.parser.on_gap(Direction::to_server, 1));
  flow.say(Direction::to_client, frame(0x81, "answer").substr(0, 4), true);
  CHECK(flow.payload(1) == "an");
  CHECK(flow.whole(1));
}

TEST_CASE("websocket: a length that there is not ends the parsing") {
  Flow flow;
  flow.server(std::string("\x82\x7f\x80\0\0\0\0\0\0\0", 10));
  CHECK(flow.outcome.status == ParseOutcome::Status::error);
}
