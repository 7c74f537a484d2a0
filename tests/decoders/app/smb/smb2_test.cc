#include <doctest/doctest.h>

#include "decoders/app/protocol.h"
#include "decoders/app/protocol_ids.h"
#include "tests/decoders/app/frame_recorder.h"
#include "tests/decoders/app/smb/smb_bytes.h"
#include "tests/decoders/app/smb/smb_connection.h"

using namespace weir;
using namespace weir::smb;
using namespace weir::test;

namespace {

constexpr Direction kDown = Direction::to_client;
const std::string kPrevious(16, '\xff');

std::string ask(std::uint16_t command, std::uint64_t id, const std::string& body) {
  return nbss(smb2_message({.command = command, .message_id = id}, body));
}
std::string answer(std::uint16_t command, std::uint64_t id, const std::string& body,
                   std::uint32_t status = 0) {
  return nbss(
      smb2_message({.command = command, .message_id = id, .is_response = true, .status = status}, body));
}

// A share is connected to, and a file opened in it as number 7.
SmbConnection& open_file(SmbConnection& c, const std::string& name = "dir\\a.txt") {
  c.client(ask(smb2::tree_connect, 1, smb2_tree_connect("\\\\host\\share")));
  c.server(answer(smb2::tree_connect, 1, SmbBytes().u16(16).u8(1).zeros(13)));
  c.client(ask(smb2::create, 2, smb2_create(name)));
  return c.server(answer(smb2::create, 2, smb2_created(7, 11)));
}

}  // namespace

TEST_CASE("smb2: dialects and sizes are agreed on") {
  SmbConnection c;
  c.client(ask(smb2::negotiate, 0,
               SmbBytes().u16(36).u16(2).zeros(8).raw("guid of a client").zeros(8).u16(0x0210).u16(0x0311)));
  CHECK(c.all() == "NEGOTIATE_PROTOCOL?; ");
  c.server(answer(smb2::negotiate, 0,
                  SmbBytes()
                      .u16(65)
                      .u16(1)
                      .u16(0x0311)
                      .u16(0)
                      .raw("guid of a server")
                      .zeros(8)
                      .u32(8U << 20U)
                      .u32(1000)));
  const auto* const about = c.tx(0).about<Negotiation>();
  REQUIRE(about != nullptr);
  CHECK(about->client_dialects == std::vector<std::string>{"2.10", "3.11"});
  CHECK(c.tx(0).dialect == std::string("3.11"));
  CHECK(about->max_read_bytes == 8U << 20U);
  CHECK(about->max_write_bytes == 1000);
  CHECK(guid_text(*about->server_guid) == std::string("64697567-6f20-2066-2061-657372657672"));
}

TEST_CASE("smb2: offers of dialects that are cut short, or come again, are told of") {
  SmbConnection c;
  const std::string offer = SmbBytes().u16(36).u16(3).zeros(32).u16(0x0210).u16(0x0311);
  c.client(ask(smb2::negotiate, 0, offer));
  CHECK(c.raised(0, Event::negotiate_malformed_dialects));
  c.server(answer(smb2::negotiate, 0,
                  SmbBytes().u16(65).u16(1).u16(0x0210).zeros(26).u32(32U << 20U).u32(32U << 20U)));
  CHECK(c.raised(0, Event::negotiate_max_read_size_too_large));
  CHECK(c.raised(0, Event::negotiate_max_write_size_too_large));
  c.client(ask(smb2::negotiate, 1, offer));
  CHECK(c.raised(1, Event::duplicate_negotiate));
}

TEST_CASE("smb2: a file is read and closed, in pieces of any size") {
  const std::string down =
      answer(smb2::read, 3, smb2_read_data("hello ")) + answer(smb2::read, 4, smb2_read_data("world"));
  for (std::size_t step = 1; step < 200; ++step) {
    CAPTURE(step);
    SmbConnection c;
    c.step = step;
    open_file(c);
    c.client(ask(smb2::read, 3, smb2_read(file_id(7), 0, 6)) +
             ask(smb2::read, 4, smb2_read(file_id(7), 6, 100)));
    c.server(down);
    CHECK(c.all() == "TREE_CONNECT; CREATE; READ[dir\\a.txt 11 open hello world]?; ");
    c.client(ask(smb2::close, 5, smb2_close(file_id(7))));
    c.server(answer(smb2::close, 5, SmbBytes().u16(60)));
    CHECK(c.all() == "TREE_CONNECT; CREATE; READ[dir\\a.txt 11 hello world]; CLOSE; ");
    CHECK(c.tx(2).about<Transfer>()->share == std::string("\\\\host\\share"));
    CHECK(c.tx(2).about<Transfer>()->id.text() == std::string("00000007-0000-0000-0007-000000000000"));
  }
}

TEST_CASE("smb2: pieces of a written file come in any order, and what comes twice is told of") {
  SmbConnection c;
  open_file(c);
  c.client(ask(smb2::write, 3, smb2_write(file_id(7), 5, "56789")));
  CHECK(c.all().find("WRITE[dir\\a.txt 0 open ]?") != std::string::npos);
  c.client(ask(smb2::write, 4, smb2_write(file_id(7), 0, "01234")));
  CHECK_FALSE(c.raised(2, Event::file_overlap));
  c.server(answer(smb2::write, 4, SmbBytes().u16(17), 0xc000007f));
  c.client(ask(smb2::write, 5, smb2_write(file_id(7), 8, "XYZ")));
  CHECK(c.raised(2, Event::file_overlap));
  c.client(ask(smb2::close, 6, smb2_close(file_id(7))));
  CHECK(c.all() == "TREE_CONNECT; CREATE; WRITE STATUS_DISK_FULL[dir\\a.txt 11 0123456789Z]; CLOSE?; ");
}

TEST_CASE("smb2: requests of a compound are about the file that the first one opens") {
  SmbConnection c;
  constexpr std::uint32_t kRelated = 4;
  const std::string asked =
      smb2_message({.command = smb2::create, .message_id = 1, .has_next = true}, smb2_create("one.txt")) +
      smb2_message(
          {.command = smb2::write, .message_id = 2, .tree_id = 0, .flags = kRelated, .has_next = true},
          smb2_write(kPrevious, 0, "up")) +
      smb2_message(
          {.command = smb2::read, .message_id = 3, .tree_id = 0, .flags = kRelated, .has_next = true},
          smb2_read(kPrevious, 0, 10)) +
      smb2_message({.command = smb2::close, .message_id = 4, .tree_id = 0, .flags = kRelated},
                   smb2_close(kPrevious));
  c.client(nbss(asked));
  CHECK(c.all() == "CREATE?; WRITE[one.txt 2 open up]?; CLOSE?; ");
  CHECK(c.tx(1).tree_id == 5);
  const auto reply = [](std::uint16_t command, std::uint64_t id, bool more, const std::string& body) {
    return smb2_message(
        {.command = command, .message_id = id, .is_response = true, .flags = kRelated, .has_next = more},
        body);
  };
  c.server(nbss(
      reply(smb2::create, 1, true, smb2_created(3)) + reply(smb2::write, 2, true, SmbBytes().u16(17)) +
      reply(smb2::read, 3, true, smb2_read_data("down")) + reply(smb2::close, 4, false, SmbBytes().u16(60))));
  CHECK(c.all() == "CREATE; WRITE[one.txt 2 up]; CLOSE; READ[one.txt 4 down]; ");
  CHECK(c.tx(3).about<Transfer>()->id == c.tx(1).about<Transfer>()->id);
}

TEST_CASE("smb2: an answer that takes long comes in two") {
  SmbConnection c;
  open_file(c);
  constexpr std::uint32_t kAsync = 2;
  const auto late = [](std::uint32_t status, const std::string& body) {
    return nbss(smb2_message(
        {.command = smb2::read, .message_id = 3, .is_response = true, .status = status, .flags = kAsync},
        body));
  };
  c.client(ask(smb2::read, 3, smb2_read(file_id(7), 0, 6)));
  c.server(late(0x103, SmbBytes().u16(9))).server(late(0, smb2_read_data("later")));
  CHECK(c.all() == "TREE_CONNECT; CREATE; READ[dir\\a.txt 5 open later]?; ");
  CHECK(c.tx(2).tree_id == 5);
}

TEST_CASE("smb2: what is missing of a file is a gap, what is missing elsewhere is passed over") {
  SmbConnection c;
  open_file(c);
  c.client(ask(smb2::read, 3, smb2_read(file_id(7), 0, 100)) +
           ask(smb2::read, 4, smb2_read(file_id(7), 100, 4)));
  const std::string first = answer(smb2::read, 3, smb2_read_data(std::string(100, 'a')));
  c.server(first.substr(0, first.size() - 90)).gap(kDown, 60).server(first.substr(first.size() - 30));
  c.server(answer(smb2::read, 4, smb2_read_data("tail")));
  CHECK(c.all().find("READ[dir\\a.txt 104 gaps open aaaa") != std::string::npos);
  // A record is lost, and the beginning of the next.
  const std::string lost = answer(smb2::flush, 8, SmbBytes().u16(4));
  c.client(ask(smb2::flush, 8, SmbBytes().u16(24).zeros(22)) +
           ask(smb2::flush, 9, SmbBytes().u16(24).zeros(22)) +
           ask(smb2::flush, 10, SmbBytes().u16(24).zeros(22)));
  c.gap(kDown, lost.size() + 10).server(answer(smb2::flush, 9, SmbBytes().u16(4)).substr(10));
  c.server(answer(smb2::flush, 10, SmbBytes().u16(4)));
  CHECK(c.all().ends_with("FLUSH?; FLUSH?; FLUSH; "));
}

TEST_CASE(
    "smb2: data that begin in the header of their message, or end behind it, are told of (found by "
    "fuzzing)") {
  for (const unsigned offset : {0U, 63U, 4000U}) {
    CAPTURE(offset);
    SmbConnection c;
    open_file(c);
    const std::string body =
        SmbBytes().u16(49).u16(offset).u32(4).u64(0).raw(file_id(7)).zeros(16).raw("data");
    c.client(ask(smb2::write, 3, body) + ask(smb2::echo, 4, SmbBytes().u16(4)));
    const std::uint64_t about =
        offset == 4000 ? 1 : 2;  // where nothing of the data is there, no write begins
    CHECK(c.raised(about, Event::malformed_data));
    CHECK(c.all().ends_with("KEEPALIVE?; "));
  }
}

TEST_CASE("smb2: a connection is joined midway, at any byte") {
  const std::string before = ask(smb2::flush, 1, SmbBytes().u16(24).zeros(22));
  for (std::size_t cut = 0; cut < before.size(); ++cut) {
    CAPTURE(cut);
    SmbConnection c;
    CHECK(c.parser.begin_midway());
    c.client(before.substr(cut) + ask(smb2::echo, 2, SmbBytes().u16(4)));
    CHECK(c.all() == (cut == 0 ? "FLUSH?; KEEPALIVE?; " : "KEEPALIVE?; "));
  }
}

TEST_CASE("smb2: a file that nobody closes ends with its stream") {
  SmbConnection c;
  open_file(c);
  c.client(ask(smb2::write, 3, smb2_write(file_id(7), 0, "abc")));
  c.say(Direction::to_server, "", true);
  CHECK(c.all().ends_with("WRITE[dir\\a.txt 3 truncated abc]; "));
}

TEST_CASE("smb2: more than was agreed on, or than is allowed, is told of") {
  SmbSettings most;
  most.read.most_bytes = most.write.most_bytes = 10;
  SmbConnection c(most);
  open_file(c);
  c.client(ask(smb2::read, 3, smb2_read(file_id(7), 0, 11)));
  CHECK(c.raised(2, Event::read_request_too_large));
  c.server(answer(smb2::read, 3, smb2_read_data("12345678901")));
  CHECK(c.raised(2, Event::read_response_too_large));
  c.client(ask(smb2::write, 4, smb2_write(file_id(7), 0, "12345678901")));
  CHECK(c.raised(4, Event::write_request_too_large));
}

TEST_CASE("smb2: what waits for what is before it is bounded, by pieces and by bytes") {
  SmbSettings most;
  most.write.most_waiting_pieces = 2;
  most.read.most_waiting_bytes = 4;
  SmbConnection c(most);
  open_file(c);
  for (unsigned i = 1; i < 4; ++i) c.client(ask(smb2::write, 10 + i, smb2_write(file_id(7), 10 * i, "up")));
  CHECK(c.raised(2, Event::write_queue_cnt_exceeded));
  CHECK(c.all().find("WRITE[dir\\a.txt 12 gaps open") != std::string::npos);
  for (unsigned i = 1; i < 4; ++i) {
    c.client(ask(smb2::read, 20 + i, smb2_read(file_id(7), 10 * i, 2)));
    c.server(answer(smb2::read, 20 + i, smb2_read_data("dn")));
  }
  CHECK(c.raised(3, Event::read_queue_size_exceeded));
}

TEST_CASE("smb2: files are renamed and deleted") {
  SmbConnection c;
  open_file(c);
  const auto set_info = [](std::uint8_t info_class, const std::string& data) {
    return SmbBytes()
        .u16(33)
        .u8(1)
        .u8(info_class)
        .u32(data.size())
        .u16(96)
        .zeros(6)
        .raw(file_id(7))
        .raw(data)
        .text();
  };
  c.client(ask(smb2::set_info, 3, set_info(10, SmbBytes().zeros(16).u32(10).wide("b.txt"))));
  c.client(ask(smb2::set_info, 4, set_info(13, SmbBytes().u8(1))));
  c.client(ask(smb2::set_info, 5, set_info(4, SmbBytes().zeros(40))));
  REQUIRE(c.all() == "TREE_CONNECT; CREATE; SET_INFO?; SET_INFO?; ");
  CHECK(c.tx(2).about<Rename>()->from == std::string("dir\\a.txt"));
  CHECK(c.tx(2).about<Rename>()->to == std::string("b.txt"));
  CHECK(c.tx(3).about<SetInfo>()->delete_on_close);
}

TEST_CASE("smb2: messages that go the wrong way, and what is none, are told of") {
  SmbConnection c;
  c.client(answer(smb2::echo, 1, SmbBytes().u16(4)));
  CHECK(c.raised(0, Event::response_to_server));
  c.server(ask(smb2::echo, 1, SmbBytes().u16(4)));
  CHECK(c.raised(0, Event::request_to_client));
  c.client(nbss("no message of SMB"));
  CHECK(c.raised(0, Event::malformed_data));
  CHECK(c.all() == "(none); ");
  c.client("\x99\x99" + ask(smb2::echo, 2, SmbBytes().u16(4)));
  CHECK(c.all() == "(none); KEEPALIVE?; ");
}

TEST_CASE("smb2: where only the server is heard, each of its answers is told of") {
  SmbConnection c;
  c.server(answer(smb2::negotiate, 0, SmbBytes().u16(65).u16(1).u16(0x0311).zeros(26).u32(9).u32(8)));
  c.server(answer(smb2::session_setup, 1, SmbBytes().u16(9).u16(0).u16(72).u16(0), 0xc000006d));
  c.server(answer(smb2::read, 2, smb2_read_data("of a file that nobody named")));
  CHECK(c.all() == "NEGOTIATE_PROTOCOL; SESSION_SETUP STATUS_LOGON_FAILURE; ");
  CHECK(c.tx(0).dialect == std::string("3.11"));
  CHECK(c.tx(0).about<Negotiation>()->max_read_bytes == 9);
  // Once both are, an answer to nothing is one.
  c.client(ask(smb2::echo, 3, SmbBytes().u16(4))).server(answer(smb2::echo, 4, SmbBytes().u16(4)));
  CHECK(c.all().ends_with("STATUS_LOGON_FAILURE; KEEPALIVE?; "));
}

TEST_CASE("smb2: encrypted and compressed messages are passed over") {
  SmbConnection c;
  c.client(nbss("\xfdSMB" + std::string(100, 'x')) + nbss("\xfcSMB" + std::string(30, 'x')));
  c.client(ask(smb2::echo, 2, SmbBytes().u16(4)));
  CHECK(c.all() == "KEEPALIVE?; ");
  CHECK(c.tx(0).events.empty());
}

TEST_CASE("smb2: every truncation of every kind of request is taken") {
  const std::string bodies[] = {
      SmbBytes().u16(36).u16(1).zeros(32).u16(0x0311),
      SmbBytes().u16(25).zeros(10).u16(88).u16(4).zeros(8).raw("NTLM"),
      smb2_tree_connect("\\\\a\\b"),
      smb2_create("n"),
      smb2_close(file_id(1)),
      smb2_read(file_id(1), 0, 1),
      smb2_write(file_id(1), 0, "data"),
      SmbBytes().u16(57).u16(0).u32(0x11c017).zeros(48),
      SmbBytes().u16(33).u8(1).u8(10).u32(22).u16(96).zeros(22).zeros(16).u32(2).wide("x")};
  const std::uint16_t commands[] = {smb2::negotiate, smb2::session_setup, smb2::tree_connect,
                                    smb2::create,    smb2::close,         smb2::read,
                                    smb2::write,     smb2::ioctl,         smb2::set_info};
  for (std::size_t i = 0; i < std::size(commands); ++i) {
    CAPTURE(commands[i]);
    const std::string whole = smb2_message({.command = commands[i], .message_id = 1}, bodies[i]);
    for (std::size_t n = 0; n <= whole.size(); ++n) {
      CAPTURE(n);
      SmbConnection c;
      c.client(nbss(std::string_view(whole).substr(0, n)) + ask(smb2::echo, 2, SmbBytes().u16(4)));
      CHECK(c.outcome.status == ParseOutcome::Status::ok);
      CHECK(c.all().ends_with("KEEPALIVE?; "));
    }
  }
}

TEST_CASE("smb2: an encrypted message is three frames, in pieces of any size") {
  const std::string text = nbss("\xfdSMB" + std::string(100, 'x'));
  for (std::size_t step = 1; step <= text.size(); ++step) {
    CAPTURE(step);
    test::FrameRecorder r(protocol_info(AppProto::smb));
    for (std::size_t at = 0; at < text.size(); at += step)
      r.feed(Direction::to_server, std::string_view(text).substr(at, step));
    CHECK(r.frames(Direction::to_server).ends_with("smb3.pdu 4+104, smb3.hdr 4+52, smb3.data 56+52"));
  }
}

TEST_CASE("smb: stream rules look at what there is with every record, not before it is whole") {
  const std::string text = nbss("\xfdSMB" + std::string(100, 'x'));
  test::FrameRecorder r(protocol_info(AppProto::smb));
  CHECK_FALSE(r.feed(Direction::to_server, text.substr(0, 60)).flush_stream_inspection);
  CHECK(r.feed(Direction::to_server, text.substr(60)).flush_stream_inspection);
}
