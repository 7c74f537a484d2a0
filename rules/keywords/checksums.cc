// Checksum keywords: ipv4-csum, tcpv4-csum ... They compute the checksum themselves, as the engine may be
// told not to.
#include "decoders/net/ip_protocol.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

// RFC 1071: the one's complement sum; over data that holds its own checksum it is 0xffff.
class Sum {
 public:
  void add(Bytes data) {
    for (std::size_t i = 0; i + 1 < data.size(); i += 2) sum_ += (std::uint64_t{data[i]} << 8U) | data[i + 1];
    if (data.size() % 2 != 0) sum_ += std::uint64_t{data.back()} << 8U;
  }
  void add(std::uint64_t word) { sum_ += word; }
  [[nodiscard]] bool is_right() const {
    std::uint64_t s = sum_;
    while (s > 0xffff) s = (s & 0xffff) + (s >> 16U);
    return s == 0xffff;
  }

 private:
  std::uint64_t sum_ = 0;
};

// The transport header and payload, none for fragments and packets without that layer.
std::optional<Bytes> segment_of(const Packet& p, Proto proto) {
  const Layer* const layer = p.find(proto);
  if (layer == nullptr || p.ip.is_fragment || layer->offset > p.frame.size()) return std::nullopt;
  const Bytes rest = p.frame.subspan(layer->offset);
  const std::size_t size = layer->header_length + p.payload.size();
  return rest.first(size < rest.size() ? size : rest.size());
}

// True and false for a right and a wrong checksum, none when the packet has no such checksum.
using Verify = std::optional<bool> (*)(const Packet&);

std::optional<bool> verify_ipv4(const Packet& p) {
  if (p.ip.version != 4) return std::nullopt;
  Sum sum;
  sum.add(p.ip.header);
  return sum.is_right();
}

template <Proto proto, std::uint8_t version, std::uint8_t number, bool pseudo_header>
std::optional<bool> verify_transport(const Packet& p) {
  if (p.ip.version != version) return std::nullopt;
  const auto segment = segment_of(p, proto);
  if (!segment) return std::nullopt;
  if (proto == Proto::udp && p.udp_checksum == 0) return std::nullopt;
  Sum sum;
  sum.add(*segment);
  if (pseudo_header) {
    sum.add(Bytes(p.ip.source.bytes));
    sum.add(Bytes(p.ip.destination.bytes));
    sum.add(number);
    sum.add(segment->size());
  }
  return sum.is_right();
}

// Which packets have the checksum; a protocol of 0: all of that IP version.
struct Carrier {
  std::string_view keyword;
  std::uint8_t ip_version = 0, ip_protocol = 0;
};

template <Verify verify>
class ChecksumCheck final : public PacketCheck {
 public:
  ChecksumCheck(bool valid, Carrier carrier) : valid_(valid), carrier_(carrier) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    const auto right = verify(c.packet);
    return right && *right == valid_;
  }
  [[nodiscard]] PacketNeeds needs() const override {
    return {.keyword = carrier_.keyword,
            .ip_version = carrier_.ip_version,
            .ip_protocols = {carrier_.ip_protocol},
            .protocols = {}};
  }

 private:
  bool valid_;
  Carrier carrier_;
};

template <const Carrier& carrier, Verify verify>
Compiled compile_checksum(RuleBuilder& rule, std::string_view argument) {
  const std::string_view text = unquote_if_quoted(argument);
  if (text != "valid" && text != "invalid") return refuse("must be valid or invalid", argument);
  rule.signature().payload_needs_packet = true;
  rule.add_packet_check(std::make_shared<ChecksumCheck<verify>>(text == "valid", carrier));
  return {};
}

constexpr Carrier kIpv4{"ipv4-csum", 4}, kTcp4{"tcpv4-csum", 4, ip_protocol::tcp},
    kTcp6{"tcpv6-csum", 6, ip_protocol::tcp}, kUdp4{"udpv4-csum", 4, ip_protocol::udp},
    kUdp6{"udpv6-csum", 6, ip_protocol::udp}, kIcmp4{"icmpv4-csum", 4, ip_protocol::icmp},
    kIcmp6{"icmpv6-csum", 6, ip_protocol::icmpv6};
constexpr auto kCompileIpv4 = compile_checksum<kIpv4, verify_ipv4>;
constexpr auto kCompileTcp4 = compile_checksum<kTcp4, verify_transport<Proto::tcp, 4, 6, true>>;
constexpr auto kCompileTcp6 = compile_checksum<kTcp6, verify_transport<Proto::tcp, 6, 6, true>>;
constexpr auto kCompileUdp4 = compile_checksum<kUdp4, verify_transport<Proto::udp, 4, 17, true>>;
constexpr auto kCompileUdp6 = compile_checksum<kUdp6, verify_transport<Proto::udp, 6, 17, true>>;
constexpr auto kCompileIcmp4 = compile_checksum<kIcmp4, verify_transport<Proto::icmpv4, 4, 1, false>>;
constexpr auto kCompileIcmp6 = compile_checksum<kIcmp6, verify_transport<Proto::icmpv6, 6, 58, true>>;

constexpr KeywordSpec kChecksumsKeywords[] = {
    {"ipv4-csum", kCompileIpv4, Argument::required, "IPv4 checksum is valid or invalid"},
    {"tcpv4-csum", kCompileTcp4, Argument::required, "TCP checksum over IPv4"},
    {"tcpv6-csum", kCompileTcp6, Argument::required, "TCP checksum over IPv6"},
    {"udpv4-csum", kCompileUdp4, Argument::required, "UDP checksum over IPv4"},
    {"udpv6-csum", kCompileUdp6, Argument::required, "UDP checksum over IPv6"},
    {"icmpv4-csum", kCompileIcmp4, Argument::required, "ICMP checksum"},
    {"icmpv6-csum", kCompileIcmp6, Argument::required, "ICMPv6 checksum"},
};

}  // namespace

const KeywordFile keywords_checksums{.keywords = kChecksumsKeywords};

}  // namespace weir::rules
