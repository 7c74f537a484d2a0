#include "decoders/app/ftp_data/ftp_data.h"

#include <doctest/doctest.h>

#include <string>

#include "decoders/app/expected_flow.h"
#include "decoders/app/protocol.h"
#include "decoders/text.h"

using namespace weir;
using namespace weir::ftp_data;

namespace {

constexpr Direction kClient = Direction::to_server, kServer = Direction::to_client;

ExpectedFlow transfer(std::string command, std::string name, bool carries_file = true) {
  return {.protocol = AppProto::ftp_data,
          .command = std::move(command),
          .name = std::move(name),
          .carries_file = carries_file};
}

struct Data {
  explicit Data(const ExpectedFlow& announced) {
    parser.transactions().set_protocol(AppProto::ftp_data);
    parser.begin_expected(announced);
  }
  void say(Direction d, std::string_view text, bool eof = false) {
    CHECK(parser.parse({.direction = d, .data = as_bytes(text), .eof = eof}).consumed == text.size());
  }
  FtpDataTransaction& tx() {
    auto* found = tx_cast<FtpDataTransaction>(parser.transactions().find(0));
    REQUIRE(found != nullptr);
    return *found;
  }
  bool complete() {
    for (const Direction d : {kClient, kServer})
      if (!tx().complete(protocol_info(AppProto::ftp_data).complete(d), d)) return false;
    return true;
  }
  FtpDataParser parser;
};

}  // namespace

TEST_CASE("ftp data: what a side sends is the file of which the control connection spoke") {
  for (const Direction d : {kClient, kServer}) {
    Data data(transfer("STOR", "a/b.txt"));
    data.say(d, "hello ");
    data.say(d, "world");
    data.say(d, "", true);
    REQUIRE(data.tx().files(d)->size() == 1);
    const AppFile& file = *data.tx().files(d)->front();
    CHECK(file.name == "a/b.txt");
    CHECK(file.size == 11);
    CHECK(file.state == FileState::closed);
    CHECK(std::string(as_text(file.content->view().data)) == "hello world");
    CHECK(data.tx().command == "STOR");
    CHECK(data.tx().files(opposite(d))->empty());
    CHECK_FALSE(data.complete());
    data.say(opposite(d), "", true);
    CHECK(data.complete());
  }
}

TEST_CASE("ftp data: a file with holes is cut short") {
  Data data(transfer("RETR", "x"));
  data.say(kServer, "begin");
  CHECK(data.parser.on_gap(kServer, 100));
  data.say(kServer, "end", true);
  const AppFile& file = *data.tx().files(kServer)->front();
  CHECK(file.size == 108);
  CHECK(file.has_gaps);
  CHECK(file.state == FileState::truncated);
}

TEST_CASE("ftp data: a file of which the stream's depth let only the beginning be seen is cut short") {
  Data data(transfer("RETR", "x"));
  const AppInput last{.direction = kServer, .data = as_bytes("begin"), .eof = true, .is_cut = true};
  CHECK(data.parser.parse(last).consumed == 5);
  CHECK(data.tx().files(kServer)->front()->state == FileState::truncated);
}

TEST_CASE("ftp data: a listing is no file, and an empty transfer has none") {
  Data listing(transfer("LIST", "", false));
  listing.say(kServer, "total 0\r\n", true);
  CHECK(listing.tx().files(kServer)->empty());
  Data nothing(transfer("RETR", "x"));
  nothing.say(kServer, "", true);
  CHECK(nothing.tx().files(kServer)->empty());
}

TEST_CASE("ftp data: what was inspected of a file is let go") {
  Data data(transfer("RETR", "x"));
  for (int i = 0; i < 64; ++i) {
    data.say(kServer, std::string(16384, 'x'));
    data.tx().after_detection(kServer);
  }
  CHECK(data.tx().held() < 256 * 1024);
  CHECK(data.tx().files(kServer)->front()->size == 64 * 16384);
}

TEST_CASE("ftp data: after the transaction is let go, bytes are passed over") {
  Data data(transfer("RETR", "x"));
  data.parser.transactions().release(0);
  data.say(kServer, "more");
  CHECK(data.parser.transactions().empty());
}
