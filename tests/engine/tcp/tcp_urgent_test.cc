#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/tcp/tcp_stream.h"
#include "tests/engine/tcp/tcp_conversation.h"

namespace weir::engine {
namespace {

using namespace test;

TEST_CASE("urgent: the out-of-band byte leaves the stream, or not, as the policy says") {
  struct Row {
    UrgentPolicy policy;
    const char* expected;
  };
  for (const Row& row : {Row{UrgentPolicy::oob, "malicious"}, Row{UrgentPolicy::as_data, "malicXious"},
                         Row{UrgentPolicy::gap, "malic[1]ious"}, Row{UrgentPolicy::drop, "malic[1]ious"}}) {
    StreamSettings settings;
    settings.urgent = row.policy;
    TcpConversation t{settings};
    t.handshake();
    t.client(kAck, 0, 0, "malic");
    t.next.raw().tcp.urgent = 1;
    CHECK(t.client(kAck | kUrg, 5, 0, "X").urgent_drop == (row.policy == UrgentPolicy::drop));
    t.client(kAck, 6, 0, "ious");
    t.server(kAck, 0, 10);
    CHECK(t.read(kToServer) == row.expected);
  }
}

TEST_CASE(
    "urgent: the byte that the pointer names is out of band, in the middle or still to come, once or sent "
    "again") {
  struct Row {
    const char* what;
    std::vector<std::pair<std::int64_t, std::string_view>> segments;
    std::uint16_t pointer;  // of the first
  };
  const Row rows[] = {
      {"middle", {{0, "malicXious"}}, 6},
      {"ahead", {{0, "mal"}, {3, "icXious"}}, 6},
      {"ahead, out of order", {{0, "mal"}, {6, "ious"}, {3, "icX"}}, 6},
      {"again", {{0, "malicXious"}, {0, "malicXious"}}, 6},
      {"first", {{0, "Xmalicious"}}, 1},
      {"last", {{0, "malicX"}, {6, "ious"}}, 6},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    TcpConversation t;
    t.handshake();
    t.next.raw().tcp.urgent = row.pointer;
    for (std::uint8_t flags = kAck | kUrg; const auto& [at, data] : row.segments) {
      t.client(flags, at, 0, data);
      flags = kAck;
    }
    t.server(kAck, 0, 10);
    CHECK(t.read(kToServer) == "malicious");
  }
}

TEST_CASE("urgent: the byte is taken out when its turn comes, if the pointer came before that") {
  struct Segment {
    std::int64_t at;
    std::string_view data;
    int pointer = -1;  // none
  };
  struct Row {
    const char* what;
    std::vector<Segment> segments;
    const char* expected;
  };
  const Row rows[] = {
      {"it waits as one like any other", {{3, "icXious"}, {0, "mal", 6}}, "malicious"},
      {"alone", {{5, "X"}, {6, "ious"}, {0, "malic", 6}}, "malicious"},
      {"it was there", {{0, "malicXious"}, {0, "malic", 6}}, "malicXious"},
      {"it was there, and another follows", {{0, "malicX"}, {0, "malic", 6}, {6, "iYous", 2}}, "malicXious"},
      {"another takes its place before", {{3, "icXioYus", 3}, {0, "mal", 9}}, "malicXious"},
      {"another follows later", {{0, "malX", 4}, {4, "icYious", 3}}, "malicious"},
      {"both come again", {{0, "malX", 4}, {4, "icYi", 3}, {0, "malXicYious"}}, "malicious"},
      {"no pointer", {{0, "malic"}, {5, "Xious", 0}}, "malicious"},
      {"no data", {{0, "malic"}, {5, "", 1}, {5, "Xious"}}, "malicious"},
      {"at the end of what comes again", {{0, "malic"}, {0, "malic", 6}, {5, "Xious"}}, "malicious"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    TcpConversation t;
    t.handshake();
    for (const Segment& s : row.segments) {
      t.next.raw().tcp.urgent = static_cast<std::uint16_t>(std::max(s.pointer, 0));
      t.client(s.pointer < 0 ? kAck : kAck | kUrg, s.at, 0, s.data);
    }
    t.server(kAck, 0, 11);
    CHECK(t.read(kToServer) == row.expected);
  }
}

TEST_CASE("urgent: what only some receivers take is not there before the byte") {
  TcpConversation t;
  t.handshake();
  t.next.raw().tcp.have_md5 = true;
  REQUIRE(t.client(kAck, 0, 0, "otherOther").doubtful);
  t.next.raw().tcp.urgent = 6;
  t.client(kAck | kUrg, 0, 0, "malicXious");
  t.server(kAck, 0, 10);
  CHECK(t.read(kToServer) == "malicious");
}

TEST_CASE("urgent: at the edge of what was confirmed a pointer still counts") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "malic");
  t.server(kAck, 0, 5);
  t.next.raw().tcp.urgent = 6;
  t.client(kAck | kUrg, 0, 0, "malic");
  t.client(kAck, 5, 0, "Xious");
  t.server(kAck, 0, 10);
  CHECK(t.read(kToServer) == "malicious");
}

TEST_CASE("urgent: a keep-alive of one byte that was confirmed has a pointer, too") {
  for (const bool prevent : {false, true}) {
    TcpConversation t{inline_settings(prevent)};
    t.handshake();
    t.client(kAck, 0, 0, "malic");
    t.server(kAck, 0, 5);
    t.next.raw().tcp.urgent = 2;
    t.client(kAck | kUrg, 4, 0, "?");
    t.client(kAck, 5, 0, "Xious");
    t.server(kAck, 0, 10);
    CHECK(t.read(kToServer) == "malicious");
  }
}

TEST_CASE("urgent: inline, a byte that was sent on as one like any other stays one") {
  for (const std::int64_t at : {0, 3}) {
    TcpConversation t{inline_settings()};
    t.handshake();
    t.client(kAck, at, 0, std::string_view("malicXious").substr(static_cast<std::size_t>(at)));
    t.next.raw().tcp.urgent = 6;
    CHECK(t.client(kAck | kUrg, 0, 0, "mal").urgent_is_data);
    CHECK(t.read(kToServer) == "malicXious");
    t.next.raw().tcp.urgent = 1;
    CHECK_FALSE(t.client(kAck | kUrg, 10, 0, "Yly").urgent_is_data);
    CHECK(t.read(kToServer) == "ly");
  }
}

TEST_CASE("urgent: inline, what comes together when a byte is taken out is new to stream rules") {
  TcpConversation t{inline_settings()};
  t.handshake();
  t.next.raw().tcp.urgent = 3;
  t.client(kAck | kUrg, 3, 0, "deXf");
  t.to_server().mark_raw_inspected();
  t.client(kAck, 0, 0, "abc");
  const auto chunk = t.to_server().raw_chunk();
  CHECK(text(chunk.data) == "abcdef");
  CHECK(chunk.new_offset == 0);
}

TEST_CASE("urgent: what waits behind a byte that turns out to be out of band closes up") {
  for (const bool at_the_edge : {false, true}) {
    CAPTURE(at_the_edge);
    for (const bool prevent : {false, true}) {
      CAPTURE(prevent);
      TcpConversation t{inline_settings(prevent)};
      t.handshake();
      t.client(kAck, 8, 0, "us");
      t.client(kAck | kFin, 10, 0);
      t.client(kAck, at_the_edge ? 6 : 7, 0, at_the_edge ? "io" : "o");
      t.client(kAck, 0, 0, "mal");
      t.next.raw().tcp.urgent = 3;
      t.client(kAck | kUrg, 3, 0, at_the_edge ? "icX" : "icXi");
      t.server(kAck | kFin, 0, 11);
      t.client(kAck, 11, 1);
      CHECK(t.read(kToServer) == "malicious$");
    }
  }
}

TEST_CASE("urgent: inline, stream rules see both sides of the byte that is left out as new") {
  TcpConversation t{inline_settings()};
  t.handshake();
  t.next.raw().tcp.urgent = 4;
  t.client(kAck | kUrg, 0, 0, "abcXde");
  auto chunk = t.to_server().raw_chunk();
  CHECK(text(chunk.data) == "abcde");
  CHECK(chunk.new_offset == 0);
  t.to_server().mark_raw_inspected();
  t.client(kAck, 6, 0, "fg");
  chunk = t.to_server().raw_chunk();
  CHECK(text(chunk.data) == "abcdefg");
  CHECK(chunk.new_offset == 5);
}

TEST_CASE("urgent: inline, other bytes round the one that is out of band are made what was inspected") {
  struct Row {
    const char* what;
    std::int64_t at;
    std::string_view first, again;
    std::uint16_t pointer;  // of both
    const char* replacement;
  };
  const Row rows[] = {
      {"before it", 0, "goodXlike", "evilXlike", 5, "goodXlike"},
      {"behind it", 0, "goodXlike", "goodXevil", 5, "goodXlike"},
      {"both sides, and more", 0, "goodXlike", "evilXevil!", 5, "goodXlike!"},
      {"itself", 0, "goodXlike", "goodYlike", 5, "goodXlike"},
      {"it is the first time that it comes", 0, "good", "evilXlike", 5, "goodXlike"},
      {"nothing", 0, "goodXlike", "goodXlike", 5, ""},
  };
  for (const Row& row : rows) {
    for (const bool check_overlap : {true, false}) {
      INFO(row.what);
      StreamSettings settings = inline_settings();
      settings.check_overlap = check_overlap;
      TcpConversation t{settings};
      t.handshake();
      for (const std::string_view data : {row.first, row.again}) {
        t.next.raw().tcp.urgent = row.pointer;
        t.client(kAck | kUrg, row.at, 0, data);
      }
      CHECK(t.client(kAck, 20, 0, "x").payload_differs == false);
      t.next.raw().tcp.urgent = row.pointer;
      const bool differs = t.client(kAck | kUrg, row.at, 0, row.again).payload_differs;
      CHECK(differs == !std::string_view(row.replacement).empty());
      CHECK(text(t.session().replacement()) == row.replacement);
    }
  }
}

TEST_CASE("urgent: one byte out of band leaves a connection of gigabytes whole") {
  StreamSettings settings;
  settings.depth_bytes = 0;
  TcpConversation t{settings};
  t.window = 65535;
  for (const bool by_client : {true, false}) {
    t.next.raw().tcp.have_window_scale = true;
    t.next.raw().tcp.window_scale = 14;
    by_client ? t.client(kSyn, -1, 0) : t.server(kSynAck, -1, 0);
  }
  t.client(kAck, 0, 0);
  t.to_server().disable_raw();
  t.next.raw().tcp.urgent = 1;
  t.client(kAck | kUrg, 0, 0, "X");
  const std::string piece(16U << 20U, 'a');
  std::int64_t sent = 1;
  for (constexpr std::int64_t kEnough = 5LL << 30U; sent < kEnough;) {
    t.client(kAck, sent, 0, piece);
    sent += static_cast<std::int64_t>(piece.size());
    t.server(kAck, 0, sent);
    const auto chunk = t.to_server().app_chunk();
    if (chunk.data.size() != piece.size() || chunk.gap != 0) FAIL(sent);
    t.to_server().consume_app(chunk.data.size());
  }
  CHECK(t.to_server().app_position() == static_cast<std::uint64_t>(sent) - 1);
}

}  // namespace
}  // namespace weir::engine
