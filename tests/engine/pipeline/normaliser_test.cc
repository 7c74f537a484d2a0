#include "engine/pipeline/normaliser.h"

#include <doctest/doctest.h>

#include <string>

#include "decoders/checksum.h"
#include "decoders/decode.h"
#include "decoders/text.h"
#include "inline_run.h"

namespace weir::engine {
namespace {

using weir::test::Connection;
using weir::test::InlineRun;

constexpr std::size_t kIp = 14, kTcp = 34;  // where the headers begin

void put_sum(std::string& frame, std::size_t at, std::uint16_t sum) {
  frame[at] = static_cast<char>(sum >> 8U);
  frame[at + 1] = static_cast<char>(sum);
}
std::uint16_t tcp_sum(std::string_view frame) {
  const auto address = [&](std::size_t at) {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < 4; ++i) out = out << 8U | static_cast<std::uint8_t>(frame[at + i]);
    return IpAddress::v4(out);
  };
  return transport_checksum(address(kIp + 12), address(kIp + 16), 6, as_bytes(frame.substr(kTcp)));
}

// Makes both checksums right.
std::string sealed(std::string frame) {
  put_sum(frame, kIp + 10, 0);
  put_sum(frame, kIp + 10, internet_checksum(as_bytes(frame).subspan(kIp, 20)));
  put_sum(frame, kTcp + 16, 0);
  put_sum(frame, kTcp + 16, tcp_sum(frame));
  return frame;
}
bool is_sealed(std::string_view frame) {
  return internet_checksum(as_bytes(frame).subspan(kIp, 20)) == 0 && tcp_sum(frame) == 0;
}

struct Fields {
  std::uint8_t flags_of_ip = 0x40, ttl = 64, reserved = 0, urgent = 0;
  bool urgent_flag = false;
  std::string options;

  [[nodiscard]] std::string on(std::string frame) const {
    frame[kIp + 6] = static_cast<char>(flags_of_ip);
    frame[kIp + 8] = static_cast<char>(ttl);
    frame[kTcp + 12] = static_cast<char>(((20 + options.size()) / 4) << 4U | reserved);
    if (urgent_flag)
      frame[kTcp + 13] = static_cast<char>(static_cast<std::uint8_t>(frame[kTcp + 13]) | tcp_flag::urg);
    frame[kTcp + 19] = static_cast<char>(urgent);
    frame.insert(kTcp + 20, options);
    frame[kIp + 3] = static_cast<char>(static_cast<std::uint8_t>(frame[kIp + 3]) + options.size());
    return sealed(frame);
  }
};

// What goes on of a segment of an open connection.
class Passed {
 public:
  explicit Passed(std::string_view settings = "") : run_("", settings) {
    run_.pipeline.verify_checksums(true);
    for (const std::string& frame : connection_.handshake()) run_.play(sealed(frame));
  }
  std::string operator()(const Fields& fields, std::string_view data = "hello") {
    return passed(fields.on(connection_.client(data)));
  }
  std::string passed(const std::string& frame) {
    REQUIRE(run_.play(frame) == 'a');
    replaced = run_.pipeline.outcome().replaced;
    return std::string(as_text(run_.pipeline.outcome().frame));
  }
  [[nodiscard]] Counters counters() const { return run_.pipeline.counters(); }
  InlineRun& run() { return run_; }
  Connection& connection() { return connection_; }

  bool replaced = false;

 private:
  Connection connection_;
  InlineRun run_;
};

TEST_CASE("normaliser: each cause is mended and counted, the checksums fit, and the payload stays") {
  struct Row {
    std::string_view name;
    Fields before, after;
    std::string_view data;
    std::uint64_t Counters::*counter;
  };
  const std::string unknown("\x63\x04\xff\xff", 4), nops(4, '\x01');
  const Row rows[] = {
      {"reserved flag", {.flags_of_ip = 0xc0}, {}, "hello", &Counters::normalised_ip4_rf},
      {"reserved bits", {.reserved = 0x0e}, {}, "hello", &Counters::normalised_tcp_reserved},
      {"pointer, no flag", {.urgent = 3}, {}, "hello", &Counters::normalised_tcp_req_urg},
      {"flag, no pointer", {.urgent_flag = true}, {}, "hello", &Counters::normalised_tcp_req_urp},
      {"no payload", {.urgent = 3, .urgent_flag = true}, {}, "", &Counters::normalised_tcp_req_pay},
      {"option", {.options = unknown}, {.options = nops}, "hello", &Counters::normalised_tcp_options},
      {"TTL", {.ttl = 3}, {.ttl = 20}, "hello", &Counters::normalised_ip4_ttl},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Passed passed("weir: {normalizer: {min-ttl: 10, new-ttl: 20}}\n");
    const Connection there = passed.connection();
    const std::string got = passed(row.before, row.data);
    CHECK(passed.replaced);
    CHECK(is_sealed(got));
    Connection copy = there;
    CHECK(got == row.after.on(copy.client(row.data)));
    CHECK(passed.counters().*row.counter == 1);
  }
}

TEST_CASE("normaliser: what is as it should be goes on as it came") {
  const std::string stamped("\x01\x01\x08\x0a\x00\x00\x00\x01\x00\x00\x00\x02", 12);
  const Fields rows[] = {
      {},
      {.ttl = 1},       // no minimum is set
      {.reserved = 1},  // AccECN
      {.urgent = 3, .urgent_flag = true},
      {.urgent = 200, .urgent_flag = true},  // the byte comes later, to us as to the receiver
      {.options = stamped}};
  for (const Fields& fields : rows) {
    CAPTURE(&fields - rows);
    Passed passed;
    passed(fields);
    CHECK_FALSE(passed.replaced);
  }
}

TEST_CASE("normaliser: each cause can be left alone, and all of them") {
  const Fields all{.flags_of_ip = 0xc0,
                   .reserved = 0x0e,
                   .urgent_flag = true,
                   .options = std::string("\x63\x02\x01\x01", 4)};
  for (const std::string_view off :
       {"enabled: no, min-ttl: 100", "ip4: {rf: no}, tcp: {rsv: no, req-urp: no, opts: no}",
        "ip4: {rf: no}, tcp: {rsv: no, req-urp: no, allow-codes: [99]}"}) {
    CAPTURE(off);
    Passed passed("weir: {normalizer: {" + std::string(off) + "}}\n");
    passed(all);
    CHECK_FALSE(passed.replaced);
  }
  Passed passed;
  const std::string got = passed(all);
  CHECK(passed.replaced);
  CHECK(is_sealed(got));
}

TEST_CASE("normaliser: a wrong checksum stays wrong, unless nobody had made it yet") {
  Passed passed;
  std::string wrong = Fields{.flags_of_ip = 0xc0, .reserved = 0x0e}.on(passed.connection().client("hello"));
  wrong[kTcp + 16] = static_cast<char>(wrong[kTcp + 16] ^ 1);
  CHECK_FALSE(is_sealed(passed.passed(wrong)));
  passed.run().pipeline.verify_checksums(false);
  CHECK(is_sealed(passed.passed(wrong)));
}

TEST_CASE("normaliser: a segment that its receiver drops does not become one that it takes") {
  Passed passed("stream: {drop-invalid: no}\n");
  const std::string unsigned_yet = std::string("\x13\x12", 2) + std::string(16, 'x') + std::string(2, '\x01');
  passed({.reserved = 0x0e, .options = unsigned_yet});
  CHECK_FALSE(passed.replaced);
}

TEST_CASE("normaliser: packets to many keep their TTL, and those of hop limits have no checksum to mend") {
  NormaliserSettings settings;
  settings.min_ttl = settings.new_ttl = 10;
  Counters counters;
  Normaliser normaliser(settings, counters);
  const auto pass = [&](std::string_view frame) {
    Packet packet;
    decode_packet({.bytes = as_bytes(frame),
                   .wire_length = static_cast<std::uint32_t>(frame.size()),
                   .number = 1,
                   .link_type = 1},
                  packet, DecodeSettings::from(no_settings()));
    std::vector<std::uint8_t> storage;
    normaliser.normalise(packet, false, true, storage);
    return std::string(as_text(packet.frame));
  };
  std::string many = test::udp_frame({0x0a000001, 1}, {0xe0000005, 2}, "x");
  many[kIp + 8] = 1;
  CHECK(pass(many) == many);

  std::string six = std::string(12, '\x02') + "\x86\xdd" +
                    std::string("\x60\x00\x00\x00\x00\x00\x3b\x03", 8) + std::string(31, '\x20') + "\x01";
  std::string expected = six;
  expected[kIp + 7] = 10;
  CHECK(pass(six) == expected);
  CHECK(counters.normalised_ip6_hops == 1);
  six[kIp + 24] = '\xff';
  CHECK(pass(six) == six);
}

}  // namespace
}  // namespace weir::engine
