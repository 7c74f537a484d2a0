#include "decoders/app/nfs/nfs.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

#include "tests/decoders/app/nfs/nfs_connection.h"

using namespace weir;
using namespace weir::test;

namespace {

using Parts = std::initializer_list<std::string>;

std::string joined(Parts parts) {
  std::string out;
  for (const std::string& part : parts) out += part;
  return out;
}
std::string compound(std::uint32_t xid, Parts operations, std::uint32_t minor_version = 1) {
  return rpc_call(
      xid, 4, 1,
      std::string(Xdr{}.opaque("tag").u32(minor_version).u32(operations.size())) + joined(operations));
}
std::string answer(std::uint32_t xid, Parts results, std::uint32_t status = 0) {
  return rpc_reply(xid, std::string(Xdr{}.u32(status).opaque("tag").u32(results.size())) + joined(results));
}
// An operation with its arguments; a result that is good.
std::string op(std::uint32_t number, const std::string& arguments = {}) {
  return std::string(Xdr{}.u32(number)) + arguments;
}
std::string good(std::uint32_t number, const std::string& result = {}) {
  return std::string(Xdr{}.u32(number).u32(0)) + result;
}

const std::string kSequence = op(53, Xdr{}.zeros(32)), kSequenceResult = good(53, Xdr{}.zeros(36));
const std::string kBits = Xdr{}.u32(2).u32(0x10).u32(0);  // the size
const std::string kSize = std::string(Xdr{}.u32(1).u32(0x10)) + std::string(Xdr{}.u32(8).u64(99));
const std::string kChange = Xdr{}.zeros(20);

std::string put(const std::string& handle) {
  return op(22, Xdr{}.opaque(handle));
}
std::string named(std::uint32_t number, std::string_view name) {
  return op(number, Xdr{}.opaque(name));
}
std::string open_by_name(std::string_view name) {
  return op(
      18,
      std::string(
          Xdr{}.u32(0).u32(3).u32(0).u64(7).opaque("owner").u32(1).u32(0).u32(0).u32(0).u32(0).opaque(name)));
}
std::string opened() {
  return good(18, std::string(16, 's') + kChange + std::string(Xdr{}.u32(0).u32(0).u32(0)));
}
std::string write4(std::uint64_t offset, std::string_view data, std::uint32_t stable = 0) {
  return op(38, std::string(16, 's') + std::string(Xdr{}.u64(offset).u32(stable).opaque(data)));
}
std::string read4(std::uint64_t offset) {
  return op(25, std::string(16, 's') + std::string(Xdr{}.u64(offset).u32(99)));
}
std::string data4(std::string_view data, bool is_end) {
  return good(25, Xdr{}.u32(is_end ? 1 : 0).opaque(data));
}
const std::string kWritten = good(38, Xdr{}.u32(9).u32(0).zeros(8));

// A file is looked for, opened, written, read, and closed.
void use_file(NfsConnection& c) {
  c.client(compound(1, {kSequence, op(24), named(15, "home"), named(15, "me"), op(10), op(9, kBits)}));
  c.server(answer(
      1, {kSequenceResult, good(24), good(15), good(15), good(10, Xdr{}.opaque(kFolder)), good(9, kSize)}));
  c.client(compound(
      2, {kSequence, put(kFolder), open_by_name("notes"), op(10), op(3, Xdr{}.u32(1)), op(9, kBits)}));
  c.server(answer(2, {kSequenceResult, good(22), opened(), good(10, Xdr{}.opaque(kFile)),
                      good(3, Xdr{}.u64(0)), good(9, kSize)}));
  c.client(compound(3, {kSequence, put(kFile), write4(0, "first, "), op(9, kBits)}));
  c.server(answer(3, {kSequenceResult, good(22), kWritten, good(9, kSize)}));
  c.client(compound(4, {kSequence, put(kFile), write4(7, "second"), op(9, kBits), write4(13, ", third")}));
  c.server(answer(4, {kSequenceResult, good(22), kWritten, good(9, kSize), kWritten}));
  c.client(compound(5, {kSequence, put(kFile), read4(0), read4(9)}));
  c.server(answer(5, {kSequenceResult, good(22), data4("first, se", false), data4("cond", true)}));
  c.client(compound(6, {kSequence, put(kFile), op(4, Xdr{}.u32(0).zeros(16))}));
  c.server(answer(6, {kSequenceResult, good(22), good(4, Xdr{}.zeros(16))}));
}
const std::string kUsed =
    "LOOKUP me; OPEN notes; WRITE notes[20 first, second, third]; READ notes[13 first, second]; CLOSE "
    "notes; ";

}  // namespace

TEST_CASE("nfs4: files are opened, written, read and closed, in pieces and fragments of any size") {
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{64}, SIZE_MAX})
    for (const std::size_t fragment : {std::size_t{1}, std::size_t{50}, SIZE_MAX}) {
      CAPTURE(step);
      CAPTURE(fragment);
      NfsConnection c;
      c.step = step;
      c.fragment = fragment;
      use_file(c);
      CHECK(c.all() == kUsed);
      CHECK(c.tx(0).handle_hash == nfs::hash_of(as_bytes(kFolder)));
      CHECK(c.tx(1).handle_hash == nfs::hash_of(as_bytes(kFolder)));  // where it was opened
      CHECK(c.tx(2).transfer->pieces == 3);
      CHECK(c.tx(2).transfer->last_xid == 6);
      CHECK(c.tx(2).status == 0);
    }
}

TEST_CASE("nfs4: messages that are long, with data in the middle of them") {
  const std::string much(300'000, 'm');
  for (const std::size_t step : {std::size_t{1000}, SIZE_MAX})
    for (const std::size_t fragment : {std::size_t{4000}, std::size_t{200'000}, SIZE_MAX}) {
      NfsConnection c;
      c.step = step;
      c.fragment = fragment;
      c.client(compound(1, {put(kFile), write4(0, much), write4(300'000, "1", 2), named(28, "victim")}));
      c.server(answer(1, {good(22), kWritten, kWritten, good(28, kChange)}));
      c.client(compound(2, {put(kFile), read4(0), op(9, kBits)}));
      c.server(answer(2, {good(22), data4(much, true), good(9, kSize)}));
      CHECK(c.all() ==
            "WRITE[300001 mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm]; REMOVE victim; "
            "READ[300000 mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm]; ");
    }
}

TEST_CASE("nfs4: every operation that does something is told, with its own status") {
  NfsConnection c;
  c.client(compound(1, {put(kFolder), op(32), named(28, "a"), op(29, Xdr{}.opaque("b").opaque("c")), op(31),
                        op(6, std::string(Xdr{}.u32(5).opaque("target").opaque("link").u32(0).u32(0))),
                        op(11, Xdr{}.opaque("d"))}));
  c.server(answer(1,
                  {good(22), good(32), good(28, kChange), good(29, kChange + kChange), good(31),
                   std::string(Xdr{}.u32(6).u32(17))},
                  17));
  CHECK(c.all() == "REMOVE a; RENAME b->c; CREATE link ERR_EXIST; LINK d; ");
  CHECK_FALSE(c.tx(3).status);
  c.client(rpc_call(2, 4, 0)).server(rpc_reply(2)).client(compound(3, {})).server(answer(3, {}));
  c.client(compound(4, {kSequence})).server(answer(4, {std::string(Xdr{}.u32(53).u32(10052))}, 10052));
  CHECK(c.all().ends_with("LINK d; NULL; COMPOUND; SEQUENCE ERR_BADSESSION; "));
}

TEST_CASE("nfs4: a listing with handles names files") {
  NfsConnection c;
  const auto entry = [](std::string_view name, std::string_view handle) {  // type, access list, handle
    const std::string values = Xdr{}.u32(1).u32(1).u32(0).u32(0).u32(7).opaque("EVERYONE@").opaque(handle);
    return std::string(
        Xdr{}.u32(1).u64(5).opaque(name).u32(1).u32(1U << 1U | 1U << 12U | 1U << 19U).opaque(values));
  };
  c.client(compound(1, {put(kFolder), op(26, Xdr{}.u64(0).u64(0).u32(99).u32(99).u32(1).u32(0x81002))}));
  c.server(answer(1, {good(22), good(26, std::string(Xdr{}.u64(0)) + entry("inside", kFile) +
                                             std::string(Xdr{}.u32(0).u32(1)))}));
  c.client(compound(2, {put(kFile), op(3, Xdr{}.u32(1))}))
      .server(answer(2, {good(22), good(3, Xdr{}.u64(0))}));
  CHECK(c.all() == "READDIR; ACCESS inside; ");
}

TEST_CASE("nfs4: reads that fail or bring nothing are told, and calls that are refused") {
  NfsConnection c;
  c.client(compound(1, {put(kFile), read4(0)}))
      .server(answer(1, {good(22), std::string(Xdr{}.u32(25).u32(10038))}, 10038));
  c.client(compound(2, {put(kFile), read4(0)})).server(answer(2, {good(22), data4("", true)}));
  for (const std::uint32_t xid : {3U, 4U}) {
    c.client(compound(xid, {put(kFile), xid == 3 ? read4(0) : named(28, "x")}));
    c.server(Xdr{}.u32(xid).u32(1).u32(1).u32(1).u32(5));
  }
  CHECK(c.all() == "READ ERR_OPENMODE; READ; READ denied; REMOVE x denied; ");
}

TEST_CASE("nfs4: a write at the end of its message is answered, over both transports") {
  NfsConnection c;
  c.client(compound(1, {put(kFile), write4(0, "four")})).server(answer(1, {good(22), kWritten}));
  CHECK(c.tx(0).status == 0);
  c.datagram(Direction::to_server, compound(2, {put(kFolder), write4(0, "four")}));
  c.datagram(Direction::to_client, answer(2, {good(22), std::string(Xdr{}.u32(38).u32(28))}, 28));
  CHECK(c.all() == "WRITE[4 open four]?; WRITE ERR_NOSPC[4 open four]?; ");
}

TEST_CASE("nfs4: where nothing is heard of the server, closing a file ends it") {
  NfsConnection c;
  c.client(compound(1, {put(kFile), write4(0, "text")}))
      .client(compound(2, {put(kFile), op(4, Xdr{}.u32(0).zeros(16))}));
  CHECK(c.all() == "WRITE[4 text]; CLOSE?; ");
}

TEST_CASE("nfs4: minor versions that there are not, and operations that break off, are told of") {
  NfsConnection c;
  c.client(compound(1, {put(kFolder), named(28, "x")}, 7));
  CHECK(c.raised(0, nfs::Event::unsupported_version));
  c.client(rpc_call(2, 4, 1, Xdr{}.u32(0).u32(0).u32(2).u32(28).opaque("y").u32(28).u32(99)));
  CHECK(c.raised(2, nfs::Event::malformed_data));
  CHECK(c.all() == "REMOVE x?; REMOVE y?; REMOVE?; ");
  c.client(compound(3, {op(60, "not read on"), named(28, "z")}));  // COPY
  CHECK(c.all().ends_with("COPY?; "));
  CHECK(c.tx(3).events.empty());
}

TEST_CASE("nfs4: what is missing of data is a gap, and behind it the message is read on") {
  NfsConnection c;
  const std::string call =
      marked(compound(1, {put(kFile), write4(0, std::string(2000, 'd')), named(28, "x")}));
  c.say(Direction::to_server, call.substr(0, 1500)).gap(Direction::to_server, 300);
  c.say(Direction::to_server, call.substr(1800));
  CHECK(c.all() == "WRITE[2000 gaps open dddddddddddddddddddddddddddddddd]?; REMOVE x?; ");
  c.say(Direction::to_server, call.substr(0, 1500)).gap(Direction::to_server, call.size() - 1510);
  c.say(Direction::to_server, call.substr(call.size() - 10))
      .client(compound(2, {put(kFolder), named(28, "y")}));
  CHECK(c.all().ends_with("REMOVE x?; REMOVE y?; "));
}

TEST_CASE("nfs4: so many operations are looked at, and results are waited for of all of them") {
  NfsConnection c;
  std::string operations, results;
  for (std::uint32_t i = 0; i < 300; ++i) operations += named(28, "x"), results += good(28, kChange);
  c.client(rpc_call(1, 4, 1, std::string(Xdr{}.u32(0).u32(0).u32(300)) + operations));
  c.server(rpc_reply(1, std::string(Xdr{}.u32(0).u32(0).u32(300)) + results));
  CHECK(c.parser.transactions().live() == nfs::kMaxOperations);
  CHECK(c.tx(nfs::kMaxOperations - 1).progress[1] == static_cast<std::uint8_t>(nfs::State::complete));
  CHECK(c.tx(nfs::kMaxSteps - 1).status == 0);
}

TEST_CASE("nfs4: what waits for the reply of a compound is counted until it comes") {
  NfsConnection c;
  c.client(compound(1, {put(kFolder), named(28, "x"), put(kFile), named(15, "y")}));
  const std::size_t waiting = c.parser.transactions().bytes();
  c.server(answer(1, {good(22), good(28, kChange), good(22), good(15)}));
  CHECK(c.parser.transactions().bytes() < waiting - 4 * sizeof(nfs::Step));
}

TEST_CASE("nfs4: every truncation of calls and answers is taken") {
  const std::string call =
      compound(1, {kSequence, put(kFolder), open_by_name("n"), op(10), write4(0, "data"), op(9, kBits)});
  const std::string reply = answer(
      1, {kSequenceResult, good(22), opened(), good(10, Xdr{}.opaque(kFile)), kWritten, good(9, kSize)});
  for (std::size_t n = 0; n <= call.size(); ++n) {
    CAPTURE(n);
    NfsConnection c;
    c.client(call.substr(0, n)).client(rpc_call(7, 3, 0)).server(rpc_reply(7));
    CHECK(c.all().ends_with("NULL; "));
  }
  for (std::size_t n = 0; n <= reply.size(); ++n) {
    CAPTURE(n);
    NfsConnection c;
    c.client(call).server(reply.substr(0, n)).client(rpc_call(7, 3, 0)).server(rpc_reply(7));
    CHECK(c.all().ends_with("NULL; "));
  }
}
