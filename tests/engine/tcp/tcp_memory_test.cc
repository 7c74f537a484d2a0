#include "engine/tcp/tcp_memory.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/engine/tcp/tcp_conversation.h"

using namespace weir;
using namespace weir::engine;
using test::kAck;
using test::kFin;
using test::kPsh;
using test::kSyn;
using test::TcpConversation;

namespace {

// "abc" and "xyz" have been said and confirmed.
void talk(TcpConversation& c) {
  c.handshake();
  c.client(kAck | kPsh, 0, 0, "abc");
  c.server(kAck | kPsh, 0, 3, "xyz");
  c.client(kAck, 3, 3);
}

TcpHeader segment(std::uint8_t flags, std::uint32_t sequence, std::uint32_t acknowledgment) {
  TcpHeader out;
  out.flags = flags;
  out.sequence = sequence;
  out.acknowledgment = acknowledgment;
  return out;
}

}  // namespace

TEST_CASE("tcp memory: a session goes on where another one stood") {
  TcpConversation before, after;
  talk(before);
  after.session().resume(before.session().memory());
  CHECK(after.session().state() == TcpState::established);
  CHECK_FALSE(after.session().is_midstream());
  CHECK(after.to_server().bytes_seen() == 4);
  const auto said = after.client(kAck | kPsh, 3, 3, "def");
  CHECK(said.in_session);
  CHECK(said.payload_added);
  CHECK_FALSE(said.became_established);
  after.server(kAck, 3, 6);
  CHECK(after.read(Direction::to_server) == "def");
  CHECK(after.to_server().bytes_seen() == 7);
}

TEST_CASE("tcp memory: what the receiver would not take is not taken after the pause either") {
  TcpConversation before, after;
  talk(before);
  after.session().resume(before.session().memory());
  CHECK(after.client(kAck | kPsh, 70'000, 3, "def").invalid);
  CHECK(after.client(kAck | kPsh, 3, 200'000, "def").invalid);
  CHECK(after.client(kPsh, 3, 3, "def").invalid);
  CHECK(after.client(kSyn, 50, 0).invalid);
  after.client(kAck | kPsh, 3, 3, "ghi");
  after.server(kAck, 3, 6);
  CHECK(after.read(Direction::to_server) == "ghi");
}

TEST_CASE("tcp memory: bytes that were missed are a hole, and those that were not confirmed may come again") {
  TcpConversation before, lost, again;
  talk(before);
  before.client(kAck | kPsh, 3, 3, "def");
  const TcpMemory memory = before.session().memory();
  lost.session().resume(memory);
  lost.client(kAck | kPsh, 8, 3, "ghi");
  lost.server(kAck, 3, 11);
  CHECK(lost.read(Direction::to_server) == "[5]ghi");
  again.session().resume(memory);
  again.client(kAck | kPsh, 3, 3, "def");
  again.client(kAck | kPsh, 6, 3, "ghi");
  again.server(kAck, 3, 9);
  CHECK(again.read(Direction::to_server) == "defghi");
}

TEST_CASE("tcp memory: a side that has said nothing begins behind its SYN") {
  TcpConversation before, after;
  before.handshake();
  after.session().resume(before.session().memory());
  after.server(kAck | kPsh, 0, 0, "hello");
  after.client(kAck, 0, 5);
  CHECK(after.read(Direction::to_client) == "hello");
}

TEST_CASE("tcp memory: a side that has ended stays so, and the other one goes on") {
  TcpConversation before, after;
  talk(before);
  before.client(kAck | kFin, 3, 3);
  before.server(kAck, 3, 4);
  after.session().resume(before.session().memory());
  CHECK(after.session().state() == TcpState::close_wait);
  after.server(kAck | kPsh, 3, 4, "late");
  after.client(kAck, 4, 7);
  CHECK(after.read(Direction::to_client) == "late");
  after.server(kAck | kFin, 7, 4);
  after.client(kAck, 4, 8);
  CHECK(after.session().state() == TcpState::closed);
  CHECK(after.read(Direction::to_server) == "$");
}

TEST_CASE("tcp memory: time stamps and window scales are kept") {
  TcpConversation before, after;
  before.next.timestamp(100, 0).scale(7);
  before.client(kSyn, -1, 0);
  before.next.timestamp(500, 100).scale(7);
  before.server(test::kSynAck, -1, 0);
  before.next.timestamp(110, 500);
  before.client(kAck, 0, 0);
  before.next.timestamp(510, 110);
  before.server(kAck | kPsh, 0, 0, "x");
  after.session().resume(before.session().memory());
  after.next.timestamp(90, 510);
  CHECK(after.client(kAck | kPsh, 0, 1, "old").invalid);
  after.next.timestamp(120, 510);
  CHECK_FALSE(after.client(kAck | kPsh, 65535 * 100, 1, "far").invalid);
}

TEST_CASE("tcp memory: which segments may belong to a connection") {
  TcpConversation c;
  talk(c);
  const TcpMemory memory = c.session().memory();
  const std::uint32_t mine = c.client_start + 3, theirs = c.server_start + 3, far = TcpMemory::kReach + 10;
  struct Row {
    std::uint8_t flags;
    std::uint32_t sequence, acknowledgment;
    bool fits;
  };
  const Row rows[]{{kAck, mine, theirs, true},
                   {kAck, mine - 1, theirs, true},  // keep-alive
                   {kAck, mine + 100'000, theirs - 2, true},
                   {kAck, mine + far, theirs, false},
                   {kAck, mine - far, theirs, false},
                   {kAck, mine, theirs + far, false},
                   {kAck, mine, theirs - far, false},
                   {kPsh, mine, theirs, false}};
  for (const Row& row : rows) {
    CAPTURE(row.sequence);
    CAPTURE(row.acknowledgment);
    CHECK(memory.fits(segment(row.flags, row.sequence, row.acknowledgment), Direction::to_server) ==
          row.fits);
  }
  CHECK(memory.fits(segment(kAck, theirs, mine), Direction::to_client));
  CHECK_FALSE(memory.fits(segment(kAck, mine + far, theirs + far), Direction::to_client));
  CHECK_FALSE(TcpMemory{}.is_known());
}
