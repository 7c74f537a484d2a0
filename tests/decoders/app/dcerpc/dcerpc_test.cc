#include "decoders/app/dcerpc/dcerpc.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"
#include "tests/decoders/app/dcerpc/dcerpc_builder.h"
#include "tests/decoders/app/frame_recorder.h"

using namespace weir;
using namespace weir::dcerpc;
using test::DcerpcBuilder;
using test::kEndpointMapper;
using test::kOtherInterface;

namespace {

constexpr Direction kClient = Direction::to_server, kServer = Direction::to_client;

std::string part_text(const Part& part) {
  if (part.fragments == 0) return part.lost ? "lost" : "-";
  return std::string(pdu_type_name(part.type)) + "*" + std::to_string(part.fragments) + "'" +
         std::string(part.stub) + "'" + (part.done ? "" : "...");
}

// "REQUEST*1'stub'>RESPONSE*1'stub'", with the operation in front of a request.
std::string call_text(const Call& c) {
  return (c.calls_operation() ? std::to_string(c.opnum) + " " : "") + part_text(c.request()) + ">" +
         part_text(c.answer());
}

struct Connection {
  explicit Connection(DcerpcSettings s = {}) : settings(s) {}
  Connection& say(Direction d, std::string_view text) {
    std::size_t at = 0;
    do {
      std::string& kept = pending[index(d)];
      const std::size_t n = std::min(step, text.size() - at);
      kept += text.substr(at, n);
      at += n;
      status = ParseOutcome::Status::ok;
      const ParseOutcome out = parser.parse({.direction = d, .data = as_bytes(kept)});
      REQUIRE(out.consumed <= kept.size());
      kept.erase(0, out.consumed);
      status = out.status;
    } while (at < text.size() && status == ParseOutcome::Status::ok);
    return *this;
  }
  Connection& datagram(Direction d, const std::string& text) {
    status = parser.parse({.direction = d, .data = as_bytes(text), .is_datagram = true}).status;
    return *this;
  }
  std::string all() {
    std::string out;
    for (const Transaction* t = parser.transactions().first(); t != nullptr; t = TransactionList::next(*t))
      out += call_text(tx_cast<DcerpcTransaction>(*t).call) + ";";
    return out;
  }
  const DcerpcTransaction& tx(std::uint64_t id) {
    const auto* found = tx_cast<DcerpcTransaction>(parser.transactions().find(id));
    REQUIRE(found != nullptr);
    return *found;
  }

  DcerpcSettings settings;
  std::size_t step = SIZE_MAX;
  std::array<std::string, 2> pending;
  ParseOutcome::Status status{};
  DcerpcParser parser{settings};
};

const DcerpcBuilder kB;

std::string conversation(const DcerpcBuilder& b, Direction d) {
  if (d == kClient)
    return b.bind({{0, kEndpointMapper, 3, 0}, {1, kOtherInterface, 1, 2}}) +
           b.of_call(2).fragment(1).request(7, "ab", 1) + b.of_call(2).fragment(0).request(7, "cd", 1) +
           b.of_call(2).fragment(2).request(7, "ef", 1) + b.of_call(3).request(9, "x");
  return b.bind_ack({0, 0}) + b.of_call(3).response("r") + b.of_call(2).fragment(1).response("12") +
         b.of_call(2).fragment(2).response("34");
}

// The calls of a connection or pipe by themselves, for an Association that no parser holds.
struct CallMap final : Calls {
  Call& add(Direction request) override {
    Call& call = calls.try_emplace(calls.size(), request).first->second;
    call.key = calls.size() - 1;
    return call;
  }
  Call* find(std::uint64_t key) override {
    const auto found = calls.find(key);
    return found == calls.end() ? nullptr : &found->second;
  }
  void changed(Call& call) override { changes.push_back(call.key); }
  std::string all() const {
    std::string out;
    for (const auto& [key, call] : calls) out += call_text(call) + ";";
    return out;
  }
  std::map<std::uint64_t, Call> calls;
  std::vector<std::uint64_t> changes;
};

}  // namespace

TEST_CASE("dcerpc: calls are put together from fragments, in pieces of any size and in both byte orders") {
  for (const bool little : {true, false})
    for (std::size_t step = 1; step < 130; ++step) {
      CAPTURE(step);
      Connection c;
      c.step = step;
      c.say(kClient, conversation({.little = little}, kClient))
          .say(kServer, conversation({.little = little}, kServer));
      CHECK(c.all() ==
            "BIND*1''>BINDACK*1'';7 REQUEST*3'abcdef'>RESPONSE*2'........12........34';"
            "9 REQUEST*1'x'>RESPONSE*1'........r';");
      CHECK(c.tx(1).call.request().stub_bytes == 6);
      CHECK(c.tx(1).call.request().little_endian == little);
      REQUIRE(c.tx(1).call.interface.has_value());
      const auto uuid = uuid_text(c.tx(1).call.interface->uuid);
      CHECK(std::string_view(uuid.data(), uuid.size()) == kOtherInterface);
      CHECK(c.tx(1).call.interface->version == 1);
      CHECK(c.tx(1).call.interface->minor_version == 2);
      for (std::uint64_t id = 0; id < 3; ++id) {
        CHECK(c.tx(id).progress[0] == 1);
        CHECK(c.tx(id).progress[1] == 1);
      }
    }
}

TEST_CASE("dcerpc: every truncation of a conversation is taken, and no call invented") {
  const std::string client = conversation(kB, kClient), server = conversation(kB, kServer);
  for (std::size_t n = 0; n < client.size(); ++n)
    for (std::size_t m = 0; m < server.size(); m += 7) {
      Connection c;
      c.say(kClient, std::string_view(client).substr(0, n))
          .say(kServer, std::string_view(server).substr(0, m));
      CHECK(c.status == ParseOutcome::Status::ok);
      CHECK(c.parser.transactions().live() <= 3 + 3);
    }
}

TEST_CASE("dcerpc: what the server says to each context of a bind decides which interface a call has") {
  Connection c;
  c.say(kClient, kB.bind({{4, kEndpointMapper, 3, 0}, {5, kOtherInterface, 1, 0}}))
      .say(kServer, kB.bind_ack({2, 0}, "\\PIPE\\x"));
  const Call& bind = c.tx(0).call;
  REQUIRE(bind.interfaces.size() == 2);
  CHECK(bind.interfaces[0].result->result == 2);
  CHECK(bind.interfaces[0].result->reason == 2);
  CHECK(bind.interfaces[1].result->result == 0);
  c.say(kClient,
        kB.of_call(2).request(1, "", 4) + kB.of_call(3).request(1, "", 5) + kB.of_call(4).request(1, "", 6));
  CHECK_FALSE(c.tx(1).call.interface.has_value());
  CHECK(c.tx(2).call.interface.has_value());
  CHECK_FALSE(c.tx(3).call.interface.has_value());
  // An alter context adds to them, and may say otherwise of one.
  c.say(kClient, kB.of_call(9).bind({{6, kOtherInterface, 1, 0}, {4, kOtherInterface, 1, 0}}, 14))
      .say(kServer, kB.of_call(9).bind_ack({0, 0}, "", 15))
      .say(kClient, kB.of_call(10).request(1, "", 6) + kB.of_call(11).request(1, "", 4));
  CHECK(call_text(c.tx(4).call) == "ALTER_CONTEXT*1''>ALTER_CONTEXT_RESP*1''");
  CHECK(c.tx(5).call.interface.has_value());
  CHECK(c.tx(6).call.interface.has_value());
}

TEST_CASE("dcerpc: answers that are no responses end their call; cancels and authentication belong to none") {
  Connection c;
  c.say(kClient, kB.bind({{0, kEndpointMapper, 3, 0}})).say(kServer, kB.pdu(13, std::string(4, '\0')));
  c.say(kClient,
        kB.of_call(2).request(1, "a") + kB.of_call(2).pdu(18, "") + kB.pdu(16, "auth") + kB.pdu(77, "?"))
      .say(kServer, kB.of_call(2).pdu(3, std::string(16, '!')));
  CHECK(c.all() == "BIND*1''>BINDNAK*1'';1 REQUEST*1'a'>FAULT*1'!!!!!!!!!!!!!!!!';");
  CHECK(c.tx(1).progress[1] == 1);
}

TEST_CASE(
    "dcerpc: a number that is used again begins another call, and an answer without a request is told of") {
  Connection c;
  c.say(kClient, kB.of_call(5).request(1, "a") + kB.of_call(5).request(2, "b"));
  CHECK(c.all() == "1 REQUEST*1'a'>-;2 REQUEST*1'b'>-;");
  CHECK(c.tx(0).progress[1] == 1);  // nothing will answer it
  CHECK(c.tx(1).progress[1] == 0);
  c.say(kServer, kB.of_call(5).response("") + kB.of_call(6).response("late"));
  CHECK(c.all() == "1 REQUEST*1'a'>-;2 REQUEST*1'b'>RESPONSE*1'........';lost>RESPONSE*1'........late';");
  CHECK(c.tx(2).progress[0] == 1);
}

TEST_CASE("dcerpc: after a gap and midway parsing goes on with the next header") {
  Connection c;
  CHECK(c.parser.begin_midway());
  const std::string tail = "\5\5\0\x10 and the rest of a PDU";
  c.say(kClient, tail + kB.of_call(3).fragment(2).request(7, "end"));
  CHECK(c.all() == "7 REQUEST*1'end'>-;");
  CHECK_FALSE(c.tx(0).call.request().first_seen);
  c.pending = {};
  CHECK(c.parser.on_gap(kClient, 100));
  CHECK(c.parser.on_gap(kServer, 100));
  CHECK(c.tx(0).call.answer().lost);
  c.step = 3;
  c.say(kClient, std::string(50, '\5') + kB.of_call(4).request(8, "x"))
      .say(kServer, "junk" + kB.of_call(4).response("y"));
  CHECK(c.all() == "7 REQUEST*1'end'>lost;8 REQUEST*1'x'>RESPONSE*1'........y';");
}

TEST_CASE("dcerpc: bytes that are no header end it") {
  for (const std::string& bad :
       {kB.request(1, "x").replace(0, 1, "\4"), kB.request(1, "x").replace(1, 1, "\2"),
        kB.request(1, "x").replace(8, 2, std::string("\xf\0", 2))}) {
    Connection c;
    c.say(kClient, bad);
    CHECK(c.status == ParseOutcome::Status::error);
  }
}

TEST_CASE("dcerpc: of stub data beyond the limit only the size is kept") {
  Connection c({.calls = {.stub_bytes = 5}});
  c.say(kClient, kB.fragment(1).request(1, "abc") + kB.fragment(2).request(1, "defghi"));
  CHECK(c.all() == "1 REQUEST*2'abcde'>-;");
  CHECK(c.tx(0).call.request().stub_bytes == 9);
  c.datagram(kClient, kB.datagram(0, "abc", 4, 0)).datagram(kClient, kB.datagram(0, "defghi", 6, 1));
  CHECK(c.tx(1).call.request().stub == "abcde");
  CHECK(c.tx(1).call.request().stub_bytes == 9);
}

TEST_CASE("dcerpc: of calls without an answer only the last ones are remembered") {
  Connection c;
  for (std::uint32_t i = 0; i <= kMaxOpenCalls; ++i) c.say(kClient, kB.of_call(i).request(1, ""));
  CHECK(c.tx(0).progress[1] == 1);
  CHECK(c.tx(1).progress[1] == 0);
  c.say(kServer, kB.of_call(0).response("") + kB.of_call(1).response(""));
  CHECK(c.tx(1).progress[1] == 1);
  CHECK(c.tx(kMaxOpenCalls + 1).call.request().lost);
}

TEST_CASE("dcerpc: each PDU is a frame, and so are its header and what follows") {
  test::FrameRecorder r(proto_dcerpc);
  r.feed(kClient, kB.request(1, "ab") + kB.pdu(17, ""));
  CHECK(r.frames(kClient) == "pdu 0+26, hdr 0+16, data 16+10, pdu 26+16, hdr 26+16");
  const std::string datagram = kB.datagram(0, "ab");
  test::FrameRecorder u(proto_dcerpc);
  u.datagram(kClient, as_bytes(datagram));
  CHECK(u.frames(kClient) == "pdu 0+82, hdr 0+80, data 80+2");
}

TEST_CASE("dcerpc: stream rules look at what there is with every PDU, not before it is whole") {
  test::FrameRecorder r(proto_dcerpc);
  const std::string request = kB.request(1, "ab");
  CHECK_FALSE(r.feed(kClient, request.substr(0, 20)).flush_stream_inspection);
  CHECK(r.feed(kClient, request.substr(20)).flush_stream_inspection);
}

TEST_CASE("dcerpc datagrams: a call and its answer, in both byte orders") {
  for (const bool little : {true, false}) {
    const DcerpcBuilder b{.little = little, .call = 6};
    Connection c;
    c.datagram(kClient, b.datagram(0, "abc")).datagram(kServer, b.datagram(2, "12"));
    CHECK(c.all() == "3 REQUEST*1'abc'>RESPONSE*1'12';");
    const Call& call = c.tx(0).call;
    CHECK(call.call_id == 6);
    CHECK(uuid_text(call.interface->uuid) == uuid_text(*parse_uuid(kEndpointMapper)));
    CHECK(call.interface->version == 3);
    const auto activity = uuid_text(*call.activity);
    CHECK(std::string_view(activity.data(), 36)
              .starts_with(little ? "ecbaabdb-001d-4354-b250" : "dbabbaec-1d00-5443-b250"));
    CHECK(c.tx(0).progress[1] == 1);
  }
}

TEST_CASE(
    "dcerpc datagrams: fragments in any order and repeated make one call; what comes after its end is none") {
  Connection c;
  c.datagram(kClient, kB.datagram(0, "ef", 6, 2)).datagram(kClient, kB.datagram(0, "ab", 4, 0));
  CHECK(c.tx(0).progress[0] == 0);
  c.datagram(kClient, kB.datagram(0, "AB", 4, 0)).datagram(kClient, kB.datagram(0, "cd", 4, 1));
  CHECK(c.all() == "3 REQUEST*3'abcdef'>-;");
  for (int i = 0; i < 2; ++i)
    c.datagram(kServer, kB.datagram(2, "x", 4, 0)).datagram(kServer, kB.datagram(2, "y", 6, 1));
  c.datagram(kClient, kB.datagram(0, "zz"))
      .datagram(kClient, kB.datagram(7, ""))
      .datagram(kServer, kB.datagram(4, ""));
  CHECK(c.all() == "3 REQUEST*3'abcdef'>RESPONSE*2'xy';");
}

TEST_CASE("dcerpc datagrams: what is said to lie behind the last fragment is none of the call") {
  Connection c;
  c.datagram(kClient, kB.datagram(0, "ab", 4, 0)).datagram(kClient, kB.datagram(0, "XX", 4, 7));
  CHECK(c.tx(0).call.held() >= 4);
  c.datagram(kClient, kB.datagram(0, "ef", 6, 2));
  CHECK(c.tx(0).progress[0] == 0);
  c.datagram(kClient, kB.datagram(0, "cd", 4, 1));
  CHECK(c.all() == "3 REQUEST*4'abcdef'>-;");
}

TEST_CASE(
    "dcerpc datagrams: calls that want no answer, faults, answers to nothing, both sides in one direction") {
  Connection c;
  c.datagram(kClient, kB.datagram(0, "maybe", 0x10));
  CHECK(c.tx(0).progress[1] == 1);
  c.datagram(kClient, kB.of_call(2).datagram(0, "a")).datagram(kServer, kB.of_call(2).datagram(3, "\1"));
  c.datagram(kServer, kB.of_call(3).datagram(2, "late"));
  c.datagram(kClient, kB.of_call(4).datagram(0, "q")).datagram(kClient, kB.of_call(4).datagram(2, "r"));
  CHECK(
      c.all() ==
      "3 REQUEST*1'maybe'>-;3 REQUEST*1'a'>FAULT*1'\1';lost>RESPONSE*1'late';3 REQUEST*1'q'>RESPONSE*1'r';");
}

TEST_CASE("dcerpc datagrams: every truncation of the header is an error, of the body none") {
  const std::string whole = kB.datagram(0, "abc");
  for (std::size_t n = 0; n < whole.size(); ++n) {
    Connection c;
    c.datagram(kClient, whole.substr(0, n));
    CHECK((c.status == ParseOutcome::Status::ok) == (n >= kDatagramHeaderBytes));
  }
}

TEST_CASE("dcerpc association: a pipe's bytes, cut anyhow, give the same calls as whole PDUs") {
  const std::string client = conversation(kB, kClient), server = conversation(kB, kServer);
  for (std::size_t step = 1; step < client.size(); ++step) {
    CAPTURE(step);
    CallMap calls;
    Association pipe{CallLimits{}};
    for (std::size_t at = 0; at < client.size(); at += step)
      CHECK(pipe.feed(kClient, as_bytes(std::string_view(client).substr(at, step)), calls));
    for (std::size_t at = 0; at < server.size(); at += step)
      CHECK(pipe.feed(kServer, as_bytes(std::string_view(server).substr(at, step)), calls));
    CHECK(calls.all() ==
          "BIND*1''>BINDACK*1'';7 REQUEST*3'abcdef'>RESPONSE*2'........12........34';"
          "9 REQUEST*1'x'>RESPONSE*1'........r';");
    CHECK(calls.changes.back() == 1);
    CHECK_FALSE(pipe.feed(kClient, as_bytes(std::string(20, 'x')), calls));
    CHECK_FALSE(pipe.feed(kClient, as_bytes(client), calls));
  }
}

TEST_CASE("dcerpc association: what a pipe has lost is passed over up to the next header") {
  CallMap calls;
  Association pipe{CallLimits{}};
  const std::string request = kB.request(1, "abc");
  CHECK(pipe.feed(kClient, as_bytes(std::string_view(request).substr(0, 20)), calls));
  pipe.lose(kClient, calls);
  CHECK(pipe.feed(kClient, as_bytes("rest" + request), calls));
  CHECK(calls.all() == "1 REQUEST*1'abc'>-;");
}

TEST_CASE("dcerpc: a UUID as text, there and back") {
  for (const std::string_view bad :
       {"", "e1af8308-5d1f-11c9-91a4-08002b14a0f", "e1af8308-5d1f-11c9-91a4-08002b14a0fab",
        "e1af83085d1f11c991a408002b14a0fa", "g1af8308-5d1f-11c9-91a4-08002b14a0fa",
        "e1af8308-5d1f-11c9-91a4_08002b14a0fa"})
    CHECK_FALSE(parse_uuid(bad).has_value());
  const auto text = uuid_text(*parse_uuid("E1AF8308-5d1f-11c9-91a4-08002b14a0fa"));
  CHECK(std::string_view(text.data(), text.size()) == kEndpointMapper);
}
