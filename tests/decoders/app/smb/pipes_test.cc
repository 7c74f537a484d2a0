#include <doctest/doctest.h>

#include "tests/decoders/app/smb/smb_bytes.h"
#include "tests/decoders/app/smb/smb_connection.h"

using namespace weir;
using namespace weir::smb;
using namespace weir::test;

namespace {

// A PDU of DCERPC that is a whole call's side.
std::string pdu(std::uint8_t type, std::uint32_t call, const std::string& body) {
  return SmbBytes().u8(5).u8(0).u8(type).u8(3).u32(0x10).u16(16 + body.size()).u16(0).u32(call).raw(body);
}
std::string request_pdu(std::uint32_t call, std::uint16_t opnum, const std::string& stub) {
  return pdu(0, call, SmbBytes().u32(stub.size()).u16(0).u16(opnum).raw(stub));
}
std::string response_pdu(std::uint32_t call, const std::string& stub) {
  return pdu(2, call, SmbBytes().u32(stub.size()).u16(0).u16(0).raw(stub));
}

std::string to_pipe(std::uint16_t command, std::uint64_t id, const std::string& body) {
  return nbss(smb2_message({.command = command, .message_id = id}, body));
}
std::string from_pipe(std::uint16_t command, std::uint64_t id, const std::string& body,
                      std::uint32_t status = 0) {
  return nbss(
      smb2_message({.command = command, .message_id = id, .is_response = true, .status = status}, body));
}
std::string transceive(std::uint64_t id, const std::string& data) {
  return SmbBytes()
      .u16(57)
      .u16(0)
      .u32(0x11c017)
      .raw(file_id(id))
      .u32(120)
      .u32(data.size())
      .zeros(24)
      .raw(data);
}
std::string transceived(const std::string& data) {
  return SmbBytes().u16(49).u16(0).u32(0x11c017).zeros(24).u32(112).u32(data.size()).zeros(8).raw(data);
}

SmbConnection& open_pipe(SmbConnection& c) {
  c.client(to_pipe(smb2::tree_connect, 1, smb2_tree_connect("\\\\host\\IPC$")));
  c.server(from_pipe(smb2::tree_connect, 1, SmbBytes().u16(16).u8(2).zeros(13)));
  c.client(to_pipe(smb2::create, 2, smb2_create("srvsvc")));
  return c.server(from_pipe(smb2::create, 2, smb2_created(7)));
}

const dcerpc::Call& call_of(SmbConnection& c, std::uint64_t tx) {
  REQUIRE(c.tx(tx).about<PipeCall>() != nullptr);
  return c.tx(tx).about<PipeCall>()->call;
}

}  // namespace

TEST_CASE("smb pipes: a call is written and its answer read, in any pieces") {
  for (std::size_t step = 1; step < 300; step += 7) {
    CAPTURE(step);
    SmbConnection c;
    c.step = step;
    open_pipe(c);
    const std::string asked = request_pdu(4, 15, "what is there");
    c.client(to_pipe(smb2::write, 3, smb2_write(file_id(7), 0, asked.substr(0, 20))));
    c.client(to_pipe(smb2::write, 4, smb2_write(file_id(7), 0, asked.substr(20))));
    c.server(from_pipe(smb2::write, 3, SmbBytes().u16(17)) + from_pipe(smb2::write, 4, SmbBytes().u16(17)));
    CHECK(c.all() == "TREE_CONNECT; CREATE; WRITE?; ");
    c.client(to_pipe(smb2::read, 5, smb2_read(file_id(7), 0, 1024)));
    c.server(from_pipe(smb2::read, 5, smb2_read_data(response_pdu(4, "nothing"))));
    CHECK(c.all() == "TREE_CONNECT; CREATE; WRITE; ");
    CHECK(call_of(c, 2).opnum == 15);
    CHECK(call_of(c, 2).request().stub == std::string("what is there"));
    CHECK(call_of(c, 2).answer().fragments == 1);
    CHECK(call_of(c, 2).answer().stub == std::string("nothing"));
  }
}

TEST_CASE("smb pipes: a call and its answer go by one request") {
  SmbConnection c;
  open_pipe(c);
  c.client(to_pipe(smb2::ioctl, 3, transceive(7, request_pdu(1, 2, "in"))));
  c.server(from_pipe(smb2::ioctl, 3, transceived(response_pdu(1, "out"))));
  CHECK(c.all() == "TREE_CONNECT; CREATE; IOCTL; ");
  CHECK(call_of(c, 2).answer().done);
  // What is no call is an ordinary request.
  c.client(to_pipe(smb2::ioctl, 4, transceive(8, "no call of DCERPC at all")));
  CHECK(c.tx(3).about<Ioctl>() != nullptr);
}

TEST_CASE("smb pipes: a call that fails is answered by that, and a login has no answer") {
  SmbConnection c;
  open_pipe(c);
  c.client(to_pipe(smb2::ioctl, 3, transceive(7, request_pdu(1, 2, "in"))));
  c.server(from_pipe(smb2::ioctl, 3, SmbBytes().u16(9).zeros(7), 0xc00000b0));
  CHECK(c.all() == "TREE_CONNECT; CREATE; IOCTL STATUS_PIPE_DISCONNECTED; ");
  c.client(to_pipe(smb2::write, 4, smb2_write(file_id(7), 0, pdu(16, 2, "auth data"))));
  c.server(from_pipe(smb2::write, 4, SmbBytes().u16(17)));
  CHECK(c.all().ends_with("WRITE; "));
  CHECK(call_of(c, 3).request().type == dcerpc::PduType::auth3);
}

TEST_CASE("smb pipes: in SMB 1 a call goes on in further requests") {
  SmbConnection c;
  const std::string asked = request_pdu(1, 2, "in two parts"), first = asked.substr(0, 20),
                    second = asked.substr(20);
  // Their data begin behind the header, the words and what stands before and between these and the data.
  const std::string words = SmbBytes()
                                .u16(0)
                                .u16(asked.size())
                                .zeros(18)
                                .u16(first.size())
                                .u16(32 + 1 + 32 + 2 + 3)
                                .u8(2)
                                .u8(0)
                                .u16(smb1::kTransactPipe)
                                .u16(0x4007);
  const std::string more = SmbBytes().u16(0).u16(asked.size()).zeros(6).u16(second.size()).u16(51).u16(20);
  const std::string named = SmbBytes().u8(0).u16(0).raw(first);
  c.client(nbss(smb1_message({.command = smb1::trans, .multiplex_id = 3}, words, named)));
  c.client(nbss(smb1_message({.command = smb1::trans_secondary, .multiplex_id = 3}, more, second)));
  CHECK(call_of(c, 0).opnum == 2);
  CHECK(call_of(c, 0).request().stub == std::string("in two parts"));
  // Without their TRANS they are no call.
  c.client(nbss(smb1_message({.command = smb1::trans_secondary, .multiplex_id = 4}, more, second)));
  CHECK(c.tx(2).about<PipeCall>() == nullptr);
}

TEST_CASE("smb pipes: where the tree is not known, calls are told by their header") {
  SmbConnection c;
  CHECK(c.parser.begin_midway());
  c.client(to_pipe(smb2::write, 3, smb2_write(file_id(7), 0, request_pdu(1, 2, "in"))));
  c.client(to_pipe(smb2::write, 4, smb2_write(file_id(8), 0, "bytes of a file that are no call")));
  CHECK(call_of(c, 0).opnum == 2);
  CHECK(c.tx(1).about<Transfer>() != nullptr);
  CHECK(c.tx(1).about<Transfer>()->name == std::string("<unknown>"));
}

TEST_CASE("smb pipes: what waits for the rest of its call is bounded") {
  SmbConnection c;
  c.client(to_pipe(smb2::tree_connect, 1, smb2_tree_connect("\\\\host\\IPC$")));
  c.server(from_pipe(smb2::tree_connect, 1, SmbBytes().u16(16).u8(2).zeros(13)));
  const std::string almost = request_pdu(1, 2, std::string(65000, 'x'));
  const auto write_to = [&](std::uint64_t pipe, const std::string& data) {
    c.client(to_pipe(smb2::write, 100 + pipe, smb2_write(file_id(pipe), 0, data)));
  };
  for (std::uint64_t pipe = 1; pipe <= 20; ++pipe) write_to(pipe, almost.substr(0, 65010));
  const std::size_t before = c.parser.transactions().live();
  write_to(1, almost.substr(65010));  // its beginning is forgotten
  CHECK(c.parser.transactions().live() == before);
  write_to(20, almost.substr(65010));
  CHECK(c.parser.transactions().live() == before + 1);
}

TEST_CASE("smb pipes: calls in SMB 1 go by TRANS") {
  SmbConnection c;
  const std::string asked = request_pdu(1, 9, "x");
  const std::string words = SmbBytes()
                                .zeros(18)
                                .u16(0)
                                .u16(0)
                                .u16(asked.size())
                                .u16(32 + 1 + 32 + 2)
                                .u8(2)
                                .u8(0)
                                .u16(0x26)
                                .u16(0x4000);
  c.client(nbss(smb1_message({.command = smb1::trans}, words, asked)));
  const std::string answered = response_pdu(1, "y");
  const std::string reply =
      SmbBytes().zeros(6).u16(0).u16(0).u16(0).u16(answered.size()).u16(32 + 1 + 20 + 2).zeros(4);
  c.server(nbss(smb1_message({.command = smb1::trans, .is_response = true}, reply, answered)));
  CHECK(c.all() == "TRANS; ");
  CHECK(call_of(c, 0).opnum == 9);
  CHECK(call_of(c, 0).answer().done);
}
