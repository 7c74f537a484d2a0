#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "engine/tcp/tcp_stream.h"
#include "tests/engine/tcp/tcp_conversation.h"

namespace weir::engine {
namespace {

using namespace test;

TEST_CASE("reassembly: segments out of order come out in order once the hole is closed") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 6, 0, "ghi");
  t.client(kAck, 3, 0, "def");
  t.server(kAck, 0, 0);
  CHECK(t.read(kToServer).empty());
  t.client(kAck, 0, 0, "abc");
  CHECK(t.read(kToServer).empty());
  t.server(kAck, 0, 9);
  CHECK(t.read(kToServer) == "abcdefghi");
}

TEST_CASE("reassembly: bytes that are held stay when the readers are past them, until they are let go") {
  TcpConversation t;
  t.settings.raw = false;
  t.handshake();
  t.client(kAck, 0, 0, "abcdef");
  t.server(kAck, 0, 6);
  t.to_server().hold(2);
  CHECK(t.read(kToServer) == "abcdef");
  CHECK(t.to_server().next_kept(0) == 2);
  CHECK(text(t.to_server().kept(2, 3)) == "cde");
  t.to_server().disable_reassembly();
  t.client(kAck, 6, 0, "ghi");  // not kept any more
  CHECK(text(t.to_server().kept(2, 10)) == "cdef");
  t.to_server().hold(5);
  CHECK(t.to_server().next_kept(0) == 5);
  t.to_server().hold(UINT64_MAX);
  CHECK(t.to_server().next_kept(0) == UINT64_MAX);
  CHECK(t.budget.used == 0);
}

TEST_CASE("reassembly: a part of what is kept is copied, with its holes") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "abc");
  t.client(kAck, 6, 0, "ghi");
  t.server(kAck, 0, 9);
  std::vector<std::uint8_t> out;
  t.to_server().copy_kept(out, 100, 1, 8);
  CHECK(text(out) == "bc[3 bytes missing]gh");
  t.to_server().copy_kept(out, 100, 1, 5);
  CHECK(text(out) == "bc[2 bytes missing]");
  t.to_server().copy_kept(out, 1, 1, 5);
  CHECK(text(out) == "b");
}

TEST_CASE("reassembly: an acknowledgment in the middle of a segment releases that much") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "abcdef");
  t.server(kAck, 0, 2);
  CHECK(t.read(kToServer) == "ab");
  t.server(kAck, 0, 6);
  CHECK(t.read(kToServer) == "cdef");
}

TEST_CASE("reassembly: a confirmed hole is told as a gap, with the data on both sides") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "abc");
  t.client(kAck, 10, 0, "xyz");
  t.server(kAck, 0, 13);
  CHECK(t.noted(Anomaly::stream_reassembly_seq_gap));
  const auto chunk = t.to_server().app_chunk();
  CHECK(text(chunk.data) == "abc");
  CHECK(chunk.gap == 7);
  CHECK_FALSE(t.to_server().has_gap());
  CHECK(t.read(kToServer) == "abc[7]xyz");
  CHECK(t.to_server().has_gap());
  CHECK(read_raw(t.to_server()) == "abc");  // below the chunk size; a hole ends the chunk
}

TEST_CASE("reassembly: a hole with nothing behind it may still be filled, even when it is confirmed") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "abc");
  t.server(kAck, 0, 10);
  CHECK(t.read(kToServer) == "abc");
  CHECK(t.client(kAck, 3, 0, "late").app_update[0]);  // captured after its acknowledgment
  CHECK(t.read(kToServer) == "late");
  t.client(kAck, 10, 0, "next");
  CHECK(t.noted(Anomaly::stream_reassembly_seq_gap));
  CHECK(t.read(kToServer) == "[3]");
  t.server(kAck, 0, 14);
  CHECK(t.read(kToServer) == "next");
}

TEST_CASE("reassembly: sequence numbers may wrap round") {
  for (const std::uint32_t start : {0xfffffffaU, 0xffffffffU, 0x7ffffffaU, 0U}) {
    CAPTURE(start);
    TcpConversation t;
    t.client_start = start;
    t.handshake();
    t.client(kAck, 4, 0, "efghij");
    t.client(kAck, 0, 0, "abcd");
    t.server(kAck, 0, 10);
    t.client(kAck | kFin, 10, 0);
    t.server(kAck | kFin, 0, 11);
    t.client(kAck, 11, 1);
    CHECK(t.read(kToServer) == "abcdefghij$");
  }
}

TEST_CASE("reassembly: inline mode shows bytes at once, and holes only when they are confirmed") {
  TcpConversation t{inline_settings()};
  t.handshake();
  const auto got = t.client(kAck, 0, 0, "abc");
  CHECK(got.app_update[0]);
  CHECK(got.raw_update[0]);
  CHECK(t.read(kToServer) == "abc");
  CHECK(read_raw(t.to_server()) == "abc");
  CHECK(t.client(kAck, 5, 0, "fgh").raw_update[0]);
  CHECK(t.read(kToServer).empty());
  CHECK(read_raw(t.to_server()) == "fgh");
  t.client(kAck, 3, 0, "de");
  const auto chunk = t.to_server().raw_chunk();
  CHECK(text(chunk.data) == "abcdefgh");
  CHECK(chunk.new_offset == 3);
  CHECK(t.read(kToServer) == "defgh");
}

TEST_CASE("reassembly: inline, a different retransmission is replaced by what was sent first") {
  TcpConversation t{inline_settings()};
  t.handshake();
  t.client(kAck, 0, 0, "GOOD");
  const auto again = t.client(kAck, 0, 0, "EVIL");
  CHECK(again.payload_differs);
  CHECK(text(t.session().replacement()) == "GOOD");
  CHECK(t.noted(Anomaly::stream_reassembly_overlap_different_data));
  CHECK(t.read(kToServer) == "GOOD");
}

TEST_CASE("reassembly: who wins an overlap depends on the receiver") {
  struct Row {
    HostSystem policy;
    const char *before, *same, *same_longer, *inside,
        *after;  // the later segment begins before, at, at, in the earlier
  };
  // Earlier: "AAAA" at 2. Later: "bbbb" at 0, "bbbb" at 2, "bbbbbb" at 2, "bb" at 3, "bbbb" at 4.
  const Row rows[] = {
      {HostSystem::first, "bbAAAA", "..AAAA", "..AAAAbb", "..AAAA", "..AAAAbb"},
      {HostSystem::last, "bbbbAA", "..bbbb", "..bbbbbb", "..AbbA", "..AAbbbb"},
      {HostSystem::bsd, "bbbbAA", "..AAAA", "..AAAAbb", "..AAAA", "..AAAAbb"},
      {HostSystem::windows, "bbbbAA", "..AAAA", "..AAAAbb", "..AAAA", "..AAAAbb"},
      {HostSystem::vista, "bbAAAA", "..AAAA", "..AAAAbb", "..AAAA", "..AAAAbb"},
      {HostSystem::linux_, "bbbbAA", "..AAAA", "..bbbbbb", "..AAAA", "..AAAAbb"},
      {HostSystem::old_linux, "bbbbAA", "..bbbb", "..bbbbbb", "..AAAA", "..AAAAbb"},
      {HostSystem::solaris, "bbAAAA", "..bbbb", "..bbbbbb", "..AAAA", "..AAbbbb"},
      {HostSystem::bsd_right, "bbAAAA", "..bbbb", "..bbbbbb", "..AbbA", "..AAbbbb"},
  };
  const auto run = [](HostSystem policy, std::uint32_t at, const std::string& later) {
    StreamSettings settings;
    MemoryBudget budget{.limit = 1 << 20};
    TcpStream stream{settings, budget, kToServer};
    stream.set_policy(policy);
    stream.start_at(0);
    const auto bytes = [](const std::string& s) {
      return Bytes{reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
    };
    stream.insert(2, bytes("AAAA"));
    CHECK(stream.insert(at, bytes(later)).overlap_differs);
    if (at != 0) stream.insert(0, bytes(".."));
    stream.acknowledge(20);
    return text(stream.app_chunk().data);
  };
  for (const Row& row : rows) {
    CAPTURE(static_cast<int>(row.policy));
    CHECK(run(row.policy, 0, "bbbb") == row.before);
    CHECK(run(row.policy, 2, "bbbb") == row.same);
    CHECK(run(row.policy, 2, "bbbbbb") == row.same_longer);
    CHECK(run(row.policy, 3, "bb") == row.inside);
    CHECK(run(row.policy, 4, "bbbb") == row.after);
  }
}

TEST_CASE("reassembly: confirmed bytes are never replaced") {
  TcpConversation t;
  t.handshake();
  t.session().stream(kToServer).set_policy(HostSystem::last);
  t.client(kAck, 0, 0, "abcd");
  t.server(kAck, 0, 2);
  t.client(kAck, 0, 0, "WXYZ");
  CHECK(t.noted(Anomaly::stream_reassembly_overlap_different_data));
  t.server(kAck, 0, 4);
  CHECK(t.read(kToServer) == "abYZ");
}

TEST_CASE("reassembly: at the depth the stream ends for its readers") {
  StreamSettings settings;
  settings.depth_bytes = 10;
  TcpConversation t{settings};
  t.handshake();
  t.client(kAck, 0, 0, "12345678");
  CHECK_FALSE(t.to_server().depth_reached());
  t.client(kAck, 8, 0, "90abcdef");
  CHECK(t.noted(Anomaly::stream_reassembly_depth_reached));
  t.server(kAck, 0, 16);
  CHECK(t.read(kToServer) == "1234567890$");
  CHECK_FALSE(t.client(kAck, 16, 0, "more").payload_added);
  t.server(kAck, 0, 20);
  CHECK(t.read(kToServer) == "$");
  CHECK_FALSE(t.to_server().has_gap());
}

TEST_CASE(
    "reassembly: inline, other copies of what was not acknowledged are known, wherever the readers are") {
  for (const std::uint64_t memory : {std::uint64_t{64U << 20U}, std::uint64_t{10000}}) {
    CAPTURE(memory);
    TcpConversation t{inline_settings()};
    t.budget.limit = memory;
    t.handshake();
    for (int at = 0; at < 8000; at += 1000) {
      t.client(kAck, at, 0, std::string(1000, 'a'));
      t.read(kToServer);
      t.to_server().mark_raw_inspected();
    }
    // Without memory it cannot be told what was sent first.
    const auto again = t.client(kAck, 500, 0, std::string(400, 'b'));
    CHECK(again.payload_differs == (memory > 10000));
    CHECK(again.refused == (memory <= 10000));
    CHECK(text(t.session().replacement()) == (memory > 10000 ? std::string(400, 'a') : ""));
    t.server(kAck, 0, 8000);
    CHECK(t.to_server().next_kept(0) > 5000);
    CHECK_FALSE(t.client(kAck, 500, 0, std::string(400, 'b')).refused);
  }
}

TEST_CASE(
    "reassembly: of a message so many bytes are kept, then its first ones, and none when memory is short") {
  struct Row {
    std::uint64_t memory;
    std::size_t sent;  // bytes
    bool is_kept;      // from the first on, besides what stream rules may yet look at
    std::string read;  // of what a second parser gets, from the first on; empty: it cannot begin there
  };
  for (const Row& row :
       {Row{64U << 20U, 8000, true, std::string(8000, 'a')},
        Row{64U << 20U, 12000, false, std::string(8192, 'a')}, Row{10000, 8000, false, ""}}) {
    CAPTURE(row.sent);
    TcpConversation t;
    t.budget.limit = row.memory;
    t.handshake();
    t.to_server().disable_raw();
    t.to_server().begin_message();
    for (std::size_t at = 0; at < row.sent; at += 1000) {
      t.client(kAck, static_cast<std::int64_t>(at), 0, std::string(1000, 'a'));
      t.server(kAck, 0, static_cast<std::int64_t>(at) + 1000);
      CHECK(t.read(kToServer).size() == 1000);
    }
    CHECK((t.to_server().next_kept(0) == 0) == row.is_kept);
    TcpStream other(t.to_server());
    CHECK(other.rewind_to_message() == !row.read.empty());
    const Bytes again = other.app_chunk().data;
    CHECK(text(again) == row.read);
    t.to_server().begin_message();
    CHECK(t.to_server().next_kept(0) == UINT64_MAX);
  }
}

TEST_CASE("reassembly: without memory bytes are refused and counted, and show as a hole") {
  TcpConversation t;
  t.budget.limit = 1024;
  t.handshake();
  const std::string big(900, 'a');
  t.client(kAck, 0, 0, big);
  CHECK(t.budget.used == 1024);
  CHECK_FALSE(t.client(kAck, 900, 0, big).payload_added);
  CHECK(t.noted(Anomaly::stream_reassembly_insert_memcap));
  CHECK(t.budget.refused == 1);
  t.server(kAck, 0, 1800);
  CHECK(t.read(kToServer) == big);
  read_raw(t.to_server());
  t.to_server().disable_raw();
  t.client(kAck, 1800, 0, "next");
  t.server(kAck, 0, 1804);
  CHECK(t.read(kToServer) == "[900]next");
}

TEST_CASE("reassembly: segments out of order are capped in number") {
  StreamSettings settings;
  settings.max_segments_queued = 3;
  TcpConversation t{settings};
  t.handshake();
  for (int i = 1; i <= 3; ++i) CHECK(t.client(kAck, i * 10, 0, "x").payload_added);
  CHECK_FALSE(t.client(kAck, 40, 0, "x").payload_added);
  CHECK(t.noted(Anomaly::stream_reassembly_insert_limit));
  CHECK_FALSE(t.noted(Anomaly::stream_reassembly_insert_memcap));
  CHECK(t.budget.refused == 1);
}

TEST_CASE("reassembly: memory is given back when the bytes are done with and when the session ends") {
  MemoryBudget budget;
  {
    TcpConversation t;
    t.handshake();
    t.to_server().disable_raw();
    t.client(kAck, 0, 0, "abc");
    CHECK(t.budget.used == StreamBuffer::kSmallest);
    t.server(kAck, 0, 3);
    t.read(kToServer);
    CHECK(t.budget.used == 0);
    t.client(kAck, 3, 0, "def");
    t.client(kAck, 30, 0, "def");
    t.to_server().disable_app();
    CHECK(t.budget.used == 0);
    CHECK_FALSE(t.client(kAck, 60, 0, "ghi").payload_added);
    CHECK(t.budget.used == 0);
  }
  StreamSettings settings;
  budget.limit = 1 << 20;
  {
    TcpSession session{settings, budget};
    CHECK(budget.sessions_used == sizeof(TcpSession));
    const std::string s = "abc";
    session.stream(kToServer).insert(5, {reinterpret_cast<const std::uint8_t*>(s.data()), 3});
    CHECK(budget.used != 0);
  }
  CHECK(budget.used == 0);
  CHECK(budget.sessions_used == 0);
}

TEST_CASE("raw: chunks come when they are large enough, or are asked for, and look back") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, std::string(2000, 'a'));
  t.server(kAck, 0, 2000);
  CHECK_FALSE(t.to_server().raw_ready());
  t.client(kAck, 2000, 0, std::string(1000, 'b'));
  CHECK_FALSE(t.to_server().raw_ready());
  CHECK(t.server(kAck, 0, 3000).raw_update[0]);
  CHECK(t.to_server().raw_chunk().data.size() == 3000);
  t.to_server().mark_raw_inspected();
  CHECK_FALSE(t.to_server().raw_ready());
  t.client(kAck, 3000, 0, "end");
  t.server(kAck, 0, 3003);
  CHECK_FALSE(t.to_server().raw_ready());
  t.to_server().trigger_raw();
  REQUIRE(t.to_server().raw_ready());
  const auto chunk = t.to_server().raw_chunk();
  CHECK(chunk.data.size() == 515);
  CHECK(chunk.offset == 2488);
  CHECK(chunk.new_offset == 512);
  t.to_server().mark_raw_inspected();
  CHECK_FALSE(t.to_server().raw_ready());
}

TEST_CASE("raw: behind the client's FIN what is confirmed is shown, a chunk or not") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "request");
  t.server(kAck, 0, 7);
  t.client(kAck, 7, 0, "good-bye");
  CHECK_FALSE(t.to_server().raw_ready());
  CHECK(t.client(kFin | kAck, 15, 0).raw_update[0]);
  CHECK(read_raw(t.to_server()) == "request");
  CHECK_FALSE(t.to_server().raw_ready());  // the rest is not confirmed
  CHECK(t.server(kAck, 0, 16).raw_update[0]);
  CHECK(read_raw(t.to_server()) == "good-bye");
}

TEST_CASE("raw: behind the server's FIN a chunk is waited for: the client may ask on") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "request");
  t.server(kAck, 0, 7);
  t.server(kFin | kAck, 0, 7);
  CHECK_FALSE(t.to_server().raw_ready());
}

TEST_CASE("raw: once storing stops, what came before is shown and what comes is not kept") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "plain");
  t.client(kAck, 9, 0, "late");
  t.to_server().stop_storing();
  CHECK_FALSE(t.to_server().reassembly_disabled());
  CHECK_FALSE(t.client(kAck, 5, 0, "secret").payload_added);
  t.client(kAck, 3, 0, "inSECRET");
  t.server(kAck, 0, 13);
  CHECK(t.to_server().app_chunk().data.empty());
  CHECK(read_raw(t.to_server()) == "plain");
  CHECK(t.to_server().reassembly_disabled());
  CHECK_FALSE(t.to_server().has_gap());
}

TEST_CASE("raw: when all was shown, storing stops at once") {
  TcpConversation t;
  t.handshake();
  t.to_server().stop_storing();
  CHECK(t.to_server().reassembly_disabled());
}

TEST_CASE("raw: at the end everything that came is shown, holes or not") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 0, 0, "abc");
  t.client(kAck, 10, 0, "xyz");
  t.client(kAck, 20, 0, "123");
  t.session().finish();
  CHECK(read_raw(t.to_server()) == "abcxyz123");
  CHECK(t.read(kToServer) == "abc$");
  CHECK_FALSE(t.to_server().has_gap());
}

TEST_CASE("stream: at the end a hole is lost when the receiver has confirmed some of it") {
  for (const std::int64_t confirmed : {3, 4}) {
    CAPTURE(confirmed);
    TcpConversation t;
    t.handshake();
    t.client(kAck, 0, 0, "abc");
    t.client(kAck, 10, 0, "xyz");
    t.server(kAck, 0, confirmed);
    CHECK(t.read(kToServer) == "abc");
    t.session().finish();
    CHECK(t.read(kToServer) == (confirmed == 3 ? "$" : "[7]xyz$"));
    CHECK(t.to_server().has_gap() == (confirmed == 4));
  }
}

TEST_CASE("raw: what is kept can be copied, with holes named and a limit kept") {
  TcpConversation t;
  t.handshake();
  t.client(kAck, 4, 0, "GOOD");
  t.client(kAck, 8, 0, "DATA");
  t.client(kAck, 15, 0, "!");
  std::vector<std::uint8_t> out;
  t.to_server().copy_kept(out, 1000);
  CHECK(std::string(out.begin(), out.end()) == "[4 bytes missing]GOODDATA[3 bytes missing]!");
  t.to_server().copy_kept(out, 20);
  CHECK(std::string(out.begin(), out.end()) == "[4 bytes missing]GOO");
  t.to_client().copy_kept(out, 20);
  CHECK(out.empty());
}

TEST_CASE("reassembly: regions are counted when they lie far apart") {
  TcpConversation t;
  t.next.scale(8);
  t.client(kSyn, -1, 0);
  t.next.scale(8);
  t.server(kSynAck, -1, 0);
  t.client(kAck, 0, 0);
  t.server(kAck, 0, 0);
  CHECK(t.to_server().max_regions() == 1);
  t.client(kAck, 1000, 0, "near");
  CHECK(t.to_server().max_regions() == 1);
  t.client(kAck, 300000, 0, "far");
  CHECK(t.to_server().max_regions() == 2);
}

TEST_CASE("reassembly: only the systems that a rule writer names replace bytes that came in order") {
  struct Row {
    HostSystem system;
    const char* expected;
  };
  for (const Row& row :
       {Row{HostSystem::bsd, "good"}, Row{HostSystem::linux_, "good"}, Row{HostSystem::old_linux, "evil"}}) {
    TcpConversation t;
    t.handshake();
    t.to_server().set_policy(row.system);
    t.client(kAck, 0, 0, "good");
    t.client(kAck, 0, 0, "evil");
    t.server(kAck, 0, 4);
    CHECK(t.read(kToServer) == row.expected);
  }
}

// Every byte that the receiver confirmed is given to the parser once and in order, whatever the network did
// to it.
TEST_CASE("reassembly: random loss, order, duplicates and cuts agree with the plain text") {
  std::mt19937 random{11};
  const auto below = [&random](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    StreamSettings settings;
    settings.inline_mode = below(2) == 0;
    TcpConversation t{settings};
    t.client_start = static_cast<std::uint32_t>(random());
    t.handshake();
    const bool raw = below(2) == 0;
    if (!raw) t.to_server().disable_raw();
    std::string plain(1 + below(20000), ' ');
    for (char& c : plain) c = static_cast<char>('a' + below(26));
    std::vector<bool> sent(plain.size());
    std::string got, got_raw;
    std::size_t acked = 0;
    const auto send = [&](std::size_t from, std::size_t n) {
      n = std::min(n, plain.size() - from);
      t.client(kAck, static_cast<std::int64_t>(from), 0, std::string_view{plain}.substr(from, n));
      for (std::size_t i = from; i < from + n; ++i) sent[i] = true;
    };
    while (acked < plain.size()) {
      const std::size_t edge = std::min(plain.size(), acked + 3000);
      for (std::uint32_t i = below(8); i > 0; --i) {
        const std::size_t from = acked + below(static_cast<std::uint32_t>(edge - acked));
        send(from > below(100) ? from - below(100) % (from + 1) : 0, 1 + below(700));
      }
      if (below(4) == 0) send(acked, 1 + below(1400));
      std::size_t end = acked;
      while (end < plain.size() && sent[end]) ++end;
      if (end > acked) {
        acked += 1 + below(static_cast<std::uint32_t>(end - acked));
        t.server(kAck, 0, static_cast<std::int64_t>(acked));
      }
      const auto chunk = t.to_server().app_chunk();
      if (chunk.kind == TcpStream::Chunk::Kind::data && below(3) != 0) {
        const std::size_t n = 1 + below(static_cast<std::uint32_t>(chunk.data.size()));
        got.append(text(chunk.data.first(n)));
        t.to_server().consume_app(n);
      }
      if (!settings.inline_mode) {
        if (below(3) == 0) t.to_server().trigger_raw();
        got_raw += read_raw(t.to_server());
      }
    }
    const auto end = static_cast<std::int64_t>(plain.size());
    t.client(kAck | kFin, end, 0);
    t.server(kAck | kFin, 0, end + 1);
    t.client(kAck, end + 1, 1);
    got += t.read(kToServer);
    CHECK(got == plain + "$");
    CHECK_FALSE(t.to_server().has_gap());
    t.session().finish();
    got_raw += read_raw(t.to_server());
    if (raw && !settings.inline_mode) CHECK(got_raw == plain);
    if (!raw) CHECK(t.budget.used == 0);
  }
}

}  // namespace
}  // namespace weir::engine
