#include "decoders/app/rdp/rdp.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "decoders/app/tls/tls.h"
#include "decoders/text.h"
#include "tests/decoders/app/rdp/rdp_builder.h"
#include "tests/decoders/app/tls/tls_builder.h"

using namespace weir;
using namespace weir::rdp;
using namespace weir::test;

namespace {

constexpr Direction kViewer = Direction::to_server, kHost = Direction::to_client;

struct Desktop {
  Desktop& say(Direction d, std::string_view text) {
    std::size_t at = 0;
    do {
      std::string& kept = pending[index(d)];
      const std::size_t n = std::min(step, text.size() - at);
      kept += text.substr(at, n);
      at += n;
      for (bool again = true; again;) {
        const ParseOutcome out = parser.parse({.direction = d, .data = as_bytes(kept)});
        status = out.status;
        REQUIRE(out.consumed <= kept.size());
        kept.erase(0, out.consumed);
        again = out.paused;
      }
    } while (at < text.size() && status == ParseOutcome::Status::ok);
    return *this;
  }
  std::string all() {
    constexpr std::string_view kKinds[] = {"request", "response", "connect", "connected", "tls"};
    std::string out;
    for (const Transaction* t = parser.transactions().first(); t != nullptr; t = TransactionList::next(*t)) {
      const Message& m = tx_cast<RdpTransaction>(*t).message;
      out += kKinds[static_cast<std::size_t>(m.kind)];
      if (!m.cookie.empty()) out.append(" ").append(m.cookie);
      if (m.requested) out += " asks " + std::to_string(*m.requested);
      if (m.protocol) out += " takes " + std::to_string(*m.protocol);
      if (m.failure) out += " fails " + std::to_string(*m.failure);
      if (m.client) out.append(" ").append(m.client->name);
      for (const SlabString& item : m.list) out.append(" ").append(item);
      out += ";";
    }
    return out;
  }

  std::size_t step = SIZE_MAX;
  std::array<std::string, 2> pending;
  ParseOutcome::Status status{};
  RdpParser parser;
};

const std::string& rdp_blocks() {
  static const std::string blocks = rdp_block(0xc001, rdp_core(0x80004, "SEPTU") + rdp_later_core(0x21, 7)) +
                                    rdp_block(0xc002, std::string(8, '\0')) +
                                    rdp_channels({"rdpdr", "cliprdr", "eight8ch"});
  return blocks;
}

std::optional<Message> read(const std::string& packet) {
  return rdp::parse_message(as_bytes(packet));
}

}  // namespace

TEST_CASE("rdp: request, response and what the client tells, in pieces of any size") {
  const std::string asked = rdp_initial(0xe0, "Cookie: mstshash=Administr\r\n" + rdp_negotiation(1, 0, 3)) +
                            rdp_connect(rdp_blocks());
  const std::string told =
      rdp_initial(0xd0, rdp_negotiation(2, 0x1f, 0)) + rdp_connected() + "\x03 anything \x16";
  for (std::size_t step = 1; step < asked.size(); ++step) {
    CAPTURE(step);
    Desktop c;
    c.step = step;
    c.say(kViewer, asked).say(kHost, told).say(kViewer, "and so on");
    CHECK(c.all() ==
          "request Administr asks 3;connect SEPTU rdpdr cliprdr eight8ch;response takes 0;connected;");
    CHECK(c.status == ParseOutcome::Status::ok);
    CHECK(tx_cast<RdpTransaction>(*c.parser.transactions().find(2)).direction() == kHost);
  }
}

TEST_CASE("rdp: every truncation of a packet waits, and of what is inside of one nothing is invented") {
  const std::string whole = rdp_connect(rdp_blocks());
  for (std::size_t n = 1; n < whole.size(); ++n) {
    Desktop c;
    c.say(kViewer, whole.substr(0, n));
    CHECK(c.all().empty());
    CHECK(c.status == ParseOutcome::Status::ok);
    if (n > 7) CHECK_FALSE(read(rdp_packet(whole.substr(4, n - 4))).has_value());
  }
}

TEST_CASE("rdp: what a client tells of itself, and what an older one leaves out") {
  const auto m = read(rdp_connect(rdp_blocks()));
  REQUIRE(m.has_value());
  const ClientData& c = *m->client;
  CHECK(c.version == 0x80004);
  CHECK(c.desktop_width == 1280);
  CHECK(c.desktop_height == 1024);
  CHECK(c.color_depth == 16);
  CHECK(c.keyboard_layout == 0x409);
  CHECK(c.build == 2600);
  CHECK(c.function_keys == 12);
  CHECK(c.product_id == 1);
  CHECK(c.product_name == "76487-OEM");
  CHECK(c.capabilities == 0x21);
  CHECK(c.connection == 7);
  const auto old = read(rdp_connect(rdp_block(0xc001, rdp_core(0x80001, "OLD"))));
  REQUIRE(old.has_value());
  CHECK(old->client->color_depth == 8);
  CHECK_FALSE(old->client->product_id.has_value());
  CHECK_FALSE(old->client->capabilities.has_value());
}

TEST_CASE("rdp: responses that refuse, tokens that are no cookies, and packets of other kinds") {
  Desktop c;
  c.say(kViewer, rdp_initial(0xe0, "Cookie: msts=3640205228.15629.0000\r\n"))
      .say(kHost, rdp_initial(0xd0, rdp_negotiation(3, 0, 2)));
  c.say(kHost, rdp_initial(0x80, "")).say(kHost, rdp_data("\x02\x01")).say(kHost, rdp_packet(""));
  CHECK(c.all() == "request;response fails 2;");
  CHECK(c.status == ParseOutcome::Status::ok);
  for (const std::string& bad :
       {rdp_connect(rdp_channels({"x"})), rdp_connect(std::string("\1\xc0\2\0", 4)),
        rdp_connect(std::string("\1\xc0\xff\0", 4)), rdp_data(std::string("\x7f") + der(0x65, "no")),
        rdp_packet(std::string("\1\xe0", 2))})
    CHECK_FALSE(read(bad).has_value());
  Desktop broken;
  broken.say(kViewer, "GET / HTTP/1.0");
  CHECK(broken.status == ParseOutcome::Status::error);
}

TEST_CASE("rdp: of very many channels the first ones are kept") {
  std::string channels = rdp_little(1000, 4);
  for (int i = 0; i < 1000; ++i) channels += std::string("ch\0\0\0\0\0\0\0\0\0\0", 12);
  const auto m = read(rdp_connect(rdp_block(0xc001, rdp_core(1, "")) + rdp_block(0xc003, channels)));
  REQUIRE(m.has_value());
  CHECK(m->list.size() == kMaxListed);
}

TEST_CASE(
    "rdp: behind a response that takes TLS the server's certificate is told, and nothing more is read") {
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, SIZE_MAX}) {
    Desktop c;
    c.step = step;
    c.say(kViewer, rdp_initial(0xe0, rdp_negotiation(1, 0, 3)))
        .say(kHost, rdp_initial(0xd0, rdp_negotiation(2, 0, 1)));
    c.say(kViewer, tls_record(22, client_hello(usual_extensions())));
    c.say(kHost, tls_record(22, server_hello("") + certificate_message(der_certificate())));
    CHECK(c.all() == "request asks 3;response takes 1;tls 97e6;");
    c.say(kHost, "anything").say(kViewer, rdp_connect(rdp_blocks()));
    CHECK(c.all() == "request asks 3;response takes 1;tls 97e6;");
  }
}

TEST_CASE("rdp: after a gap and midway nothing is read any more") {
  Desktop c;
  CHECK(c.parser.on_gap(kHost, 10));
  c.say(kHost, rdp_connected());
  CHECK(c.all().empty());
  CHECK(c.status == ParseOutcome::Status::ok);
  Desktop midway;
  CHECK(midway.parser.begin_midway());
  midway.say(kViewer, "any bytes");
  CHECK(midway.status == ParseOutcome::Status::ok);
}

TEST_CASE("rdp: names of numbers") {
  CHECK(protocol_name(8) == "hybrid_ex");
  CHECK(failure_text(2) == "ssl not allowed by server");
  CHECK(keyboard_layout_name(0x409) == "en-US");
  CHECK(keyboard_layout_name(0).empty());
  CHECK(build_name(2600) == "Windows XP");
  CHECK(version_name(0x80004) == "v5");
}
