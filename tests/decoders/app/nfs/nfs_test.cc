#include "decoders/app/nfs/nfs.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "decoders/app/protocol.h"
#include "decoders/app/protocol_ids.h"
#include "tests/decoders/app/frame_recorder.h"
#include "tests/decoders/app/nfs/nfs_connection.h"

using namespace weir;
using namespace weir::test;

namespace {

ProbeResult probe_nfs(Direction d, std::string_view data) {
  return protocol_info(AppProto::nfs).probe(d, as_bytes(data));
}

// A call of each procedure of NFS 2 and 3, with arguments that suit the most of them.
std::vector<std::string> calls_of_all_kinds() {
  std::vector<std::string> out;
  for (std::uint32_t procedure = 0; procedure <= 22; ++procedure) {
    const std::string arguments =
        procedure == 7 ? write3(kFile, 0, "data", 2) : entry3(kFolder, "name") + entry3(kFolder, "name");
    out.push_back(rpc_call(procedure, 3, procedure, arguments));
    out.push_back(rpc_call(100 + procedure, 2, procedure,
                           kFile + std::string(Xdr{}.opaque("name")) + kFile + std::string(40, '\0')));
  }
  return out;
}

}  // namespace

TEST_CASE("nfs: calls and replies are told from other things, and which way they go") {
  const std::string call = rpc_call(1, 3, 0), reply = rpc_reply(1);
  CHECK(probe_nfs(Direction::to_server, call) == ProbeResult::yes);
  CHECK(probe_nfs(Direction::to_server, marked(call)) == ProbeResult::yes);
  CHECK(probe_nfs(Direction::to_client, marked(reply)) == ProbeResult::yes);
  CHECK(probe_nfs(Direction::to_client, call) == ProbeResult::yes_reversed);
  CHECK(probe_nfs(Direction::to_server, marked(reply)) == ProbeResult::yes_reversed);
  CHECK(probe_nfs(Direction::to_server, call.substr(0, 15)) == ProbeResult::need_more);
  CHECK(probe_nfs(Direction::to_server, call_head(1, 2, 3, 100005)) == ProbeResult::no);  // MOUNT
  CHECK(probe_nfs(Direction::to_server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n") == ProbeResult::no);
}

TEST_CASE("nfs2: files are read up to the size that is said, what is written is told") {
  NfsConnection c;
  const std::string attributes = std::string(20, '\0') + std::string(Xdr{}.u32(8)) + std::string(44, '\0');
  c.client(rpc_call(1, 2, 4, kFolder + std::string(Xdr{}.opaque("old.txt"))));
  c.server(rpc_reply(1, std::string(Xdr{}.u32(0)) + kFile + attributes));
  for (const std::uint32_t at : {0U, 4U}) {
    c.client(rpc_call(2 + at, 2, 6, kFile + std::string(Xdr{}.u32(at).u32(4).u32(0))));
    c.server(rpc_reply(2 + at, std::string(Xdr{}.u32(0)) + attributes +
                                   std::string(Xdr{}.opaque(at == 0 ? "1234" : "5678"))));
  }
  c.client(rpc_call(9, 2, 8, kFile + std::string(Xdr{}.u32(0).u32(0).u32(0).opaque("written"))));
  c.server(rpc_reply(9, std::string(Xdr{}.u32(0)) + attributes));
  c.client(rpc_call(10, 2, 11,
                    kFolder + std::string(Xdr{}.opaque("a")) + kFolder + std::string(Xdr{}.opaque("b"))));
  c.server(rpc_reply(10, Xdr{}.u32(0)));
  c.client(rpc_call(11, 2, 17, kFolder)).server(rpc_reply(11, Xdr{}.u32(0).zeros(20)));
  CHECK(c.all() == "LOOKUP old.txt; READ old.txt[8 12345678]; WRITE old.txt; RENAME a->b; STATFS; ");
}

TEST_CASE("nfs: access lists beside NFS 3 are told by their own names") {
  NfsConnection c;
  for (const std::uint32_t procedure : {0U, 1U, 2U}) {
    c.client(call_head(procedure, 3, procedure, 100227) + std::string(Xdr{}.opaque(kFile).u32(0)));
    c.server(rpc_reply(procedure, Xdr{}.u32(0)));
  }
  CHECK(c.all() == "NULL; GETACL; SETACL; ");
}

TEST_CASE("nfs: what a server asks its client is no call of NFS") {
  NfsConnection c;
  c.client(rpc_call(1, 3, 0))
      .server(call_head(9, 1, 0, 0x40000000))
      .client(rpc_reply(9))
      .server(rpc_reply(1));
  CHECK(c.all() == "NULL; ");
}

TEST_CASE("nfs: what is missing of a file is a gap, what is missing elsewhere is passed over") {
  NfsConnection c;
  const std::string data(6000, 'd');
  c.client(rpc_call(1, 3, 6, read3(kFile, 0, 6000)));
  const std::string answer = marked(rpc_reply(1, data3(data, true)));
  c.say(Direction::to_client, answer.substr(0, 3000)).gap(Direction::to_client, 1000);
  c.say(Direction::to_client, answer.substr(4000));
  CHECK(c.all() == "READ[6000 gaps truncated dddddddddddddddddddddddddddddddd]; ");
  // The beginning of a message is lost: the next one is heard.
  const std::string look = marked(rpc_call(2, 3, 3, entry3(kFolder, "a")));
  c.say(Direction::to_server, look.substr(0, 10)).gap(Direction::to_server, look.size() - 10);
  c.client(rpc_call(3, 3, 3, entry3(kFolder, "b")));
  // More is lost than the message had.
  c.say(Direction::to_server, look.substr(0, 10)).gap(Direction::to_server, look.size() + 7);
  c.say(Direction::to_server, "rest of something").client(rpc_call(4, 3, 3, entry3(kFolder, "c")));
  CHECK(c.all() == "READ[6000 gaps truncated dddddddddddddddddddddddddddddddd]; LOOKUP b?; LOOKUP c?; ");
}

TEST_CASE("nfs: a connection is joined midway, at any byte") {
  const std::string both = marked(rpc_call(1, 3, 3, entry3(kFolder, "first"))) +
                           marked(rpc_call(2, 3, 3, entry3(kFolder, "next")));
  for (std::size_t at = 1; at < both.size() / 2; ++at) {
    CAPTURE(at);
    NfsConnection c;
    REQUIRE(c.parser.begin_midway());
    c.say(Direction::to_server, both.substr(at));
    CHECK(c.all() == "LOOKUP next?; ");
  }
}

TEST_CASE("nfs: every truncation of every kind of call is taken, and told of") {
  for (const std::string& whole : calls_of_all_kinds())
    for (std::size_t n = 0; n < whole.size(); ++n) {
      CAPTURE(n);
      NfsConnection c;
      c.client(whole.substr(0, n)).client(rpc_call(7, 3, 0));
      CHECK(c.outcome.status == ParseOutcome::Status::ok);
      REQUIRE(c.parser.transactions().live() != 0);
      CHECK(c.tx(c.parser.transactions().next_id() - 1).procedure_text() == "NULL");
    }
  NfsConnection cut;
  cut.client(rpc_call(1, 3, 3, Xdr{}.opaque(kFolder).u32(200).raw("short")));
  CHECK(cut.raised(0, nfs::Event::malformed_data));
}

TEST_CASE("nfs: every truncation of answers is taken") {
  const std::vector<std::pair<std::uint32_t, std::string>> answers = {
      {3, found3(kFile)},
      {6, data3("some data", true)},
      {7, written3(4, 2)},
      {8, made3(kFile)},
      {17,
       Xdr{}.u32(0).u32(0).u64(7).u32(1).u64(5).opaque("name").u64(6).u32(0).u32(1).opaque(kFile).u32(0).u32(
           1)}};
  for (const auto& answer : answers)
    for (std::size_t n = 0; n <= answer.second.size(); ++n) {
      const std::uint32_t procedure = answer.first;
      CAPTURE(procedure);
      CAPTURE(n);
      NfsConnection c;
      const std::string arguments = procedure == 7   ? write3(kFile, 0, "data", 2)
                                    : procedure == 6 ? read3(kFile, 0, 9)
                                                     : entry3(kFolder, "name");
      c.client(rpc_call(1, 3, procedure, arguments)).server(rpc_reply(1, answer.second.substr(0, n)));
      c.client(rpc_call(2, 3, 0)).server(rpc_reply(2));
      CHECK(c.tx(c.parser.transactions().next_id() - 1).status == 0);
    }
}

TEST_CASE("nfs: versions that there are not, lengths that cannot be and empty messages are told of") {
  NfsConnection c;
  c.client(rpc_call(1, 9, 0));
  CHECK(c.raised(0, nfs::Event::nonexistent_version));
  c.client("");
  CHECK(c.raised(0, nfs::Event::empty_message));
  c.say(Direction::to_server, std::string(Xdr{}.u32(0xf0000000))).client(rpc_call(2, 3, 0));
  CHECK(c.raised(0, nfs::Event::malformed_data));
  CHECK(c.all() == "NULL?; NULL?; ");
  c.client(call_head(3, 9, 1, 100227));
  CHECK(c.raised(2, nfs::Event::unsupported_version));
  NfsConnection none;
  none.client(std::string(40, 'x'));
  CHECK(none.raised(0, nfs::Event::malformed_data));
  CHECK(none.all() == "(none); ");
}

TEST_CASE("nfs: open transactions, calls without a reply and open files are bounded") {
  NfsConnection few{{.max_tx = 4}};
  for (std::uint32_t i = 0; i < 10; ++i) few.client(rpc_call(i, 3, 0));
  CHECK(few.raised(0, nfs::Event::too_many_transactions));
  CHECK(few.tx(0).ended());
  NfsConnection c;
  for (std::uint32_t i = 0; i < 5000; ++i) c.client(rpc_call(i, 3, 6, read3(kFile, i, 1)));
  for (std::uint32_t i = 0; i < 5000; ++i) c.server(rpc_reply(i, data3("x", false)));
  CHECK(c.tx(0).transfer->pieces == 512);
  NfsConnection files;
  for (std::uint32_t i = 0; i < nfs::kMaxTransfers + 1; ++i)
    files.client(rpc_call(i, 3, 7, write3(std::string(16, 'h') + std::to_string(1000 + i), 0, "1234", 0)));
  CHECK(files.tx(0).files(Direction::to_server)->front()->state == FileState::truncated);
  CHECK(files.tx(1).files(Direction::to_server)->front()->state == FileState::open);
}

TEST_CASE("nfs: messages are frames, and what they consist of, in pieces of any size") {
  const std::string call = marked(rpc_call(1, 3, 3, entry3(kFolder, "a"))),
                    reply = marked(rpc_reply(1, found3(kFile)));
  for (const std::size_t step : {std::size_t{1}, std::size_t{5}, call.size()}) {
    CAPTURE(step);
    FrameRecorder r(protocol_info(AppProto::nfs));
    for (std::size_t at = 0; at < call.size(); at += step)
      r.feed(Direction::to_server, std::string_view(call).substr(at, step));
    for (std::size_t at = 0; at < reply.size(); at += step)
      r.feed(Direction::to_client, std::string_view(reply).substr(at, step));
    CHECK(r.frames(Direction::to_server) ==
          "rpc.pdu 0+116, rpc.hdr 0+12, rpc.data 12+104, rpc.creds 28+36, nfs.pdu 72+44");
    CHECK(r.frames(Direction::to_client) ==
          "rpc.pdu 0+76, rpc.hdr 0+12, rpc.data 12+64, nfs.pdu 28+48, nfs.status 28+4");
  }
  FrameRecorder r(protocol_info(AppProto::nfs));
  const std::string compound = rpc_call(1, 4, 1, Xdr{}.opaque("tag").u32(0).u32(0));
  r.datagram(Direction::to_server, as_bytes(compound));
  CHECK(r.frames(Direction::to_server) ==
        "rpc.pdu 0+84, rpc.hdr 0+8, rpc.data 8+76, rpc.creds 24+36, nfs4.pdu 68+16, nfs4.hdr 68+12, nfs4.ops "
        "80+4");
}
