#include "decoders/app/ssh/ssh.h"

#include <doctest/doctest.h>

#include "decoders/app/protocol.h"
#include "decoders/app/ssh/banner.h"
#include "decoders/app/ssh/key_exchange.h"
#include "ssh_builder.h"
#include "tests/decoders/app/frame_recorder.h"

using namespace weir;
using namespace weir::ssh;
using namespace weir::test;
using Status = ParseOutcome::Status;

namespace {

constexpr Direction kClient = Direction::to_server, kServer = Direction::to_client;
constexpr std::string_view kBanner = "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n";

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// One connection: a parser, and what its engine keeps of each stream.
struct Connection {
  explicit Connection(EncryptionHandling handling = EncryptionHandling::track, Hassh hassh = Hassh::always,
                      bool asked = false)
      : parser(handling, hassh) {
    requested.buffers.set(static_cast<std::size_t>(AppProto::ssh), asked);
  }

  // New bytes of a direction, in pieces of `step` bytes; what the parser does not take comes again.
  Status feed(Direction d, std::string_view text, std::size_t step = SIZE_MAX) {
    Status status = Status::ok;
    while (!text.empty() && status == Status::ok) {
      std::string& kept = pending[index(d)];
      kept += text.substr(0, step);
      text.remove_prefix(std::min(step, text.size()));
      if (kept.size() < need[index(d)]) continue;
      const ParseOutcome out = parser.parse({.direction = d, .data = bytes(kept), .requested = &requested});
      REQUIRE(out.consumed <= kept.size());
      kept.erase(0, out.consumed);
      need[index(d)] = out.need;
      leave_flow = leave_flow || out.leave_flow;
      status = out.status;
    }
    return status;
  }
  const SshTransaction& tx() {
    REQUIRE(parser.transactions().find(0) != nullptr);
    return static_cast<const SshTransaction&>(*parser.transactions().find(0));
  }
  State state(Direction d) { return static_cast<State>(tx().progress[index(d)]); }
  bool raised(Event e) {
    for (const AppEvent& event : tx().events)
      if (event.code == static_cast<std::uint8_t>(e)) return true;
    return false;
  }

  SshParser parser;
  Requested requested;
  std::array<std::string, 2> pending;
  std::array<std::size_t, 2> need{};
  bool leave_flow = false;
};

std::string whole_side() {
  return std::string(kBanner) + ssh_record(2, "ignored") + kexinit() + ssh_record(30, std::string(300, 'k')) +
         newkeys() + "encrypted from here on";
}

}  // namespace

TEST_CASE("ssh: a banner has a protocol, a software version and perhaps comments") {
  struct Row {
    std::string_view line, protocol, software, comments;
  };
  for (const Row& row : {Row{"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3", "2.0", "OpenSSH_9.2p1", "Debian-2+deb12u3"},
                         Row{"SSH-1.99-Cisco-1.25", "1.99", "Cisco-1.25", ""},
                         Row{"SSH-2.0-a ", "2.0", "a", ""}}) {
    CAPTURE(row.line);
    const auto banner = parse_banner(bytes(row.line));
    REQUIRE(banner);
    CHECK(banner->protocol == row.protocol);
    CHECK(banner->software == row.software);
    CHECK(banner->comments == row.comments);
  }
}

TEST_CASE("ssh: what is no banner is refused") {
  for (const std::string_view line :
       {"", "SSH", "SSH-", "SSH-2.0", "SSH-2.0-", "SSH-2.0- x", "SSH--OpenSSH", "ssh-2.0-OpenSSH", " SSH-2.0-x"}) {
    CAPTURE(line);
    CHECK_FALSE(parse_banner(bytes(line)));
  }
}

TEST_CASE("ssh: only 1.x other than 1.99 is version 1") {
  CHECK(is_version_1("1.5"));
  CHECK(is_version_1("1.3"));
  CHECK_FALSE(is_version_1("1.99"));
  CHECK_FALSE(is_version_1("2.0"));
  CHECK_FALSE(is_version_1("10.0"));
}

TEST_CASE("ssh: every truncation of a key exchange before its last list ends is refused") {
  const std::string body = kexinit_body();
  const std::size_t lists_end = body.size() - 5;
  for (std::size_t n = 0; n < body.size(); ++n) {
    CAPTURE(n);
    CHECK(parse_key_exchange_init(bytes(body).first(n)).has_value() == (n >= lists_end));
  }
}

TEST_CASE("ssh: HASSH is made of the lists of what its sender sends") {
  const std::string body = kexinit_body();
  const auto init = parse_key_exchange_init(bytes(body));
  REQUIRE(init);
  CHECK(hassh_text(*init, kClient) == kClientHassh);
  CHECK(hassh_text(*init, kServer) == kServerHassh);
}

TEST_CASE("ssh: a connection in pieces of any size gives the same transaction") {
  for (std::size_t step = 1; step <= 80; ++step) {
    CAPTURE(step);
    Connection c;
    CHECK(c.feed(kServer, whole_side(), step) == Status::ok);
    CHECK(c.state(kServer) == State::key_exchange);
    CHECK(c.feed(kClient, whole_side(), step) == Status::bypass);
    CHECK(c.state(kClient) == State::finished);
    CHECK(c.state(kServer) == State::finished);
    CHECK_FALSE(c.leave_flow);
    const Peer& client = c.tx().peer(kClient);
    CHECK(client.protocol == "2.0");
    CHECK(client.software == "OpenSSH_9.2p1");
    CHECK(client.hassh == kClientHassh);
    CHECK(client.hassh_hash() == "d58eb73c0d431d4793c35a692a48b4c6");
    CHECK(c.tx().peer(kServer).hassh == kServerHassh);
    CHECK(c.tx().events.empty());
  }
}

TEST_CASE("ssh: what becomes of the flow once both sides encrypt is configured") {
  for (const auto handling : {EncryptionHandling::track, EncryptionHandling::bypass, EncryptionHandling::full}) {
    Connection c(handling);
    c.feed(kServer, whole_side());
    CHECK(c.feed(kClient, whole_side()) ==
          (handling == EncryptionHandling::full ? Status::ok : Status::bypass));
    CHECK(c.leave_flow == (handling == EncryptionHandling::bypass));
    CHECK(c.state(kClient) == State::finished);
  }
}

TEST_CASE("ssh: HASSH is made when it is asked for") {
  struct Row {
    Hassh hassh;
    bool requested, made;
  };
  for (const Row& row : {Row{Hassh::on_request, false, false}, Row{Hassh::on_request, true, true},
                         Row{Hassh::always, false, true}, Row{Hassh::never, true, false}}) {
    Connection c(EncryptionHandling::track, row.hassh, row.requested);
    c.feed(kClient, kBanner);
    // Without it, there is nothing to wait for behind the banner.
    CHECK(c.state(kClient) == (row.made ? State::banner_done : State::key_exchange));
    c.feed(kClient, kexinit());
    CHECK(c.state(kClient) == State::key_exchange);
    CHECK(c.tx().peer(kClient).hassh.empty() != row.made);
  }
}

TEST_CASE("ssh: a line that is no banner is an event, and the end of parsing") {
  Connection c;
  CHECK(c.feed(kClient, "hello\r\n") == Status::error);
  CHECK(c.raised(Event::invalid_banner));
  CHECK(c.state(kClient) == State::in_progress);
}

TEST_CASE("ssh: lines before a server's banner are an event, and passed over") {
  const std::string lines = "Welcome\r\n\nSS\r\n" + std::string(1000, 'x') + "SSH-\r\n";
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, SIZE_MAX}) {
    Connection c;
    CHECK(c.feed(kServer, lines + std::string(kBanner), step) == Status::ok);
    CHECK(c.raised(Event::invalid_banner));
    CHECK(c.tx().peer(kServer).software == "OpenSSH_9.2p1");
    CHECK(c.state(kServer) == State::banner_done);
  }
}

TEST_CASE("ssh: more lines before a server's banner than a client bears end parsing") {
  Connection c;
  for (std::size_t i = 0; i < kMaxLinesAhead; ++i) REQUIRE(c.feed(kServer, "x\n") == Status::ok);
  CHECK(c.feed(kServer, "x\n") == Status::error);
}

TEST_CASE("ssh: of a long banner the start is read and the rest passed over") {
  for (const std::size_t step : {std::size_t{1}, std::size_t{100}, SIZE_MAX}) {
    Connection c;
    c.feed(kClient, "SSH-2.0-x " + std::string(1000, 'c'), step);
    CHECK(c.raised(Event::long_banner));
    CHECK(c.state(kClient) == State::banner_wait_eol);
    CHECK(c.tx().peer(kClient).software == "x");
    c.feed(kClient, "more\r\n" + kexinit(), step);
    CHECK(c.state(kClient) == State::key_exchange);
    CHECK(c.tx().peer(kClient).hassh == kClientHassh);
  }
}

TEST_CASE("ssh: a banner of as many bytes as are read is not long") {
  for (const std::size_t more : {0U, 1U}) {
    Connection c;
    CHECK(c.feed(kClient, "SSH-2.0-" + std::string(kMaxBanner - 8 + more, 'x') + "\r\n") == Status::ok);
    CHECK(c.raised(Event::long_banner) == (more != 0));
    CHECK(c.tx().peer(kClient).software.size() == kMaxBanner - 8);
  }
}

TEST_CASE("ssh: a record too short for its header is an event, and the end of parsing") {
  Connection c;
  c.feed(kClient, kBanner);
  CHECK(c.feed(kClient, be32_text(1) + "\x04\x14") == Status::error);
  CHECK(c.raised(Event::invalid_record));
}

TEST_CASE("ssh: a key exchange whose lists leave its record is an event") {
  Connection c;
  c.feed(kClient, kBanner);
  CHECK(c.feed(kClient, ssh_record(20, std::string(16, 'c') + be32_text(0xffffffff) + "abc") + newkeys()) ==
        Status::ok);
  CHECK(c.raised(Event::invalid_record));
  CHECK(c.tx().peer(kClient).hassh.empty());
  CHECK(c.state(kClient) == State::key_exchange);
}

TEST_CASE("ssh: a key exchange that is too long is skipped, and said") {
  Connection c;
  c.feed(kClient, kBanner);
  CHECK(c.feed(kClient, ssh_record(20, std::string(kMaxKeyExchangeRecord, 'x')), 1000) == Status::ok);
  CHECK(c.raised(Event::long_kex_record));
  c.feed(kServer, std::string(kBanner) + kexinit() + newkeys());
  CHECK(c.feed(kClient, newkeys()) == Status::bypass);
}

TEST_CASE("ssh: of version 1 only the banners are read") {
  Connection c;
  c.feed(kServer, "SSH-1.5-OpenSSH_6.6\n");
  CHECK(c.feed(kServer, be32_text(0) + "no record of version 2") == Status::ok);
  c.feed(kClient, "SSH-1.5-OpenSSH_6.6\n");
  CHECK(c.feed(kClient, be32_text(0) + "no record of version 2") == Status::ok);
  CHECK(c.tx().peer(kClient).protocol == "1.5");
  CHECK(c.state(kClient) == State::key_exchange);
  CHECK(c.state(kServer) == State::key_exchange);
  CHECK(c.tx().events.empty());
}

TEST_CASE("ssh: a gap in what is skipped or encrypted does no harm, any other ends parsing") {
  Connection c;
  CHECK_FALSE(c.parser.on_gap(kClient, 1));
  c.feed(kClient, std::string(kBanner) + kexinit());
  const std::string record = ssh_record(30, std::string(300, 'k'));
  c.feed(kClient, record.substr(0, 50));
  CHECK(c.parser.on_gap(kClient, record.size() - 50));
  CHECK_FALSE(c.parser.on_gap(kClient, 1));
  CHECK(c.feed(kClient, newkeys()) == Status::ok);
  CHECK(c.parser.on_gap(kClient, 1'000'000));
}

TEST_CASE("ssh: after the transaction is let go, bytes are passed over") {
  Connection c(EncryptionHandling::full);
  c.feed(kServer, whole_side());
  c.feed(kClient, whole_side());
  c.parser.transactions().release(0);
  CHECK(c.feed(kClient, "more") == Status::ok);
  CHECK(c.pending[0].empty());
  CHECK(c.parser.transactions().empty());
}

TEST_CASE("ssh: the settings say how encryption is handled and whether HASSH is made") {
  const auto parser = proto_ssh.configure(no_settings())->make();
  const auto out = parser->parse({.direction = kClient, .data = bytes(kBanner)});
  CHECK(out.consumed == kBanner.size());
  CHECK(parser->transactions().find(0)->progress[0] == static_cast<std::uint8_t>(State::key_exchange));
}

TEST_CASE("ssh: records behind the banner are frames, up to the new keys") {
  FrameRecorder r(proto_ssh);
  const std::string side = whole_side();
  const std::size_t first = kBanner.size(), second = first + ssh_record(2, "ignored").size();
  r.feed(kClient, std::string_view(side).substr(0, second));
  const auto record = [](std::size_t at, std::size_t size) {
    const auto part = [](std::string_view name, std::size_t offset, std::size_t length) {
      return std::string(name) + " " + std::to_string(offset) + "+" + std::to_string(length) + "/0";
    };
    return part("record.pdu", at, size) + ", " + part("record.hdr", at, 6) + ", " +
           part("record.data", at + 6, size - 6);
  };
  CHECK(r.frames(kClient) == record(first, second - first));
  // A record is told of when its header is there.
  r.feed(kClient, std::string_view(side).substr(second, 5));
  CHECK(r.frames(kClient) == record(first, second - first));
  const std::size_t third = second + kexinit().size();
  r.feed(kClient, std::string_view(side).substr(second + 5, 1));
  CHECK(r.frames(kClient) == record(first, second - first) + ", " + record(second, third - second));
  r.feed(kClient, std::string_view(side).substr(second + 6));
  const std::size_t fourth = third + ssh_record(30, std::string(300, 'k')).size();
  CHECK(r.frames(kClient) == record(first, second - first) + ", " + record(second, third - second) + ", " +
                                 record(third, fourth - third) + ", " + record(fourth, newkeys().size()));
}
