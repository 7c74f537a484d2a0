// How connections end: FIN and RST, in order and not, and what goes on after them.
#include "engine/tcp/tcp_session.h"

#include <doctest/doctest.h>

#include "tests/engine/tcp/tcp_conversation.h"

namespace weir::engine {
namespace {

using namespace test;

TEST_CASE("tcp session: the states of an end that the server begins") {
  struct Row {
    const char* name;
    std::vector<std::pair<char, std::uint8_t>> segments;  // side, flags; each confirms all before it
    TcpState expected;
  };
  const Row rows[] = {
      {"server fin", {{'s', kFin}}, TcpState::fin_wait1},
      {"and its ack", {{'s', kFin}, {'c', 0}}, TcpState::fin_wait2},
      {"and the client's fin", {{'s', kFin}, {'c', 0}, {'c', kFin}}, TcpState::time_wait},
      {"and its ack, too", {{'s', kFin}, {'c', 0}, {'c', kFin}, {'s', 0}}, TcpState::closed},
      {"fin and ack in one", {{'s', kFin}, {'c', kFin}}, TcpState::time_wait},
      {"a fin sent twice", {{'s', kFin}, {'S', kFin}}, TcpState::fin_wait1},
      {"both at once", {{'s', kFin}, {'x', kFin}}, TcpState::closing},
      {"both at once, then an ack", {{'s', kFin}, {'x', kFin}, {'c', 0}}, TcpState::time_wait},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    TcpConversation t;
    t.handshake();
    int client = 0, server = 0;
    for (const auto& [side, flags] : row.segments) {
      if (side == 's') t.server(kAck | flags, server, client), server += (flags & kFin) != 0;
      if (side == 'S') t.server(kAck | flags, server - 1, client);
      if (side == 'c') t.client(kAck | flags, client, server), client += (flags & kFin) != 0;
      if (side == 'x') t.client(kAck | flags, client, 0), client += (flags & kFin) != 0;
    }
    CHECK(t.session().state() == row.expected);
  }
}

TEST_CASE("tcp session: a reset closes only at the expected sequence number") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "data");
  CHECK(t.client(kRst, 2000, 0).invalid);
  CHECK(t.session().state() == TcpState::established);
  CHECK(t.client(kRst, 4, 0).became_closed);
  CHECK(t.session().state() == TcpState::closed);
}

TEST_CASE("tcp session: a reset shows nothing that was not acknowledged before the flow ends") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "GET / HTTP/1.0\r\n");
  t.client(kAck, 20, 0, "behind a hole");
  t.server(kRst | kAck, 0, 16);
  CHECK_FALSE(t.noted(Anomaly::stream_reassembly_seq_gap));
  CHECK(t.read(kToServer) == "GET / HTTP/1.0\r\n");
  t.session().finish();
  CHECK(t.read(kToServer) == "$");
  CHECK_FALSE(t.to_server().has_gap());
}

TEST_CASE("tcp session: a connection that goes on after a reset is followed again") {
  TcpConversation t;
  t.handshake();
  t.client(kRst | kAck, 0, 0);
  CHECK(t.session().state() == TcpState::closed);
  t.client(kAck, 0, 0, "request");
  CHECK(t.noted(Anomaly::stream_suspected_rst_inject));
  CHECK(t.session().state() == TcpState::established);
  t.server(kAck, 0, 7);
  CHECK(t.read(kToServer) == "request");
}

TEST_CASE("tcp session: a client that sends after its own reset goes on, what was under way does not") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "request");
  t.client(kRst | kAck, 7, 0);
  CHECK(t.session().state() == TcpState::closed);
  t.server(kAck, 0, 7, "answer");
  t.client(kAck, 7, 6);
  CHECK_FALSE(t.noted(Anomaly::stream_suspected_rst_inject));
  CHECK(t.session().state() == TcpState::closed);
}

TEST_CASE(
    "tcp session: a closed port refuses with sequence number 0, and the client's own RST decides nothing") {
  TcpConversation t;
  t.server_start = 0;
  t.client(kSyn, -1, 0);
  CHECK(t.client(kRst, 0, 0).invalid);
  CHECK(t.server(kRst | kAck, 17, 0).invalid);
  CHECK(t.session().state() == TcpState::syn_sent);
  t.server(kRst | kAck, 0, 0);
  CHECK(t.session().state() == TcpState::closed);
}

TEST_CASE("tcp session: what a side sent in order before its own reset is shown with the reset") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "abc");
  CHECK(t.client(kRst, 3, 0).app_update[0]);
  CHECK(t.read(kToServer) == "abc$");
  CHECK(t.session().state() == TcpState::closed);
}

TEST_CASE("tcp session: a reset behind a hole is one when nothing follows") {
  for (const bool goes_on : {false, true}) {
    CAPTURE(goes_on);
    TcpConversation t;
    t.handshake();
    t.client(kAck, 0, 0, "abc");
    t.client(kAck, 9, 0, "xyz");
    CHECK(t.client(kRst, 12, 0).invalid);  // the receiver expects byte 3: RFC 5961 3.2
    CHECK(t.session().state() == TcpState::established);
    if (goes_on) t.client(kAck, 3, 0, "defghi");
    t.session().finish();
    CHECK((t.session().state() == TcpState::closed) == !goes_on);
    CHECK(t.read(kToServer).starts_with(goes_on ? "abcdefghixyz" : "abc"));
  }
}

TEST_CASE("tcp session: a FIN that confirms what was not sent ends the stream when it is confirmed itself") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "abc");
  t.client(kAck | kFin, 3, 100);
  CHECK(t.session().state() == TcpState::established);
  t.client(kAck, 3, 0, "def");  // it was a decoy
  t.server(kAck, 0, 4);
  CHECK(t.session().state() == TcpState::established);
  t.client(kAck | kFin, 6, 100);
  t.server(kAck, 0, 7);
  CHECK(t.session().state() == TcpState::close_wait);
  t.server(kAck | kFin, 0, 7);
  t.client(kAck, 7, 1);
  CHECK(t.read(kToServer) == "abcdef$");
}

TEST_CASE("tcp session: inline a FIN from before what has passed already closes nothing") {
  StreamSettings prevent = inline_settings();
  TcpConversation t{prevent};
  t.handshake();
  t.client(kAck, 0, 0, "abcdef");
  CHECK(t.client(kAck | kFin, 0, 0).invalid);  // the server has not confirmed anything yet
  CHECK(t.client(kAck | kFin, 2, 0, "cd").invalid);
  CHECK(t.session().state() == TcpState::established);
  CHECK_FALSE(t.client(kAck, 6, 0, "ghi").invalid);
  CHECK_FALSE(t.client(kAck | kFin, 9, 0).invalid);
  CHECK(t.session().state() == TcpState::close_wait);
  CHECK_FALSE(t.client(kAck | kFin, 9, 0).invalid);  // once more
  CHECK(t.read(kToServer) == "abcdefghi$");
}

TEST_CASE("tcp session: a FIN may come before the handshake is seen to be complete") {
  TcpConversation t;
  t.client(kSyn, -1, 0);
  t.server(kSynAck, -1, 0);
  t.server(kAck | kFin, 100, 0);
  CHECK(t.session().state() == TcpState::fin_wait1);
}

TEST_CASE("tcp session: a FIN that waits behind a hole is forgotten when what fills it goes on behind it") {
  TcpConversation t;
  t.handshake();
  t.client(kAck | kFin, 8, 0);
  t.client(kAck, 0, 0, "0123456789abc");
  t.client(kAck | kFin, 8, 0);  // too late
  t.client(kAck, 13, 0, "and on");
  t.server(kAck, 0, 19);
  CHECK(t.read(Direction::to_server) == "0123456789abcand on");
  t.client(kAck | kFin, 19, 0);
  t.server(kAck | kFin, 0, 20);
  t.client(kAck, 20, 1);
  CHECK(t.read(Direction::to_server) == "$");
}

TEST_CASE(
    "tcp session: neither a reset nor an acknowledgment closes what a FIN behind a hole has not ended") {
  for (const bool prevent : {false, true}) {
    for (const std::int64_t reset : {8, 9, 0}) {  // from the FIN, behind it, none
      CAPTURE(prevent);
      CAPTURE(reset);
      TcpConversation t{inline_settings(prevent)};
      t.handshake();
      t.client(kAck, 0, 0, "0123");
      t.client(kAck | kFin, 8, 0);
      if (reset != 0) {
        t.client(kRst, reset, 0);
      } else {
        t.server(kAck | kFin, 0, 4);
        t.client(kAck, 9, 1);
      }
      CHECK(t.session().state() == (reset != 0 ? TcpState::close_wait : TcpState::last_ack));
      const std::int64_t confirmed = reset != 0 ? 0 : 1;
      CHECK_FALSE(t.client(kAck, 4, confirmed, "4567").invalid);
      t.server(kAck, confirmed, 9);
      t.client(reset != 0 ? kRst : kAck, 9, confirmed);
      CHECK(t.session().state() == TcpState::closed);
      CHECK(t.read(kToServer) == "01234567$");
    }
  }
}

TEST_CASE(
    "tcp session: a SYN with the number of the old one begins again when it is answered, and inline does not "
    "pass") {
  for (const bool prevent : {false, true}) {
    TcpConversation t{inline_settings(prevent)};
    t.handshake();
    t.client(kRst, 0, 0);
    REQUIRE(t.session().state() == TcpState::closed);
    CHECK(t.client(kSyn, -1, 0).invalid == prevent);
    PacketBuilder old, answer;
    old.tcp(kSynAck, t.server_start - 1, t.client_start).reversed();
    answer.tcp(kSynAck, 90000, t.client_start).reversed();
    CHECK_FALSE(TcpSession::is_reuse(t.session(), old.get(), kToClient));
    CHECK(TcpSession::is_reuse(t.session(), answer.get(), kToClient) == !prevent);
  }
}

TEST_CASE("tcp session: what a FIN brings fills a hole, though more was sent than it ends") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "abc");
  t.client(kAck, 6, 0, "ghi");
  t.client(kAck | kFin, 3, 0, "def");
  CHECK(t.session().state() == TcpState::established);
  t.server(kAck, 0, 7);
  CHECK(t.read(kToServer).starts_with("abcdef"));
}

TEST_CASE("tcp session: a FIN ends the stream when the hole before it is filled") {
  TcpConversation t;
  t.handshake();
  t.client(kAck | kFin, 8, 0);
  t.client(kAck, 0, 0, "01234567");
  t.client(kAck, 0, 0, "01234567 and what nobody takes");
  t.server(kAck | kFin, 0, 9);
  t.client(kAck, 9, 1);
  CHECK(t.read(Direction::to_server) == "01234567$");
}

TEST_CASE("tcp session: a parser is told of an end when both sides have ended, inline at once") {
  for (const bool prevent : {false, true}) {
    CAPTURE(prevent);
    TcpConversation t{inline_settings(prevent)};
    t.handshake();
    t.client(kAck, 0, 0, "ask");
    t.server(kAck, 0, 3, "answer");
    t.server(kAck | kFin, 6, 3);
    t.client(kAck, 3, 7);
    CHECK(t.read(kToClient) == (prevent ? "answer$" : "answer"));
    CHECK(t.session().state() == TcpState::fin_wait2);
    t.client(kAck | kFin, 3, 7);
    t.server(kAck, 7, 4);
    CHECK(t.read(kToClient) == "$");
    CHECK(t.read(kToServer) == "ask$");
  }
}

TEST_CASE(
    "tcp session: an end of which the last bytes were not captured is one when the connection is closed") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "ask");
  t.server(kAck, 0, 3, "ans");
  t.server(kAck | kFin, 6, 3);  // "wer" is missing
  t.client(kAck, 3, 7);
  CHECK(t.read(kToClient) == "ans");
  t.client(kAck | kFin, 3, 7);
  t.server(kAck, 7, 4);
  CHECK(t.session().state() == TcpState::closed);
  CHECK(t.read(kToClient) == "$");
}

TEST_CASE(
    "tcp session: stream rules see the rest at once when the client ended first, else when all is over") {
  for (const bool client_first : {true, false}) {
    CAPTURE(client_first);
    TcpConversation t;
    t.handshake();
    t.client(kAck, 0, 0, "bytes");
    t.server(kAck, 0, 5, "other");
    t.client(kAck, 5, 5);
    if (client_first) {
      t.client(kAck | kFin, 5, 5);
      t.server(kAck, 5, 6);
      CHECK(t.to_server().raw_ready());
    } else {
      t.server(kAck | kFin, 5, 5);
      t.client(kAck, 5, 6);
      CHECK_FALSE(t.to_client().raw_ready());
      t.client(kAck | kFin, 5, 6);
      t.server(kAck, 6, 6);
      CHECK(t.to_client().raw_ready());
    }
  }
}

}  // namespace
}  // namespace weir::engine
