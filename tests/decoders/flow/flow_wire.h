// Messages of exporters, put together, and a decoder whose records are kept.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "decoders/flow/decoder.h"
#include "tests/decoders/wire_bytes.h"

namespace weir::test {

inline constexpr std::uint32_t kNow = 1'700'000'000;  // seconds
inline constexpr TimeUs kNowUs = TimeUs{kNow} * 1'000'000;

struct Field {
  std::uint16_t number, length;
  std::uint32_t enterprise = 0;
};
using Fields = std::vector<Field>;

inline Wire wire_of(const Fields& fields) {
  Wire out;
  for (const Field& f : fields)
    out += u16(f.number | (f.enterprise != 0 ? 0x8000U : 0U)) + u16(f.length) +
           (f.enterprise != 0 ? u32(f.enterprise) : "");
  return out;
}
inline Wire a_set(std::uint16_t number, const Wire& body) {
  return u16(number) + u16(4 + body.size()) + body;
}
inline Wire data_set(std::uint16_t number, const Wire& records) {
  return a_set(number, records);
}
inline Wire ipfix_template(std::uint16_t number, const Fields& fields) {
  return a_set(2, u16(number) + u16(fields.size()) + wire_of(fields));
}
inline Wire ipfix_options(std::uint16_t number, std::uint16_t scopes, const Fields& fields) {
  return a_set(3, u16(number) + u16(fields.size()) + u16(scopes) + wire_of(fields));
}
inline Wire withdrawal(std::uint16_t number) {
  return a_set(2, u16(number) + u16(0));
}
inline Wire v9_template(std::uint16_t number, const Fields& fields) {
  return a_set(0, u16(number) + u16(fields.size()) + wire_of(fields));
}
inline Wire v9_options(std::uint16_t number, const Fields& scope, const Fields& fields) {
  return a_set(
      1, u16(number) + u16(scope.size() * 4) + u16(fields.size() * 4) + wire_of(scope) + wire_of(fields));
}
inline Wire ipfix(const Wire& sets, std::uint32_t sequence = 0, std::uint32_t domain = 7) {
  return u16(10) + u16(16 + sets.size()) + u32(kNow) + u32(sequence) + u32(domain) + sets;
}
inline Wire netflow9(const Wire& sets, std::uint32_t sequence = 0, std::uint32_t domain = 7,
                     std::uint32_t uptime_ms = 100'000) {
  return u16(9) + u16(1) + u32(uptime_ms) + u32(kNow) + u32(sequence) + u32(domain) + sets;
}

// A flow by its source's last byte: 10.0.0.N to 192.0.2.1, TCP, N + 1 packets, that many times 100 bytes.
inline const Fields kBasic{{8, 4}, {12, 4}, {7, 2}, {11, 2},  {4, 1},
                           {6, 1}, {2, 4},  {1, 8}, {152, 8}, {153, 8}};
inline Wire basic_head(std::uint8_t n) {
  return u32(0x0a000000U + n) + u32(0xc0000201) + u16(1000U + n) + u16(443) + u8(6) + u8(0x1b) + u32(n + 1U) +
         be((n + 1U) * 100U, 8);
}
inline Wire basic(std::uint8_t n) {
  return basic_head(n) + be(std::uint64_t{kNow} * 1000 - 60'000 + n, 8) +
         be(std::uint64_t{kNow} * 1000 - 1000 + n, 8);
}
// The same fields from the last to the first: what is read with the wrong template is wrong.
inline const Fields kTurned{{153, 8}, {152, 8}, {1, 8}, {2, 4},  {6, 1},
                            {4, 1},   {11, 2},  {7, 2}, {12, 4}, {8, 4}};
inline Wire turned(std::uint8_t n) {
  return be(std::uint64_t{kNow} * 1000 - 1000 + n, 8) + be(std::uint64_t{kNow} * 1000 - 60'000 + n, 8) +
         be((n + 1U) * 100U, 8) + u32(n + 1U) + u8(0x1b) + u8(6) + u16(443) + u16(1000U + n) +
         u32(0xc0000201) + u32(0x0a000000U + n);
}

inline Bytes bytes_of(const Wire& wire) {
  return {reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size()};
}

// A record that outlives its batch.
struct KeptRecord {
  flow::Record record;
  flow::Detail detail;
  bool has_detail = false;
  std::string user, application, in_interface, out_interface, hit_rules, hit_indicators;
};

class Collected final : public flow::RecordConsumer {
 public:
  void take(std::span<const flow::Record> records) override {
    for (const flow::Record& r : records) {
      KeptRecord kept{.record = r};
      if (r.detail != nullptr) {
        kept.detail = *r.detail;
        kept.has_detail = true;
        kept.user = r.detail->user;
        kept.application = r.detail->application;
        kept.in_interface = r.detail->in_interface_name;
        kept.out_interface = r.detail->out_interface_name;
        kept.hit_rules = r.detail->hit_rules;
        kept.hit_indicators = r.detail->hit_indicators;
      }
      all.push_back(std::move(kept));
    }
  }
  std::vector<KeptRecord> all;
};

// What a decoder would keep over a restart.
inline std::string saved_state(const flow::FlowDecoder& decoder) {
  std::string out;
  decoder.save([&](std::string_view piece) { out += piece; });
  return out;
}

// A decoder, and exporters that send to it.
struct FlowBench {
  Collected collected;
  flow::FlowDecoder decoder;

  explicit FlowBench(std::uint32_t own_enterprise = 0)
      : decoder(collected, flow::kMaxStateBytes, own_enterprise) {}

  void send(const Wire& message, std::uint16_t port = 4000, std::uint32_t address = 0x7f000201) {
    // In memory of its own, so that a read beyond its end is found.
    const std::vector<std::uint8_t> exact(message.begin(), message.end());
    decoder.datagram({IpAddress::v4(address), port}, kNowUs, exact);
  }
  [[nodiscard]] std::size_t size() const { return collected.all.size(); }
  [[nodiscard]] const flow::Record& at(std::size_t i) const { return collected.all.at(i).record; }
  [[nodiscard]] bool has_detail(std::size_t i) const { return collected.all.at(i).has_detail; }
  [[nodiscard]] const flow::Detail& detail(std::size_t i) const { return collected.all.at(i).detail; }
  // That of basic(n), as it was sent.
  [[nodiscard]] bool is_basic(std::size_t i, std::uint8_t n) const {
    const flow::Record& r = at(i);
    return r.source == IpAddress::v4(0x0a000000U + n) && r.destination == IpAddress::v4(0xc0000201) &&
           r.source_port == 1000 + n && r.destination_port == 443 && r.protocol == 6 &&
           r.sides[0].tcp_flags == 0x1b && r.sides[0].packets == n + 1U &&
           r.sides[0].bytes == (n + 1U) * 100U && r.sides[0].first == kNowUs - 60'000'000 + n * 1000 &&
           r.sides[0].last == kNowUs - 1'000'000 + n * 1000;
  }
  // Of all domains together.
  [[nodiscard]] flow::Account account() const {
    flow::Account sum;
    decoder.for_each_account(
        [&](const IpAddress&, std::optional<std::uint32_t>, const flow::Account& a) { sum.add(a); });
    return sum;
  }
};

}  // namespace weir::test
