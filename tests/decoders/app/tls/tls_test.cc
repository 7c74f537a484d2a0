#include "decoders/app/tls/tls.h"

#include <doctest/doctest.h>

#include "decoders/app/protocol.h"
#include "tests/decoders/app/frame_recorder.h"
#include "tls_builder.h"

using namespace weir;
using namespace weir::tls;
using namespace weir::test;
using Status = ParseOutcome::Status;

namespace {

std::unique_ptr<AppParser> make_parser() {
  return proto_tls.configure(no_settings())->make();
}

const TlsTransaction& tx_of(const AppParser& parser) {
  const Transaction* tx = parser.transactions().find(0);
  REQUIRE(tx != nullptr);
  return static_cast<const TlsTransaction&>(*tx);
}

bool raised(const Transaction& tx, Event e) {
  for (const AppEvent& event : tx.events)
    if (event.code == static_cast<std::uint8_t>(e)) return true;
  return false;
}

// Feeds a direction in pieces that end at `ends`, as the engine does: unconsumed bytes come again.
Status feed(AppParser& parser, Direction d, const std::string& stream,
            std::initializer_list<std::size_t> ends) {
  std::size_t used = 0;
  Status status = Status::ok;
  for (const std::size_t end : ends) {
    if (end <= used || status != Status::ok) continue;
    const auto outcome = parser.parse({.direction = d, .data = bytes_of(stream).subspan(used, end - used)});
    used += outcome.consumed;
    status = outcome.status;
  }
  return status;
}
Status feed(AppParser& parser, Direction d, const std::string& stream) {
  return feed(parser, d, stream, {stream.size()});
}

// A server's first flight: the hello and certificate in one record, the rest of it in a second.
std::string server_flight() {
  return tls_record(22, server_hello(extension(0xff01, be(0, 1))) + certificate_message(der_certificate())) +
         tls_record(22, handshake(14, ""));
}

constexpr std::uint8_t at(ClientState s) {
  return static_cast<std::uint8_t>(s);
}
constexpr std::uint8_t at(ServerState s) {
  return static_cast<std::uint8_t>(s);
}

}  // namespace

TEST_CASE("tls: a handshake with a certificate") {
  const auto parser = make_parser();
  CHECK(feed(*parser, Direction::to_server, tls_record(22, client_hello(usual_extensions()))) == Status::ok);
  CHECK(tx_of(*parser).progress[0] == at(ClientState::hello_done));
  CHECK(feed(*parser, Direction::to_client, server_flight()) == Status::ok);
  const TlsTransaction& tx = tx_of(*parser);
  CHECK(tx.progress[0] == at(ClientState::handshake_done));
  CHECK(tx.progress[1] == at(ServerState::handshake_done));
  CHECK(tx.version() == 0x0303);
  CHECK(tx.server_chain.parts.size() == 2);
  CHECK(tx.server_chain.leaf.subject == "CN=www.example.com");
  CHECK(tx.ja3() == "771,49199-156,0-10-11-13-16,29-23,0");
  CHECK(tx.ja3s() == "771,49199,65281");
  CHECK(tx.ja3_hash() == "9d31fa3997616d8afb8bd25da4a5842b");  // says md5sum
  CHECK_FALSE(tx.session_resumed());
  CHECK(tx.events.empty());
}

TEST_CASE("tls: every split of the server's stream gives the same transaction") {
  const std::string stream = server_flight();
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    CAPTURE(split);
    const auto parser = make_parser();
    feed(*parser, Direction::to_server, tls_record(22, client_hello(usual_extensions())));
    CHECK(feed(*parser, Direction::to_client, stream, {split, stream.size()}) == Status::ok);
    CHECK(tx_of(*parser).server_chain.leaf.serial == "00:97:E6");
    CHECK(tx_of(*parser).progress[1] == at(ServerState::handshake_done));
  }
}

TEST_CASE("tls: a hello cut into records of any size is put together") {
  const std::string message = client_hello(usual_extensions());
  for (std::size_t size = 1; size < message.size(); size += 7) {
    CAPTURE(size);
    std::string stream;
    for (std::size_t i = 0; i < message.size(); i += size) stream += tls_record(22, message.substr(i, size));
    const auto parser = make_parser();
    CHECK(feed(*parser, Direction::to_server, stream) == Status::ok);
    CHECK(tx_of(*parser).client.sni == "www.example.com");
  }
}

TEST_CASE("tls: a requested client certificate is waited for") {
  const auto parser = make_parser();
  feed(*parser, Direction::to_server, tls_record(22, client_hello(usual_extensions())));
  const std::string flight =
      server_hello("") + certificate_message(der_certificate()) + handshake(13, "x") + handshake(14, "");
  feed(*parser, Direction::to_client, tls_record(22, flight));
  CHECK(tx_of(*parser).progress[1] == at(ServerState::hello_done));
  feed(*parser, Direction::to_server, tls_record(22, certificate_message(der_certificate())));
  CHECK(tx_of(*parser).progress[0] == at(ClientState::handshake_done));
  CHECK(tx_of(*parser).client_chain.leaf.issuer == "C=US, O=Test, Inc.");
}

TEST_CASE("tls: parsing ends when both sides encrypt, and a resumed session is known as one") {
  const auto parser = make_parser();
  feed(*parser, Direction::to_server, tls_record(22, client_hello(usual_extensions(), "0123")));
  CHECK(feed(*parser, Direction::to_client,
             tls_record(22, server_hello("", "0123")) + tls_record(20, "\x01") +
                 tls_record(22, "encrypted")) == Status::ok);
  const std::string finished = tls_record(20, "\x01") + tls_record(22, "encrypted");
  CHECK(feed(*parser, Direction::to_server, finished) == Status::ok);
  CHECK(tx_of(*parser).progress[1] == at(ServerState::hello));
  CHECK(feed(*parser, Direction::to_server, tls_record(23, "data")) == Status::bypass);
  CHECK(tx_of(*parser).session_resumed());
  CHECK(tx_of(*parser).events.empty());
}

TEST_CASE(
    "tls: a heartbeat behind the handshake is still looked at, nothing once application data has come") {
  const auto parser = make_parser();
  const std::string finished = tls_record(20, "\x01") + tls_record(22, "encrypted");
  feed(*parser, Direction::to_server, tls_record(22, client_hello(usual_extensions())));
  feed(*parser, Direction::to_client,
       tls_record(22, server_hello("") + certificate_message(der_certificate()) + handshake(14, "")));
  CHECK(feed(*parser, Direction::to_server, finished) == Status::ok);
  CHECK(feed(*parser, Direction::to_client, finished) == Status::ok);
  CHECK(tx_of(*parser).progress[1] == at(ServerState::handshake_done));
  CHECK(feed(*parser, Direction::to_server, tls_record(24, "encrypted")) == Status::ok);
  CHECK(feed(*parser, Direction::to_client, tls_record(24, "encrypted")) == Status::ok);
  CHECK(feed(*parser, Direction::to_client, tls_record(23, "encrypted")) == Status::bypass);
}

TEST_CASE("tls: the protocol that it has come from is remembered") {
  const auto parser = make_parser();
  parser->begin_after(AppProto::smtp);
  feed(*parser, Direction::to_server, tls_record(22, client_hello(usual_extensions())));
  CHECK(tx_of(*parser).original == AppProto::smtp);
}

TEST_CASE("tls 1.3: application data ends the handshake, early data does not") {
  const auto parser = make_parser();
  const std::string hello = tls_record(22, client_hello(usual_extensions()));
  CHECK(feed(*parser, Direction::to_server, hello + tls_record(23, "early")) == Status::ok);
  CHECK(tx_of(*parser).progress[0] == at(ClientState::hello_done));
  const std::string server =
      tls_record(22, server_hello(extension(43, be(0x0304, 2)))) + tls_record(20, "\x01");
  CHECK(feed(*parser, Direction::to_client, server) == Status::ok);
  CHECK(feed(*parser, Direction::to_client, tls_record(23, "encrypted")) == Status::bypass);
  CHECK(tx_of(*parser).version() == 0x0304);
  CHECK(tx_of(*parser).progress[1] == at(ServerState::handshake_done));
  CHECK_FALSE(tx_of(*parser).session_resumed());
}

TEST_CASE("tls: what follows the handshake is not parsed, in the same segment as in a later one") {
  const std::string hello = tls_record(22, server_hello(extension(43, be(0x0304, 2)))),
                    data = tls_record(23, "encrypted");
  for (const std::size_t split : {hello.size(), hello.size() + data.size(), hello.size() + data.size() + 4}) {
    CAPTURE(split);
    const auto parser = make_parser();
    feed(*parser, Direction::to_server, tls_record(22, client_hello(usual_extensions())));
    CHECK(feed(*parser, Direction::to_client, hello + data + "no record",
               {split, hello.size() + data.size() + 9}) == Status::bypass);
    CHECK(tx_of(*parser).events.empty());
  }
}

TEST_CASE("tls: application data is skipped without waiting for its record") {
  const auto parser = make_parser();
  const std::string record = tls_record(23, std::string(5000, 'x'), 0x0303);
  const auto outcome =
      parser->parse({.direction = Direction::to_client, .data = bytes_of(record).first(1000)});
  CHECK(outcome.consumed == 1000);
}

TEST_CASE("tls: what is no record ends parsing with an event") {
  struct Row {
    std::string stream;
    Event event;
  };
  const Row rows[] = {
      {"GET / HTTP/1.1\r\n\r\n", Event::invalid_record_type},
      {tls_record(22, "x", 0x7e01), Event::invalid_record_version},
      {be(22, 1) + be(0x0303, 2) + be(20000, 2), Event::invalid_record_length},
      {"\x80\x2e\x63\x03\x01", Event::invalid_sslv2_header},
  };
  for (const Row& row : rows) {
    CAPTURE(static_cast<int>(row.event));
    const auto parser = make_parser();
    CHECK(feed(*parser, Direction::to_server, row.stream) == Status::error);
    CHECK(raised(tx_of(*parser), row.event));
  }
}

TEST_CASE("tls: the first byte of what is no record ends parsing, wherever segments end") {
  const std::string stream = tls_record(20, "\x01") + "GET";
  for (std::size_t split = 1; split <= stream.size(); ++split) {
    CAPTURE(split);
    const auto parser = make_parser();
    CHECK(feed(*parser, Direction::to_server, stream, {split, stream.size()}) == Status::error);
    CHECK(raised(tx_of(*parser), Event::invalid_record_type));
  }
  // The engine waits for as many bytes as it was asked for, and no more.
  const auto parser = make_parser();
  CHECK(parser->parse({.direction = Direction::to_server, .data = bytes_of(stream).first(6)}).need == 1);
}

TEST_CASE("tls: broken certificates raise an event and the connection goes on") {
  const auto parser = make_parser();
  feed(*parser, Direction::to_client,
       tls_record(22, server_hello("") + certificate_message("not DER at all")));
  CHECK(raised(tx_of(*parser), Event::certificate_invalid_der));
  CHECK(tx_of(*parser).server_chain.leaf.fingerprint.size() == 59);
  const auto other = make_parser();
  feed(*other, Direction::to_client, tls_record(22, handshake(11, be(50, 3) + "short")));
  CHECK(raised(tx_of(*other), Event::certificate_invalid_length));
}

TEST_CASE("tls: an empty record of a kind that has to say something is noticed") {
  const auto parser = make_parser();
  CHECK(feed(*parser, Direction::to_client, tls_record(22, "") + tls_record(22, server_hello(""))) == Status::ok);
  CHECK(raised(tx_of(*parser), Event::invalid_tls_header));
  CHECK(tx_of(*parser).server.seen);
}

TEST_CASE("tls: a handshake message beyond the limit is skipped, and the next one read") {
  const auto parser = make_parser();
  std::string stream = tls_record(22, be(11, 1) + be(kMaxHandshakeMessage + 1, 3) + std::string(10000, 'x'));
  for (std::size_t left = kMaxHandshakeMessage + 1 - 10000; left > 0;) {
    const std::size_t n = left < 10000 ? left : 10000;
    stream += tls_record(22, std::string(n, 'x'));
    left -= n;
  }
  stream += tls_record(22, server_hello(""));
  CHECK(feed(*parser, Direction::to_client, stream) == Status::ok);
  CHECK(raised(tx_of(*parser), Event::handshake_invalid_length));
  CHECK(tx_of(*parser).server.seen);
}

TEST_CASE("tls: a handshake message of a kind that there is not is noticed, the next one read") {
  const auto parser = make_parser();
  CHECK(feed(*parser, Direction::to_client, tls_record(22, handshake(99, "x") + server_hello(""))) == Status::ok);
  CHECK(raised(tx_of(*parser), Event::invalid_handshake_message));
  CHECK(tx_of(*parser).server.seen);
  const auto fine = make_parser();
  feed(*fine, Direction::to_client, tls_record(22, handshake(22, "x") + handshake(67, "x")));
  CHECK_FALSE(raised(tx_of(*fine), Event::invalid_handshake_message));
}

TEST_CASE("tls: a second hello does not replace the first") {
  const auto parser = make_parser();
  feed(*parser, Direction::to_server, tls_record(22, client_hello(sni_extension("first"))));
  feed(*parser, Direction::to_server, tls_record(22, client_hello(sni_extension("second"))));
  CHECK(tx_of(*parser).client.sni == "first");
  CHECK(parser->transactions().live() == 1);
}

TEST_CASE("tls: an SSLv2 hello opens a connection") {
  const std::string hello =
      "\x01" + be(0x0301, 2) + be(6, 2) + be(0, 2) + be(16, 2) + std::string(6, 'c') + std::string(16, 'r');
  const std::string record = be(0x8000U | hello.size(), 2) + hello;
  CHECK(proto_tls.confirm(Direction::to_server, bytes_of(record)) == ProbeResult::yes);
  CHECK(proto_tls.confirm(Direction::to_server, bytes_of("\x80\x50\x01\x03\x01" + std::string(20, 'z'))) ==
        ProbeResult::no);
  const auto parser = make_parser();
  CHECK(feed(*parser, Direction::to_server, record, {3, record.size()}) == Status::ok);
  CHECK(tx_of(*parser).client.version == 0x0301);
  CHECK(feed(*parser, Direction::to_client, server_flight()) == Status::ok);
  CHECK(tx_of(*parser).version() == 0x0303);
}

TEST_CASE("tls: heartbeats that ask for more than they bring are noticed") {
  const auto parser = make_parser();
  feed(*parser, Direction::to_server, tls_record(24, be(1, 1) + be(16384, 2) + "abc"));
  CHECK(raised(tx_of(*parser), Event::overflow_heartbeat_message));
  CHECK(raised(tx_of(*parser), Event::heartbeat_message));
}

TEST_CASE("tls: a record is a frame, and its header, and its data; alerts and heartbeats are told apart") {
  FrameRecorder r(proto_tls);
  const std::string hello = tls_record(22, client_hello(usual_extensions())),
                    alert = tls_record(21, be(0x0100, 2));
  const std::string end = std::to_string(hello.size());
  r.feed(Direction::to_server, hello.substr(0, 20));
  CHECK(r.frames(Direction::to_server).empty());
  r.feed(Direction::to_server, hello.substr(20) + alert);
  const std::string body = std::to_string(hello.size() - 5), next = std::to_string(hello.size() + 5);
  CHECK(r.frames(Direction::to_server) == "pdu 0+" + end + "/0, hdr 0+5/0, data 5+" + body + "/0, pdu " +
                                              end + "+7/0, hdr " + end + "+5/0, data " + next +
                                              "+2/0, alert " + next + "+2/0");
  // Application data are told of when their header is there.
  r.feed(Direction::to_client,
         tls_record(22, server_hello("")) + be(23, 1) + be(0x0303, 2) + be(1000, 2) + "abc");
  CHECK(r.frames(Direction::to_client).find("+1005/0, hdr") != std::string::npos);
}

TEST_CASE("tls: a hello of SSLv2 is a frame of its own kind") {
  FrameRecorder r(proto_tls);
  const std::string hello = be(0x8000 + 28, 2) + be(1, 1) + be(0x0002, 2) + be(3, 2) + be(0, 2) + be(16, 2) +
                            be(0x010080, 3) + std::string(16, 'c');
  r.feed(Direction::to_server, hello);
  CHECK(r.frames(Direction::to_server) == "ssl2.hdr 0+2/0, ssl2.pdu 0+30/0");
}

TEST_CASE("tls: with more frames than are kept at once the parser waits until there is room") {
  FrameRecorder r(proto_tls);
  r.feed(Direction::to_server, tls_record(22, client_hello(usual_extensions())));
  constexpr std::size_t kRecords = 1000, kFramesOfRecord = 4;
  std::string all;
  for (std::size_t i = 0; i < kRecords; ++i) all += tls_record(21, be(0x0100, 2));
  ParseOutcome out = r.feed(Direction::to_client, all);
  CHECK(out.paused);
  std::size_t seen = r.count(Direction::to_client);
  CHECK(seen < kRecords * kFramesOfRecord);
  CHECK(seen % kFramesOfRecord == 0);
  r.let_go(Direction::to_client);
  out = r.feed(Direction::to_client, "");
  CHECK_FALSE(out.paused);
  seen += r.count(Direction::to_client);
  CHECK(seen == kRecords * kFramesOfRecord);
}
