#include "decoders/app/tftp/tftp.h"

#include <doctest/doctest.h>

#include <string>

#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"

using namespace weir;
using namespace weir::tftp;

namespace {

constexpr Direction kAsked = Direction::to_server, kAnswered = Direction::to_client;

std::string numbers(std::initializer_list<unsigned> words) {
  std::string out;
  for (const unsigned w : words) {
    out.push_back(static_cast<char>(w >> 8U));
    out.push_back(static_cast<char>(w & 0xffU));
  }
  return out;
}
std::string tftp_request(unsigned opcode, const std::string& file, const std::string& mode,
                         const std::string& options = {}) {
  return numbers({opcode}) + file + '\0' + mode + '\0' + options;
}
std::string tftp_data(unsigned block, const std::string& bytes) {
  return numbers({3, block}) + bytes;
}
std::string option(const std::string& name, const std::string& value) {
  return name + '\0' + value + '\0';
}

struct LastAnnounced final : FlowAnnouncer {
  void announce(ExpectedFlow flow) override { last = std::move(flow); }
  ExpectedFlow last;
};

struct TftpFlow {
  TftpFlow& say(Direction d, const std::string& datagram) {
    const ParseOutcome out = parser.parse({.direction = d,
                                           .data = as_bytes(datagram),
                                           .is_datagram = true,
                                           .source_port = 3000,
                                           .announcer = &announced});
    CHECK(out.status == ParseOutcome::Status::ok);
    CHECK(out.consumed == datagram.size());
    return *this;
  }
  // "packet file mode" of each transaction, of transfers "file:size state"; "?" where it goes on.
  std::string all() {
    std::string out;
    for (Transaction* t = parser.transactions().first(); t != nullptr; t = TransactionList::next(*t)) {
      auto& tx = *tx_cast<TftpTransaction>(t);
      out += tx.is_transfer               ? "transfer"
             : tx.packet == Opcode::read  ? "read"
             : tx.packet == Opcode::write ? "write"
                                          : "error";
      out.append(" ").append(tx.file).append(" ").append(tx.mode);
      for (const Direction d : {kAsked, kAnswered})
        for (const ShownFile& f : *tx.files(d))
          out += (d == kAsked ? " up:" : " down:") + std::to_string(f->size) +
                 (f->state == FileState::closed      ? " closed"
                  : f->state == FileState::truncated ? " truncated"
                                                     : " open");
      out += tx.progress[0] == kComplete ? ";" : "?";
    }
    return out;
  }

  LastAnnounced announced;
  TftpParser parser;
};

}  // namespace

TEST_CASE("tftp: a request announces the flow of its transfer") {
  TftpFlow f;
  f.say(kAsked, tftp_request(1, "a.cfg", "octet", option("BLKSIZE", "1024")));
  CHECK(f.all() == "read a.cfg octet;");
  CHECK(f.announced.last.protocol == AppProto::tftp);
  CHECK(f.announced.last.is_datagram);
  CHECK(f.announced.last.opened == Direction::to_client);
  CHECK(f.announced.last.port == 3000);
  TftpFlow data;
  data.parser.begin_expected(f.announced.last);
  data.say(kAsked, tftp_data(1, "all of it"));
  CHECK(data.all() == "transfer a.cfg octet up:9 closed;");
}

TEST_CASE(
    "tftp: blocks may be of another size, come twice and in another order, and their numbers begin anew") {
  TftpFlow f;
  f.say(kAsked, tftp_request(2, "f", "octet")).say(kAnswered, numbers({6}) + option("blksize", "8"));
  f.say(kAsked, tftp_data(1, "01234567"))
      .say(kAsked, tftp_data(1, "01234567"))
      .say(kAnswered, numbers({4, 1}));
  f.say(kAsked, tftp_data(3, "end")).say(kAsked, tftp_data(2, "89abcdef")).say(kAsked, tftp_data(3, "end"));
  CHECK(f.all() == "write f octet;transfer f octet up:19 closed;");
  auto* tx = tx_cast<TftpTransaction>(f.parser.transactions().last());
  CHECK(as_text((*tx->files(kAsked))[0]->content->view().data) == "0123456789abcdefend");
  TftpFlow longer;
  for (unsigned block = 1; block <= 65'540; ++block)
    longer.say(kAnswered, tftp_data(block & 0xffffU, std::string(512, 'x')));
  longer.say(kAnswered, tftp_data(5, ""));
  CHECK(longer.all() == "transfer   down:33556480 closed;");
}

TEST_CASE("tftp: a short block that came in full before ends nothing") {
  TftpFlow f;
  f.say(kAnswered, tftp_data(1, std::string(512, 'a'))).say(kAnswered, tftp_data(2, std::string(512, 'b')));
  f.say(kAnswered, tftp_data(1, "short")).say(kAnswered, tftp_data(3, "the end"));
  CHECK(f.all() == "transfer   down:1031 closed;");
}

TEST_CASE("tftp: the first block tells a size that was not seen") {
  TftpFlow f;
  f.say(kAnswered, tftp_data(1, std::string(1400, 'a'))).say(kAnswered, tftp_data(2, std::string(600, 'b')));
  CHECK(f.all() == "transfer   down:2000 closed;");
}

TEST_CASE("tftp: the side that gets a file can put nothing into it, nor move what comes") {
  TftpFlow f;
  f.say(kAsked, tftp_request(1, "a", "octet"));
  f.say(kAsked, tftp_data(1, "chosen")).say(kAsked, numbers({6}) + option("blksize", "8"));
  f.say(kAnswered, tftp_data(1, std::string(512, 'a')));
  f.say(kAnswered, numbers({6}) + option("blksize", "8"));  // too late
  f.say(kAsked, tftp_data(2, "")).say(kAnswered, tftp_data(2, "end"));
  CHECK(f.all() == "read a octet;transfer a octet down:515 closed;");
  TftpFlow write;
  write.say(kAsked, tftp_request(2, "b", "octet"));
  write.say(kAnswered, tftp_data(1, "chosen")).say(kAsked, tftp_data(1, "true"));
  CHECK(write.all() == "write b octet;transfer b octet up:4 closed;");
  TftpFlow announced;  // by the server's side
  announced.parser.begin_expected({.command = "read octet", .name = "c"});
  announced.say(kAnswered, tftp_data(1, "chosen")).say(kAsked, tftp_data(1, "true!"));
  CHECK(announced.all() == "transfer c octet up:5 closed;");
}

TEST_CASE("tftp: an error ends the transfer, and a request begins another") {
  TftpFlow f;
  f.say(kAsked, tftp_request(1, "a", "octet")).say(kAnswered, tftp_data(1, std::string(512, 'a')));
  f.say(kAsked, numbers({5, 3}) + "disk full");
  CHECK(f.all() == "read a octet;transfer a octet down:512 truncated;error a octet;");
  f.say(kAnswered, tftp_data(2, "late"));
  f.say(kAsked, tftp_request(1, "b", "octet"))
      .say(kAnswered, tftp_data(1, "b"))
      .say(kAsked, tftp_request(1, "c", "mail"));
  CHECK(f.all() ==
        "read a octet;transfer a octet down:512 truncated;error a octet;read b octet;"
        "transfer b octet down:1 closed;read c mail;");
}

TEST_CASE("tftp: every truncation of a request is none, and what is no packet is passed over") {
  const std::string whole = tftp_request(1, "file", "octet");
  for (std::size_t n = 0; n < whole.size(); ++n) {
    CAPTURE(n);
    CHECK_FALSE(parse_packet(as_bytes(whole).first(n)));
  }
  CHECK(parse_packet(as_bytes(whole))->file == "file");
  const std::string with_options = whole + option("tsize", "0") + option("blksize", "7");
  for (std::size_t n = whole.size(); n <= with_options.size(); ++n) {
    const auto packet = parse_packet(as_bytes(with_options).first(n));
    REQUIRE(packet);
    CHECK_FALSE(packet->block_size);  // seven bytes are too few
  }
  TftpFlow f;
  f.say(kAsked, numbers({0, 0}))
      .say(kAsked, numbers({7, 0}))
      .say(kAsked, numbers({3}))
      .say(kAsked, numbers({3, 0}) + "x");
  CHECK(f.all().empty());
}

TEST_CASE("tftp: long names are cut") {
  TftpFlow f;
  f.say(kAsked, tftp_request(1, std::string(5000, 'f'), std::string(5000, 'm')));
  CHECK(f.announced.last.name.size() == kMaxText);
  CHECK(tx_cast<TftpTransaction>(f.parser.transactions().last())->mode.size() == kMaxText);
}
