#include <doctest/doctest.h>

#include "tests/decoders/app/smb/smb_bytes.h"
#include "tests/decoders/app/smb/smb_connection.h"

using namespace weir;
using namespace weir::smb;
using namespace weir::test;

namespace {

std::string ask1(std::uint8_t command, std::uint16_t id, const std::string& words,
                 const std::string& bytes = {}) {
  return nbss(smb1_message({.command = command, .multiplex_id = id}, words, bytes));
}
std::string answer1(std::uint8_t command, std::uint16_t id, const std::string& words,
                    const std::string& bytes = {}, std::uint32_t status = 0) {
  return nbss(smb1_message({.command = command, .is_response = true, .status = status, .multiplex_id = id},
                           words, bytes));
}

// No further command follows in the same message.
SmbBytes andx() {
  return SmbBytes().u8(0xff).u8(0).u16(0);
}
std::string offer(std::initializer_list<std::string_view> dialects) {
  SmbBytes out;
  for (const std::string_view dialect : dialects) out.u8(2).raw(dialect).u8(0);
  return out;
}
std::string create_words(std::size_t name_bytes) {
  return andx().u8(0).u16(name_bytes).zeros(28).u32(1).u32(0).zeros(5);
}
std::string created_words(std::uint16_t id) {
  return andx().u8(0).u16(id).u32(1).zeros(32).zeros(4).u64(4096).u64(11).zeros(5);
}
// The bytes of a write begin at 64.
std::string write_words(std::uint16_t id, std::uint32_t offset, std::size_t length) {
  return andx().u16(id).u32(offset).zeros(8).u16(0).u16(length).u16(63).u32(0);
}
std::string read_words(std::uint16_t id, std::uint32_t offset) {
  return andx().u16(id).u32(offset).u16(100).u16(0).u32(0xffffffff).u16(0);
}
std::string read_answer(std::size_t length) {
  return andx().zeros(6).u16(length).u16(59).zeros(10);
}

SmbConnection& open_file1(SmbConnection& c) {
  c.client(ask1(smb1::tree_connect_andx, 1, andx().u16(0).u16(1),
                SmbBytes().u8(0).wide("\\\\host\\C$").u16(0).raw("?????").u8(0)));
  c.server(
      answer1(smb1::tree_connect_andx, 1, andx().u16(0), SmbBytes().raw("A:").u8(0).wide("NTFS").u16(0)));
  c.client(ask1(smb1::nt_create_andx, 2, create_words(10), SmbBytes().u8(0).wide("a.txt")));
  return c.server(answer1(smb1::nt_create_andx, 2, created_words(0x4006)));
}

}  // namespace

TEST_CASE("smb1: a dialect is chosen by its place in the offer, or the answer comes in SMB 2") {
  SmbConnection c;
  c.client(ask1(smb1::negotiate, 1, "", offer({"LANMAN1.0", "NT LM 0.12"})));
  c.server(answer1(smb1::negotiate, 1, SmbBytes().u16(1).zeros(32), "0123456789abcdefblob"));
  CHECK(c.tx(0).dialect == std::string("NT LM 0.12"));
  CHECK(c.tx(0).about<Negotiation>()->server_guid == guid_of(as_bytes("0123456789abcdef")));
  SmbConnection later;
  later.client(ask1(smb1::negotiate, 1, "", offer({"NT LM 0.12", "SMB 2.???"})));
  later.server(
      nbss(smb2_message({.command = smb2::negotiate, .is_response = true, .tree_id = 0, .session_id = 0},
                        SmbBytes().u16(65).u16(1).u16(0x02ff).zeros(34).text())));
  CHECK(later.all() == "NEGOTIATE_PROTOCOL; ");
  CHECK(later.tx(0).dialect == std::string("2.??"));
  CHECK(later.tx(0).version == Version::smb1);
}

TEST_CASE("smb1: offers that are no list of dialects are told of") {
  for (const std::string& bytes :
       {std::string(), std::string("\x02NT LM", 6), std::string("\x03NT LM\0", 7)}) {
    SmbConnection c;
    c.client(ask1(smb1::negotiate, 1, "", bytes));
    CHECK(c.raised(0, Event::negotiate_malformed_dialects));
  }
}

TEST_CASE("smb1: a file is written and read, in pieces of any size") {
  for (std::size_t step = 1; step < 200; ++step) {
    CAPTURE(step);
    SmbConnection c;
    c.step = step;
    open_file1(c);
    c.client(ask1(smb1::write_andx, 3, write_words(0x4006, 0, 5), "hello"));
    c.server(answer1(smb1::write_andx, 3, andx().zeros(8)));
    c.client(ask1(smb1::read_andx, 4, read_words(0x4006, 0)));
    c.server(answer1(smb1::read_andx, 4, read_answer(5), "world"));
    c.client(ask1(smb1::close, 5, SmbBytes().u16(0x4006).u32(0)));
    c.server(answer1(smb1::close, 5, ""));
    CHECK(c.all() ==
          "TREE_CONNECT_ANDX; NT_CREATE_ANDX; WRITE_ANDX[a.txt 5 hello]; READ_ANDX[a.txt 5 world]; CLOSE; ");
    CHECK(c.tx(2).about<Transfer>()->share == std::string("\\\\host\\C$"));
    CHECK(c.tx(0).about<TreeConnect>()->granted_service == SlabString("A:"));
  }
}

TEST_CASE("smb1: what is written and closed, or written and unlocked, is a file, too") {
  SmbConnection c;
  open_file1(c);
  c.client(ask1(smb1::write_and_unlock, 3, SmbBytes().u16(0x4006).u16(5).u32(0).u16(0),
                SmbBytes().u8(1).u16(5).raw("hello")));
  c.server(answer1(smb1::write_and_unlock, 3, SmbBytes().u16(5)));
  c.client(ask1(smb1::write_and_close, 4, SmbBytes().u16(0x4006).u16(6).u32(5).u32(0),
                SmbBytes().u8(0).raw(" world")));
  c.server(answer1(smb1::write_and_close, 4, SmbBytes().u16(6)));
  CHECK(c.all() ==
        "TREE_CONNECT_ANDX; NT_CREATE_ANDX; WRITE_AND_UNLOCK[a.txt 11 hello world]; WRITE_AND_UNLOCK; "
        "WRITE_AND_CLOSE; ");
}

TEST_CASE("smb1: several commands come in one message") {
  SmbConnection c;
  const std::string tree = SmbBytes()
                               .u8(4)
                               .u8(0xff)
                               .u8(0)
                               .u16(0)
                               .u16(0)
                               .u16(0)
                               .u16(15)
                               .u8(0)
                               .wide("\\\\h\\a")
                               .u16(0)
                               .raw("?")
                               .u8(0);
  // The session's words are 13, its bytes are four empty texts: the tree follows at 32 + 1 + 26 + 2 + 8 + 1.
  const std::string session =
      SmbBytes().u8(13).u8(smb1::tree_connect_andx).u8(0).u16(70).zeros(22).u16(9).zeros(9);
  const std::string header = smb1_message({.command = smb1::session_setup_andx}, "", "").substr(0, 32);
  c.client(nbss(header + session + tree));
  CHECK(c.all() == "SESSION_SETUP_ANDX?; TREE_CONNECT_ANDX?; ");
  CHECK(c.tx(1).about<TreeConnect>()->share == std::string("\\\\h\\a"));
}

TEST_CASE("smb1: a message whose commands go round in a circle comes to an end") {
  SmbConnection c;
  c.client(ask1(smb1::logoff_andx, 1, SmbBytes().u8(smb1::logoff_andx).u8(0).u16(32)));
  CHECK(c.all() == "LOGOFF_ANDX?; ");
  std::string chain = smb1_message({.command = smb1::logoff_andx}, "", "").substr(0, 32);
  for (unsigned i = 1; i < 100; ++i)
    chain += SmbBytes().u8(2).u8(smb1::logoff_andx).u8(0).u16(32 + 7 * i).u16(0).text();
  SmbConnection bounded;
  bounded.client(nbss(chain));
  CHECK(bounded.parser.transactions().live() == smb1::kMaxChained);
}

TEST_CASE("smb1: a login names what both sides run") {
  SmbConnection c;
  c.client(ask1(smb1::session_setup_andx, 1, andx().zeros(10).u16(4).zeros(8),
                SmbBytes().raw("blob").u8(0).wide("Unix").u16(0).wide("Samba").u16(0)));
  c.server(answer1(smb1::session_setup_andx, 1, andx().u16(0).u16(4),
                   SmbBytes().raw("blob").u8(0).wide("Windows").u16(0).wide("LM"), 0xc0000016));
  const auto* const about = c.tx(0).about<SessionSetup>();
  REQUIRE(about != nullptr);
  CHECK(about->client->native_os == std::string("Unix"));
  CHECK(about->client->native_lm == std::string("Samba"));
  CHECK(about->server->native_os == std::string("Windows"));
  CHECK(about->server->native_lm == std::string("LM"));
  CHECK(c.all() == "SESSION_SETUP_ANDX STATUS_MORE_PROCESSING_REQUIRED; ");
}

TEST_CASE("smb1: files are renamed and deleted by name or number") {
  SmbConnection c;
  open_file1(c);
  c.client(ask1(smb1::rename, 3, SmbBytes().u16(0),
                SmbBytes().u8(4).wide("a").u16(0).u8(4).u8(0).wide("b").u16(0)));
  const auto trans2 = [](std::uint16_t what, const std::string& parameters, const std::string& data) {
    return ask1(smb1::trans2, 4,
                SmbBytes()
                    .zeros(18)
                    .u16(parameters.size())
                    .u16(66)
                    .u16(data.size())
                    .u16(66 + parameters.size())
                    .u8(1)
                    .u8(0)
                    .u16(what),
                std::string(1, '\0') + parameters + data);
  };
  const std::string deleted(1, '\x01');
  c.client(trans2(smb1::kSetFileInfo, SmbBytes().u16(0x4006).u16(smb1::kSetDisposition).u16(0), deleted));
  c.client(trans2(smb1::kSetPathInfo, SmbBytes().u16(smb1::kSetRename).u32(0).wide("old").u16(0),
                  SmbBytes().zeros(8).u32(6).wide("new")));
  c.client(trans2(1, "", ""));
  REQUIRE(c.all().ends_with("RENAME?; TRANS2?; TRANS2?; "));
  CHECK(c.tx(2).about<Rename>()->from == std::string("a"));
  CHECK(c.tx(2).about<Rename>()->to == std::string("b"));
}

TEST_CASE("smb1: every truncation of a request is taken") {
  const std::string whole = smb1_message({.command = smb1::write_andx}, write_words(1, 0, 5), "hello");
  for (std::size_t n = 0; n <= whole.size(); ++n) {
    CAPTURE(n);
    SmbConnection c;
    c.client(nbss(std::string_view(whole).substr(0, n)) + ask1(0x2b, 2, SmbBytes().u16(1), "x"));
    CHECK(c.outcome.status == ParseOutcome::Status::ok);
    CHECK(c.all().ends_with("ECHO?; "));
  }
}
