// What receivers and routers differ about, and what a sender can therefore make look otherwise.
#include "engine/tcp/tcp_session.h"

#include <doctest/doctest.h>

#include "tests/engine/tcp/tcp_conversation.h"

namespace weir::engine {
namespace {

using namespace test;

// Of the next segment.
void stamp(TcpConversation& t, std::uint32_t value, std::uint32_t echo = 0) {
  t.next.raw().tcp.have_timestamp = true;
  t.next.raw().tcp.timestamp_value = value;
  t.next.raw().tcp.timestamp_echo = echo;
}

// Whether the receiver takes such a segment cannot be known: it counts only where nothing else says otherwise.
TEST_CASE("tcp session: bytes of a doubtful segment give way to others, whichever comes first") {
  struct Row {
    const char* what;
    std::int64_t acknowledgment;
    void (*change)(PacketBuilder&);
  };
  const Row rows[] = {
      {"confirms what was not sent", 1000, [](PacketBuilder&) {}},
      {"confirms what came before the connection", -1000, [](PacketBuilder&) {}},
      {"does not confirm the SYN", -1, [](PacketBuilder&) {}},
      {"source route", 0, [](PacketBuilder& p) { p.raw().ip.options_in_doubt = true; }},
      {"signature", 0, [](PacketBuilder& p) { p.raw().tcp.have_md5 = true; }},
      {"malformed options", 0, [](PacketBuilder& p) { p.raw().tcp.malformed_options = true; }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    for (const int order : {0, 1, 2}) {  // the decoy first, last, and alone
      CAPTURE(order);
      TcpConversation t;
      t.handshake();
      const auto decoy = [&] {
        row.change(t.next);
        CHECK_FALSE(t.client(kAck, 0, row.acknowledgment, "decoy and more").invalid);
      };
      if (order != 1) decoy();
      if (order != 2) t.client(kAck, 0, 0, "truth");
      if (order == 1) decoy();
      t.server(kAck, 0, 5);
      CHECK(t.read(kToServer) == (order == 2 ? "decoy" : "truth"));
    }
    StreamSettings prevent = inline_settings();
    TcpConversation t{prevent};
    t.handshake();
    row.change(t.next);
    CHECK(t.client(kAck, 0, row.acknowledgment, "decoy").invalid);
    t.client(kAck, 0, 0, "truth");
    CHECK(t.read(kToServer) == "truth");
  }
}

TEST_CASE(
    "tcp session: a timestamp of zero is an old one, and one from a hole's far side is not remembered") {
  TcpConversation t;
  stamp(t, 1000);
  t.client(kSyn, -1, 0);
  stamp(t, 1);
  t.server(kSynAck, -1, 0);
  stamp(t, 1000);
  t.client(kAck, 0, 0);
  stamp(t, 0);
  CHECK(t.client(kAck, 0, 0, "decoy").invalid);
  stamp(t, 900000);
  t.client(kAck, 10, 0, "far");
  stamp(t, 1001);
  CHECK_FALSE(t.client(kAck, 0, 0, "truth").invalid);
}

TEST_CASE("tcp session: the answer to a SYN that was not taken begins another connection, but not inline") {
  for (const bool prevent : {false, true}) {
    for (const bool established : {false, true}) {
      TcpConversation t{inline_settings(prevent)};
      t.client(kSyn, -1, 0);
      t.server(kSynAck, -1, 0);
      if (established) t.client(kAck, 0, 0, "first");
      CHECK(t.client(kSyn, 99999, 0).invalid);
      PacketBuilder other, answer, end;
      other.tcp(kSynAck, 90000, t.client_start + 100001).reversed();
      answer.tcp(kSynAck, 90000, t.client_start + 100000).reversed();
      end.tcp(kAck, t.client_start + 100000, 90001).payload("second");
      CHECK_FALSE(TcpSession::is_reuse(t.session(), other.get(), kToClient));
      CHECK(TcpSession::is_reuse(t.session(), answer.get(), kToClient) == !prevent);
      const auto again = t.session().begun_again(answer.get(), kToClient);
      REQUIRE((again != nullptr) == !prevent);
      if (prevent) continue;
      CHECK_FALSE(again->on_segment(answer.get(), kToClient).invalid);
      CHECK(again->on_segment(end.get(), kToServer).became_established);
      CHECK(again->stream(kToServer).bytes_seen() == 7);
    }
  }
}

TEST_CASE("tcp session: in a handshake, what confirms more than the server has sent gives way to others") {
  for (const bool prevent : {false, true}) {
    TcpConversation t{inline_settings(prevent)};
    t.client(kSyn, -1, 0);
    t.server(kSynAck, -1, 0);
    CHECK(t.client(kAck, 0, 5, "decoy").invalid == prevent);
    t.client(kAck, 0, 0, "truth");
    t.server(kAck, 0, 5);
    CHECK(t.read(kToServer) == "truth");
  }
}

TEST_CASE("tcp session: what has no hops left gives way to others, unless the SYN had none either") {
  for (const bool prevent : {false, true}) {
    for (const std::uint8_t hops : {std::uint8_t{1}, std::uint8_t{64}}) {
      CAPTURE(prevent);
      CAPTURE(hops);
      TcpConversation t{inline_settings(prevent)};
      t.next.raw().ip.ttl = hops;
      t.client(kSyn, -1, 0);
      t.server(kSynAck, -1, 0);
      t.client(kAck, 0, 0);
      t.next.raw().ip.ttl = 1;
      CHECK(t.client(kAck, 0, 0, "decoy").doubtful == (hops == 64 && !prevent));
      t.client(kAck, 0, 0, "truth");
      t.server(kAck, 0, 5);
      CHECK(t.read(kToServer) == (hops == 64 && !prevent ? "truth" : "decoy"));
    }
  }
}

TEST_CASE(
    "tcp session: the time of a segment that lies before what is expected, or confirms less, is not "
    "remembered") {
  TcpConversation t;
  stamp(t, 1000);
  t.client(kSyn, -1, 0);
  stamp(t, 1);
  t.server(kSynAck, -1, 0);
  stamp(t, 1000);
  t.client(kAck, 0, 0, "abc");
  stamp(t, 2);
  t.server(kAck, 0, 3, "answer");
  stamp(t, 1001);
  t.client(kAck, 3, 6, "def");
  stamp(t, 3);
  t.server(kAck, 6, 6);
  stamp(t, 900000);
  t.client(kAck, 0, 6, "abc");
  stamp(t, 900000);
  CHECK_FALSE(t.client(kAck, 6, 3, "tr").invalid);
  stamp(t, 1002);
  CHECK_FALSE(t.client(kAck, 8, 6, "uth").invalid);
}

TEST_CASE(
    "tcp session: a SYN that was sent twice is answered whichever the server saw first, and its time "
    "counts") {
  for (const bool older_again : {false, true}) {
    CAPTURE(older_again);
    for (const std::uint32_t seen : {1000U, 2000U}) {
      CAPTURE(seen);
      StreamSettings prevent = inline_settings();
      TcpConversation t{prevent};
      stamp(t, older_again ? 2000 : 1000, 0);
      t.client(kSyn, -1, 0);
      stamp(t, older_again ? 1000 : 2000, 0);
      t.client(kSyn, -1, 0);
      stamp(t, 7, seen);
      CHECK_FALSE(t.server(kSynAck, -1, 0).invalid);
      stamp(t, 2001, 7);
      CHECK_FALSE(t.client(kAck, 5, 0, "far").invalid);
      stamp(t, 1500, 7);
      CHECK(t.client(kAck, 0, 0, "truth").invalid == (seen == 2000));
    }
  }
}

}  // namespace
}  // namespace weir::engine
