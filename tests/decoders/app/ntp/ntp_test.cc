#include "decoders/app/ntp/ntp.h"

#include <doctest/doctest.h>

#include "ntp_builder.h"

using namespace weir;
using namespace weir::ntp;
using namespace weir::test;

namespace {

constexpr Direction kClient = Direction::to_server, kServer = Direction::to_client;

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

struct Flow {
  // The transaction of one datagram.
  const NtpTransaction& say(Direction d, std::string_view datagram) {
    const bool to_server = d == kClient;
    const ParseOutcome out = parser.parse({.direction = d,
                                           .data = bytes(datagram),
                                           .is_datagram = true,
                                           .source_port = to_server ? client_port : std::uint16_t{123},
                                           .destination_port = to_server ? std::uint16_t{123} : client_port});
    CHECK(out.status == ParseOutcome::Status::ok);
    CHECK(out.consumed == datagram.size());
    return static_cast<const NtpTransaction&>(
        *parser.transactions().find(parser.transactions().next_id() - 1));
  }
  std::string events(Direction d, std::string_view datagram) {
    constexpr std::string_view kNames[] = {
#define EVENT(id, ...) #id,
#include "decoders/app/ntp/events.def"
#undef EVENT
    };
    std::string out;
    for (const AppEvent& e : say(d, datagram).events) out += std::string(kNames[e.code]) + " ";
    return out;
  }

  NtpParser parser;
  std::uint16_t client_port = 40000;
};

}  // namespace

TEST_CASE("ntp: a message that tells the time shows its fields") {
  const std::string datagram = ntp_time(4, 4, 5, 6, 1, "PPS");
  const auto m = parse_message(bytes(datagram));
  REQUIRE(m);
  CHECK(m->version == 4);
  CHECK(m->mode == Mode::server);
  CHECK(m->response);
  CHECK(m->tells_time);
  CHECK(m->stratum == 1);
  CHECK(m->reference_id == std::array<std::uint8_t, 4>{'P', 'P', 'S', 0});
  CHECK(m->origin == 5);
  CHECK(m->transmit == 6);
}

TEST_CASE("ntp: control and private messages have no stratum and say themselves whether they answer") {
  const std::string question = ntp_control(false), answer = ntp_control(true);
  CHECK_FALSE(parse_message(bytes(question))->tells_time);
  CHECK_FALSE(parse_message(bytes(question))->response);
  CHECK(parse_message(bytes(answer))->response);
  const std::string monlist("\x17\x00\x03\x2a\0\0\0\0", 8), list("\x97\x00\x03\x2a\0\0\0\0", 8);
  CHECK(parse_message(bytes(monlist))->mode == Mode::private_use);
  CHECK_FALSE(parse_message(bytes(monlist))->response);
  CHECK(parse_message(bytes(list))->response);
}

TEST_CASE("ntp: every truncation, and a version that there is not, is malformed") {
  for (const std::string& whole :
       {ntp_time(4, 3, 0, 1), ntp_control(false), std::string("\x17\0\x03\x2a\0\0\0\0", 8)}) {
    for (std::size_t n = 0; n < whole.size(); ++n) {
      CAPTURE(n);
      CHECK_FALSE(parse_message(bytes(whole).first(n)));
    }
    CHECK(parse_message(bytes(whole)));
    CHECK(parse_message(bytes(whole + std::string(20, 'x'))));  // an extension
  }
  CHECK_FALSE(parse_message(bytes(ntp_time(0, 3, 0, 1))));
  CHECK_FALSE(parse_message(bytes(ntp_time(5, 3, 0, 1))));
  CHECK(Flow{}.events(kClient, "\x23") == "malformed_data ");
}

TEST_CASE("ntp: a request and its answer are a transaction each, complete at once") {
  Flow flow;
  const NtpTransaction& request = flow.say(kClient, ntp_time(4, 3, 0, 77));
  CHECK(request.direction() == kClient);
  CHECK(request.progress == std::array<std::uint8_t, 2>{kComplete, kComplete});
  CHECK(request.events.empty());
  CHECK(flow.events(kServer, ntp_time(4, 4, 77, 99)).empty());
  CHECK(flow.parser.transactions().next_id() == 2);
}

TEST_CASE("ntp: messages that go the wrong way are told, but between peers") {
  CHECK(Flow{}.events(kServer, ntp_time(4, 3, 0, 1)) == "not_response ");
  CHECK(Flow{}.events(kClient, ntp_time(4, 4, 0, 1)) == "not_request unsolicited_response ");
  CHECK(Flow{}.events(kServer, ntp_control(false)) == "not_response ");
  CHECK(Flow{}.events(kClient, ntp_control(true)) == "not_request ");
  CHECK(Flow{}.events(kClient, ntp_time(4, 1, 0, 1)).empty());
  CHECK(Flow{}.events(kServer, ntp_time(4, 2, 0, 1)).empty());
  Flow peers;
  peers.client_port = 123;
  CHECK(peers.events(kServer, ntp_time(4, 3, 0, 1)).empty());
  CHECK(peers.events(kClient, ntp_time(4, 4, 1, 2)).empty());
}

TEST_CASE("ntp: an answer must name an open request, and answers it once") {
  Flow flow;
  flow.say(kClient, ntp_time(4, 3, 0, 10));
  flow.say(kClient, ntp_time(4, 3, 0, 20));
  CHECK(flow.events(kServer, ntp_time(4, 4, 30, 1)) == "unsolicited_response ");
  CHECK(flow.events(kServer, ntp_time(4, 4, 20, 1)).empty());
  CHECK(flow.events(kServer, ntp_time(4, 4, 20, 1)) == "unsolicited_response ");
  CHECK(flow.events(kServer, ntp_time(4, 4, 10, 1)).empty());
}

TEST_CASE("ntp: of many open requests the oldest are forgotten") {
  Flow flow;
  for (std::uint64_t i = 0; i <= kMaxOpenRequests; ++i) flow.say(kClient, ntp_time(4, 3, 0, 100 + i));
  CHECK(flow.events(kServer, ntp_time(4, 4, 100, 1)) == "unsolicited_response ");
  CHECK(flow.events(kServer, ntp_time(4, 4, 101, 1)).empty());
  CHECK(flow.events(kServer, ntp_time(4, 4, 100 + kMaxOpenRequests, 1)).empty());
}
