#include "decoders/app/dns/dns.h"

#include <doctest/doctest.h>

#include "decoders/app/protocol.h"
#include "dns_builder.h"
#include "tests/decoders/app/frame_recorder.h"

using namespace weir;
using namespace weir::dns;
using weir::test::DnsBuilder;

namespace {

std::unique_ptr<AppParser> make_parser(const ProtocolInfo& info) {
  return info.configure(no_settings())->make();
}

const DnsTransaction& tx_of(const AppParser& parser, std::uint64_t id) {
  const Transaction* tx = parser.transactions().find(id);
  REQUIRE(tx != nullptr);
  return static_cast<const DnsTransaction&>(*tx);
}

std::vector<std::uint8_t> framed(std::initializer_list<Bytes> messages) {
  std::vector<std::uint8_t> out;
  for (const Bytes m : messages) {
    out.push_back(static_cast<std::uint8_t>(m.size() >> 8U));
    out.push_back(static_cast<std::uint8_t>(m.size() & 0xffU));
    out.insert(out.end(), m.begin(), m.end());
  }
  return out;
}

bool raised(const Transaction& tx, Event e) {
  for (const AppEvent& event : tx.events)
    if (event.code == static_cast<std::uint8_t>(e)) return true;
  return false;
}

}  // namespace

TEST_CASE("dns: each datagram is a transaction of its direction") {
  const auto parser = make_parser(proto_dns);
  const auto query = test::example_query(), answer = test::example_answer();
  CHECK(parser->parse({.direction = Direction::to_server, .data = query.bytes(), .is_datagram = true})
            .consumed == query.size());
  parser->parse({.direction = Direction::to_client, .data = answer.bytes(), .is_datagram = true});
  REQUIRE(parser->transactions().live() == 2);
  CHECK(tx_of(*parser, 0).direction() == Direction::to_server);
  CHECK(tx_of(*parser, 0).valid);
  CHECK(tx_of(*parser, 0).events.empty());
  CHECK(tx_of(*parser, 1).direction() == Direction::to_client);
  CHECK(tx_of(*parser, 1).message.answers.size() == 2);
}

TEST_CASE("dns: messages that go the wrong way or are malformed raise events and are not shown") {
  struct Row {
    DnsBuilder message;
    Direction direction;
    Event event;
    bool valid;
  };
  const Row rows[] = {
      {test::example_answer(), Direction::to_server, Event::not_request, false},
      {test::example_query(), Direction::to_client, Event::not_response, false},
      {std::move(DnsBuilder(1, 0x0100, 1)
                     .raw("\x05"
                          "ab")),
       Direction::to_server, Event::malformed_data, false},
      {std::move(DnsBuilder(1, 0x0140, 1).question("a", 1)), Direction::to_server, Event::z_flag_set, true},
      {std::move(DnsBuilder(1, 0x4800, 1).question("a", 1)), Direction::to_server, Event::invalid_opcode,
       true},
  };
  for (const Row& row : rows) {
    CAPTURE(static_cast<int>(row.event));
    const auto parser = make_parser(proto_dns);
    parser->parse({.direction = row.direction, .data = row.message.bytes(), .is_datagram = true});
    CHECK(raised(tx_of(*parser, 0), row.event));
    CHECK(tx_of(*parser, 0).valid == row.valid);
  }
}

TEST_CASE("dns: multicast questions and answers go either way") {
  const auto parser = make_parser(proto_mdns);
  const auto answer = test::example_answer();
  parser->parse({.direction = Direction::to_server, .data = answer.bytes(), .is_datagram = true});
  CHECK(tx_of(*parser, 0).valid);
  CHECK(tx_of(*parser, 0).events.empty());
}

TEST_CASE("dns over tcp: every split of a stream gives the same transactions") {
  const auto query = test::example_query();
  const auto other = std::move(DnsBuilder(7, 0x0100, 1).question("other.test", 28));
  const auto stream = framed({query.bytes(), Bytes{}, other.bytes()});
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    CAPTURE(split);
    const auto parser = make_parser(proto_dns);
    std::size_t used = 0;
    for (const std::size_t end : {split, stream.size()}) {
      const auto outcome = parser->parse({.data = Bytes{stream}.subspan(used, end - used)});
      CHECK(outcome.status == ParseOutcome::Status::ok);
      used += outcome.consumed;
      CHECK(outcome.need > end - used);
    }
    CHECK(used == stream.size());
    REQUIRE(parser->transactions().live() == 2);
    CHECK(tx_of(*parser, 0).message.header.id == 0x1234);
    CHECK(tx_of(*parser, 1).message.view(tx_of(*parser, 1).message.questions[0].name) == "other.test");
  }
}

TEST_CASE("dns over tcp: after a gap it goes on only where a message makes sense") {
  const auto stream = framed({test::example_query().bytes()});
  const auto parser = make_parser(proto_dns);
  CHECK(parser->on_gap(Direction::to_server, 100));
  CHECK(parser->parse({.data = stream}).status == ParseOutcome::Status::ok);
  CHECK(parser->transactions().live() == 1);
  CHECK(parser->on_gap(Direction::to_server, 100));
  CHECK(parser->parse({.data = Bytes{stream}.subspan(20)}).status ==
        ParseOutcome::Status::ok);  // a length to wait for
  CHECK(parser->parse({.data = framed({Bytes{stream}.subspan(5, 12)})}).status ==
        ParseOutcome::Status::error);
}

TEST_CASE("dns: probing knows datagrams, streams and swapped sides") {
  const auto query = test::example_query();
  const auto stream = framed({query.bytes()});
  CHECK(proto_dns.probe(Direction::to_server, query.bytes()) == ProbeResult::yes);
  CHECK(proto_dns.probe(Direction::to_client, query.bytes()) == ProbeResult::yes_reversed);
  CHECK(proto_dns.probe(Direction::to_server, stream) == ProbeResult::yes);
  CHECK(proto_dns.probe(Direction::to_server, Bytes{stream}.first(1)) == ProbeResult::need_more);
  CHECK(proto_dns.probe(Direction::to_server, Bytes{stream}.first(8)) == ProbeResult::need_more);
  const std::string_view http = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";
  CHECK(proto_dns.probe(Direction::to_server, {reinterpret_cast<const std::uint8_t*>(http.data()),
                                               http.size()}) != ProbeResult::yes);
}

TEST_CASE("dns: each message is a frame, without its length over TCP, readable or not") {
  test::FrameRecorder udp(proto_dns);
  const auto query = test::example_query();
  udp.datagram(Direction::to_server, query.bytes());
  CHECK(udp.frames(Direction::to_server) == "pdu 0+33/0");
  udp.datagram(Direction::to_client, query.bytes().first(14));
  CHECK(udp.frames(Direction::to_client) == "pdu 0+14/1");

  test::FrameRecorder tcp(proto_dns);
  const auto both = framed({query.bytes(), query.bytes()});
  const std::string_view stream(reinterpret_cast<const char*>(both.data()), both.size());
  tcp.feed(Direction::to_server, stream.substr(0, 50));
  CHECK(tcp.frames(Direction::to_server) == "pdu 2+33/0");
  tcp.feed(Direction::to_server, stream.substr(50));
  CHECK(tcp.frames(Direction::to_server) == "pdu 2+33/0, pdu 37+33/1");
}
