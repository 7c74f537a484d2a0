// Keywords about the IP header: ttl, tos, id, fragoffset, fragbits, ipopts, sameip, ip_proto.
#include <array>
#include <string>

#include <fmt/format.h>

#include "decoders/byte_cursor.h"
#include "decoders/text.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

Number ttl(const PacketContext& c) {
  return c.packet.ip.version == 0 ? Number{} : Number{c.packet.ip.ttl};
}
Number tos(const PacketContext& c) {
  return c.packet.ip.version != 4 ? Number{} : Number{c.packet.ip.tos};
}
Number ip_id(const PacketContext& c) {
  return c.packet.ip.version != 4 ? Number{} : Number{c.packet.ip.id};
}
Number fragment_offset(const PacketContext& c) {  // in units of 8 bytes, as in the header
  return c.packet.ip.version == 0 ? Number{} : Number{std::uint64_t{c.packet.ip.fragment_offset} / 8U};
}

// --- fragbits

struct FragmentBits {
  bool more = false, dont = false, reserved = false;
};

class FragbitsCheck final : public PacketCheck {
 public:
  enum class Mode : std::uint8_t { exactly, all_of, any_of, none_of };
  FragbitsCheck(std::uint8_t bits, Mode mode) : bits_(bits), mode_(mode) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    const IpHeader& ip = c.packet.ip;
    if (ip.version != 4) return false;
    const std::uint8_t have = bits_of({ip.more_fragments, ip.dont_fragment, ip.reserved_bit});
    switch (mode_) {
      case Mode::exactly: return have == bits_;
      case Mode::all_of: return (have & bits_) == bits_;
      case Mode::any_of: return (have & bits_) != 0;
      case Mode::none_of: return (have & bits_) == 0;
    }
    return false;
  }
  [[nodiscard]] PacketNeeds needs() const override {
    return {.keyword = "fragbits", .ip_version = 4, .protocols = {}};
  }
  static std::uint8_t bits_of(const FragmentBits& b) {
    return static_cast<std::uint8_t>((b.more ? 1U : 0U) | (b.dont ? 2U : 0U) | (b.reserved ? 4U : 0U));
  }

 private:
  std::uint8_t bits_;
  Mode mode_;
};

Compiled compile_fragbits(RuleBuilder& rule, std::string_view argument) {
  auto mode = FragbitsCheck::Mode::exactly;
  FragmentBits bits;
  for (const char c : argument) {
    switch (c) {
      case '+': mode = FragbitsCheck::Mode::all_of; break;
      case '*': mode = FragbitsCheck::Mode::any_of; break;
      case '!': mode = FragbitsCheck::Mode::none_of; break;
      case 'M':
      case 'm': bits.more = true; break;
      case 'D':
      case 'd': bits.dont = true; break;
      case 'R':
      case 'r': bits.reserved = true; break;
      case ' ': break;
      default: return refuse("only M, D and R, behind an optional +, * or !", argument);
    }
  }
  if (FragbitsCheck::bits_of(bits) == 0) return refuse("M, D or R is missing", argument);
  rule.signature().payload_needs_packet = true;
  rule.add_packet_check(std::make_shared<FragbitsCheck>(FragbitsCheck::bits_of(bits), mode));
  return {};
}

// --- ipopts (RFC 791, 3.1)

constexpr std::size_t kMaxIpOptions = 40;
constexpr std::uint8_t kEndOfOptions = 0, kNoOperation = 1;

class IpOptionCheck final : public PacketCheck {
 public:
  explicit IpOptionCheck(std::optional<std::uint8_t> type) : type_(type) {}  // none: any option
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    if (c.packet.ip.version != 4) return false;
    ByteCursor in(c.packet.ip.options);
    for (std::size_t n = 0; n < kMaxIpOptions && !in.empty(); ++n) {
      const std::uint8_t type = in.u8();
      if (!type_ || type == *type_) return true;
      if (type == kEndOfOptions) return false;
      if (type == kNoOperation) continue;
      const std::uint8_t length = in.u8();
      if (length < 2) return false;
      in.skip(length - 2U);
    }
    return false;
  }
  [[nodiscard]] PacketNeeds needs() const override {
    return {.keyword = "ipopts", .ip_version = 4, .protocols = {}};
  }

 private:
  std::optional<std::uint8_t> type_;
};

struct IpOptionName {
  std::string_view name;
  std::uint8_t type;
};
constexpr std::array<IpOptionName, 12> kIpOptions{{{"eol", 0},
                                                   {"nop", 1},
                                                   {"rr", 7},
                                                   {"qs", 25},
                                                   {"ts", 68},
                                                   {"sec", 130},
                                                   {"lsrr", 131},
                                                   {"esec", 133},
                                                   {"cipso", 134},
                                                   {"satid", 136},
                                                   {"ssrr", 137},
                                                   {"rtralt", 148}}};

Compiled add_ip_option(RuleBuilder& rule, std::optional<std::uint8_t> type) {
  rule.signature().payload_needs_packet = true;
  rule.add_packet_check(std::make_shared<IpOptionCheck>(type));
  return {};
}

Compiled compile_ipopts(RuleBuilder& rule, std::string_view argument) {
  if (argument == "any") return add_ip_option(rule, std::nullopt);
  for (const IpOptionName& option : kIpOptions)
    if (equals_nocase(option.name, argument)) return add_ip_option(rule, option.type);
  return refuse("not the name of an IP option", argument);
}

// --- sameip

class SameAddressCheck final : public PacketCheck {
 public:
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    return c.packet.ip.version != 0 && c.packet.ip.source == c.packet.ip.destination;
  }
  [[nodiscard]] bool on_records() const override { return true; }
};

Compiled compile_sameip(RuleBuilder& rule, std::string_view) {
  rule.signature().payload_needs_packet = true;
  rule.add_packet_check(std::make_shared<SameAddressCheck>());
  return {};
}

// Hexadecimal numbers may begin with x alone: "x88", "!x88".
Compiled compile_tos(RuleBuilder& rule, std::string_view argument) {
  static constexpr PacketNumber tos_number{
      .name = "tos", .summary = {}, .most = UINT8_MAX, .get = tos, .ip_version = 4};
  std::string text(unquote_if_quoted(argument));
  const std::size_t digits = text.find_first_not_of("!<>= ");
  if (digits != std::string::npos && text[digits] == 'x') text.insert(digits, 1, '0');
  return compile_number(rule, tos_number, text);
}

// --- ip_proto: narrows what the header admits

struct ProtocolName {
  std::string_view name;
  std::uint8_t number;
};
constexpr ProtocolName kProtocols[] = {{"ip", 0},           {"hopopt", 0},     {"icmp", 1},
                                       {"igmp", 2},         {"ggp", 3},        {"ipip", 4},
                                       {"ipencap", 4},      {"ipv4", 4},       {"st", 5},
                                       {"tcp", 6},          {"egp", 8},        {"igp", 9},
                                       {"pup", 12},         {"udp", 17},       {"hmp", 20},
                                       {"xns-idp", 22},     {"irtp", 28},      {"iso-tp4", 29},
                                       {"dccp", 33},        {"xtp", 36},       {"ddp", 37},
                                       {"idpr-cmtp", 38},   {"ipv6", 41},      {"ipv6-route", 43},
                                       {"ipv6-frag", 44},   {"idrp", 45},      {"rsvp", 46},
                                       {"gre", 47},         {"esp", 50},       {"ah", 51},
                                       {"mobile", 55},      {"skip", 57},      {"icmp6", 58},
                                       {"icmpv6", 58},      {"ipv6-icmp", 58}, {"ipv6-nonxt", 59},
                                       {"ipv6-opts", 60},   {"rspf", 73},      {"vmtp", 81},
                                       {"eigrp", 88},       {"ospf", 89},      {"ospfigp", 89},
                                       {"ax.25", 93},       {"etherip", 97},   {"encap", 98},
                                       {"pim", 103},        {"ipcomp", 108},   {"vrrp", 112},
                                       {"l2tp", 115},       {"isis", 124},     {"sctp", 132},
                                       {"fc", 133},         {"udplite", 136},  {"mobility-header", 135},
                                       {"mpls-in-ip", 137}, {"manet", 138},    {"hip", 139},
                                       {"shim6", 140},      {"wesp", 141},     {"rohc", 142},
                                       {"ethernet", 143}};

std::optional<std::uint8_t> ip_protocol(std::string_view text) {
  for (const ProtocolName& p : kProtocols)
    if (equals_nocase(p.name, text)) return p.number;
  return parse_number<std::uint8_t>(text);
}

// [!|<|>]PROTOCOL; several of them in a rule must all hold.
Compiled compile_ip_proto(RuleBuilder& rule, std::string_view argument) {
  std::string_view text = unquote_if_quoted(argument);
  const char sign = text.empty() ? '\0' : text[0];
  if (sign == '!' || sign == '<' || sign == '>') text = trim(text.substr(1));
  const auto number = ip_protocol(text);
  if (!number) return refuse("not an IP protocol", text);
  std::bitset<256> wanted;
  for (unsigned i = 0; i < 256; ++i)
    wanted.set(i, sign == '!'   ? i != *number
                  : sign == '<' ? i < *number
                  : sign == '>' ? i > *number
                                : i == *number);
  HeaderMatch& header = rule.signature().header;
  if (header.any_ip_protocol) header.ip_protocols.set();
  header.any_ip_protocol = false;
  header.ip_protocols &= wanted;
  if (header.ip_protocols.none())
    return refuse("no protocol can meet this and what stands before it", argument);
  return {};
}

constexpr PacketNumber kIpHeaderNumbers[] = {
    {.name = "ttl", .summary = "IP time to live, hop limit", .most = UINT8_MAX, .get = ttl},
    {.name = "id", .summary = "IPv4 identification", .most = UINT16_MAX, .get = ip_id, .ip_version = 4},
    {.name = "fragoffset",
     .summary = "IP fragment offset in units of 8 bytes",
     .most = UINT16_MAX,
     .get = fragment_offset},
};

constexpr auto kRequired = KeywordSpec::Argument::required, kNone = KeywordSpec::Argument::none;

constexpr KeywordSpec kIpHeaderKeywords[] = {
    {"fragbits", compile_fragbits, kRequired, "IPv4 fragment bits: [+*!] and M, D, R"},
    {"ipopts", compile_ipopts, kRequired, "an IPv4 option is there"},
    {"sameip", compile_sameip, kNone, "source and destination address are the same"},
    {"tos", compile_tos, kRequired, "IPv4 type of service"},
    {"ip_proto", compile_ip_proto, kRequired, "IP protocol by name or number"},
};

}  // namespace

const KeywordFile keywords_ip_header{.keywords = kIpHeaderKeywords, .packet_numbers = kIpHeaderNumbers};

}  // namespace weir::rules
