#include "decoders/app/nfs/nfs.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/decoders/app/nfs/nfs_connection.h"

using namespace weir;
using namespace weir::test;

namespace {

const std::string kText = "a line of the file that is read\n";

// A name is looked up, and the file read in two pieces.
void read_file(NfsConnection& c) {
  c.client(rpc_call(1, 3, 3, entry3(kFolder, "notes.txt"))).server(rpc_reply(1, found3(kFile)));
  c.client(rpc_call(2, 3, 6, read3(kFile, 0, 32))).client(rpc_call(3, 3, 6, read3(kFile, 32, 32)));
  c.server(rpc_reply(2, data3(kText, false))).server(rpc_reply(3, data3("the end", true)));
}

// One is made and written.
void write_file(NfsConnection& c) {
  c.client(rpc_call(11, 3, 8, entry3(kFolder, "new.txt") + std::string(36, '\0')))
      .server(rpc_reply(11, made3(kFile)));
  c.client(rpc_call(12, 3, 7, write3(kFile, 0, kText, 0))).server(rpc_reply(12, written3(32, 0)));
  c.client(rpc_call(13, 3, 7, write3(kFile, 32, "more of it", 0))).server(rpc_reply(13, written3(10, 0)));
  c.client(rpc_call(14, 3, 21, read3(kFile, 0, 0))).server(rpc_reply(14, Xdr{}.u32(0).u32(0).u32(0).u64(9)));
}

}  // namespace

TEST_CASE("nfs3: files are read and written, in pieces and fragments of any size") {
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{64}, SIZE_MAX})
    for (const std::size_t fragment :
         {std::size_t{1}, std::size_t{10}, std::size_t{100}, SIZE_MAX, SIZE_MAX - 1}) {
      CAPTURE(step);
      CAPTURE(fragment);
      NfsConnection c;
      c.step = step;
      c.fragment = fragment;
      c.empty_last = fragment % 2 == 0;
      read_file(c);
      write_file(c);
      CHECK(c.all() ==
            "LOOKUP notes.txt; READ notes.txt[39 a line of the file that is read\n]; CREATE new.txt; "
            "WRITE new.txt[42 a line of the file that is read\n]; COMMIT new.txt; ");
      CHECK(c.tx(1).transfer->pieces == 2);
      CHECK(c.tx(1).transfer->last_xid == 3);
      CHECK(c.tx(3).transfer->last_xid == 14);
    }
}

TEST_CASE("nfs3: who calls, and about which file, is told") {
  NfsConnection c;
  read_file(c);
  REQUIRE(c.tx(0).caller.identity);
  CHECK(c.tx(0).caller.identity->machine_name == "desktop");  // what fills it up is passed over
  CHECK(c.tx(0).caller.identity->uid == 1000);
  CHECK(c.tx(0).caller.identity->gid == 100);
  CHECK(c.tx(0).handle_hash == nfs::hash_of(as_bytes(kFile)));
  CHECK(c.tx(1).caller.identity);
  CHECK(c.tx(1).xid == 2);
}

TEST_CASE("nfs3: each procedure names what it is about") {
  NfsConnection c;
  const auto ask = [&](std::uint32_t procedure, const std::string& arguments, const std::string& results) {
    c.client(rpc_call(procedure, 3, procedure, arguments)).server(rpc_reply(procedure, results));
  };
  const std::string ok = Xdr{}.u32(0);
  ask(0, "", "");
  ask(9, entry3(kFolder, "d") + std::string(24, '\0'), made3(kFile));
  ask(1, Xdr{}.opaque(kFile), ok + std::string(84, '\0'));
  ask(10, entry3(kFile, "link") + std::string(24, '\0') + std::string(Xdr{}.opaque("target")),
      Xdr{}.u32(0).u32(0));
  ask(14, entry3(kFile, "old") + entry3(kFile, "new"), ok);
  ask(15, std::string(Xdr{}.opaque(kFile)) + entry3(kFolder, "hard"), ok);
  ask(12, entry3(kFile, "gone"), Xdr{}.u32(2).zeros(8));
  ask(99, "", ok);
  CHECK(c.all() ==
        "NULL; MKDIR d; GETATTR d; SYMLINK link; RENAME old->new; LINK hard; REMOVE gone ERR_NOENT; 99; ");
}

TEST_CASE("nfs3: a listing names files, and does not forget what they are called") {
  NfsConnection c;
  const auto entry = [](std::string_view name, std::string_view handle) {
    return std::string(Xdr{}.u32(1).u64(5).opaque(name).u64(6).u32(0).u32(1).opaque(handle));
  };
  c.client(rpc_call(1, 3, 3, entry3(kFolder, "home"))).server(rpc_reply(1, found3(kFile)));
  const std::string file(20, 'x');
  c.client(rpc_call(2, 3, 17, Xdr{}.opaque(kFile).u64(0).u64(0).u32(100).u32(100)));
  c.server(rpc_reply(2, std::string(Xdr{}.u32(0).u32(0).u64(7)) + entry(".", kFile) + entry("..", kFolder) +
                            entry("inside", file) + std::string(Xdr{}.u32(0).u32(1))));
  for (const auto& [xid, handle] : {std::pair{3U, kFile}, {4U, file}, {5U, kFolder}})
    c.client(rpc_call(xid, 3, 4, Xdr{}.opaque(handle).u32(1)))
        .server(rpc_reply(xid, Xdr{}.u32(0).u32(0).u32(1)));
  CHECK(c.all() == "LOOKUP home; READDIRPLUS home; ACCESS home; ACCESS inside; ACCESS; ");
}

TEST_CASE("nfs3: pieces of a file come in any order, and what is missing is a gap") {
  NfsConnection c;
  c.client(rpc_call(1, 3, 7, write3(kFile, 4, "5678", 0)))
      .client(rpc_call(2, 3, 7, write3(kFile, 0, "1234", 0)));
  c.server(rpc_reply(2, written3(4, 0))).server(rpc_reply(1, written3(4, 0)));
  CHECK(c.all() == "WRITE[8 open 12345678]?; ");
  c.client(rpc_call(3, 3, 7, write3(kFile, 10, "abc", 0)));
  c.say(Direction::to_server, "", true);
  CHECK(c.all() == "WRITE[13 gaps truncated 12345678abc]; ");
}

TEST_CASE("nfs3: a last piece that is heard of before others does not end the file") {
  NfsConnection c;
  c.client(rpc_call(1, 3, 6, read3(kFile, 0, 4))).client(rpc_call(2, 3, 6, read3(kFile, 4, 4)));
  c.server(rpc_reply(2, data3("5678", true)));
  CHECK(c.all() == "READ[0 open ]?; ");
  c.server(rpc_reply(1, data3("1234", false)));
  CHECK(c.all() == "READ[8 12345678]; ");
}

TEST_CASE("nfs3: what is on the disk and no round piece is the end of what is written") {
  for (const bool is_heard : {true, false}) {
    CAPTURE(is_heard);
    NfsConnection c;
    const std::string round(1024, 'r');
    c.client(rpc_call(1, 3, 7, write3(kFile, 0, round, 2)));
    if (is_heard) c.server(rpc_reply(1, written3(1024, 2)));
    CHECK(c.tx(0).files(Direction::to_server)->front()->state == FileState::open);
    c.client(rpc_call(2, 3, 7, write3(kFile, 1024, "rest", 2)));
    if (is_heard) c.server(rpc_reply(2, written3(4, 2)));
    CHECK(c.tx(0).files(Direction::to_server)->front()->state == FileState::closed);
    CHECK(c.tx(0).transfer->pieces == 2);
  }
}

TEST_CASE("nfs3: errors are told, and what they leave behind is no file") {
  NfsConnection c;
  c.client(rpc_call(1, 3, 6, read3(kFile, 0, 9))).server(rpc_reply(1, Xdr{}.u32(13).u32(0)));
  c.client(rpc_call(2, 3, 6, read3(kFile, 0, 9))).server(rpc_reply(2, data3("", true)));
  c.client(rpc_call(3, 3, 1, Xdr{}.opaque(kFile)));
  c.server(Xdr{}.u32(3).u32(1).u32(1).u32(1).u32(5));  // RFC 5531 9: denied, for who calls
  c.client(rpc_call(4, 3, 7, write3(kFile, 0, "1234", 2)));
  c.server(rpc_reply(4, Xdr{}.u32(28).u32(0).u32(0)));
  CHECK(c.all() == "READ ERR_ACCES; READ; GETATTR denied; WRITE ERR_NOSPC[4 open 1234]?; ");
}

TEST_CASE("nfs3: data that a message has less of than it says are told of, however it comes") {
  const std::string write = rpc_call(1, 3, 7, write3(kFile, 0, "twelve bytes", 0)),
                    cut = write.substr(0, write.size() - 4);
  NfsConnection stream, fragments, datagram;
  fragments.fragment = 20;
  stream.client(cut).client(rpc_call(2, 3, 0));
  fragments.client(cut).client(rpc_call(2, 3, 0));
  datagram.datagram(Direction::to_server, cut).datagram(Direction::to_server, rpc_call(2, 3, 0));
  for (NfsConnection* const c : {&stream, &fragments, &datagram}) {
    CHECK(c->all() == "WRITE[8 open twelve b]?; NULL?; ");
    CHECK(c->raised(0, nfs::Event::malformed_data));
    CHECK_FALSE(c->raised(1, nfs::Event::malformed_data));
  }
}

TEST_CASE("nfs3: a datagram that comes again is the same call") {
  NfsConnection c;
  const std::string look = rpc_call(1, 3, 3, entry3(kFolder, "a"));
  c.datagram(Direction::to_server, look).datagram(Direction::to_server, look);
  c.datagram(Direction::to_client, rpc_reply(1, found3(kFile)));
  c.datagram(Direction::to_client, rpc_reply(1, found3(kFile)));
  c.datagram(Direction::to_server, rpc_call(1, 3, 6, read3(kFile, 0, 9)));
  c.datagram(Direction::to_client, rpc_reply(1, data3("the whole", true)));
  CHECK(c.all() == "LOOKUP a; READ a[9 the whole]; ");
}

TEST_CASE("nfs3: calls and replies that are wrapped for their integrity are read, encrypted ones are told") {
  const auto wrapped = [](std::uint32_t xid, std::uint32_t service, std::string_view arguments) {
    const std::string gss = Xdr{}.u32(1).u32(0).u32(7).u32(service).opaque("context");
    const std::string head =
        Xdr{}.u32(xid).u32(0).u32(2).u32(100003).u32(3).u32(3).u32(6).opaque(gss).u32(6).opaque("checksum");
    return head + std::string(Xdr{}.u32(arguments.size() + 4).u32(7)).append(arguments);
  };
  NfsConnection c;
  c.client(wrapped(1, 2, entry3(kFolder, "signed")));
  c.server(rpc_reply(1, std::string(Xdr{}.u32(60).u32(7)) + found3(kFile)));
  c.client(wrapped(2, 3, "?????????????")).server(rpc_reply(2, "????????"));
  CHECK(c.all() == "LOOKUP signed; LOOKUP; ");
  CHECK(c.tx(0).handle_hash == nfs::hash_of(as_bytes(kFile)));
  CHECK(c.tx(0).events.empty());
  CHECK(c.tx(1).events.empty());
}
