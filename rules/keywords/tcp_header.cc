// Keywords about the TCP header: seq, ack, window, flags, tcp.mss, tcp.wscale.
#include <array>

#include "decoders/net/ip_protocol.h"
#include "decoders/text.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"

namespace weir::rules {
namespace {

constexpr std::array<std::uint8_t, 2> kTcp{ip_protocol::tcp};

Number sequence(const PacketContext& c) {
  return c.packet.has_tcp ? Number{c.packet.tcp.sequence} : Number{};
}
Number acknowledgment(const PacketContext& c) {
  return c.packet.has_tcp ? Number{c.packet.tcp.acknowledgment} : Number{};
}
Number window(const PacketContext& c) {
  return c.packet.has_tcp ? Number{c.packet.tcp.window} : Number{};
}
Number segment_size(const PacketContext& c) {
  return c.packet.has_tcp && c.packet.tcp.have_mss ? Number{c.packet.tcp.mss} : Number{};
}
Number window_scale(const PacketContext& c) {
  return c.packet.has_tcp && c.packet.tcp.have_window_scale ? Number{c.packet.tcp.window_scale} : Number{};
}

class TcpFlagsCheck final : public PacketCheck {
 public:
  enum class Mode : std::uint8_t { exactly, all_of, any_of, not_all_of };
  TcpFlagsCheck(std::uint8_t flags, std::uint8_t looked_at, Mode mode)
      : flags_(flags), looked_at_(looked_at), mode_(mode) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    if (!c.packet.has_tcp) return false;
    const auto have = static_cast<std::uint8_t>(c.packet.tcp.flags & looked_at_);
    switch (mode_) {
      case Mode::exactly: return have == flags_;
      case Mode::all_of: return (have & flags_) == flags_;
      case Mode::any_of: return (have & flags_) != 0;
      case Mode::not_all_of: return (have & flags_) != flags_;
    }
    return false;
  }
  [[nodiscard]] PacketNeeds needs() const override {
    return {.keyword = "flags", .ip_protocols = kTcp, .protocols = {}};
  }
  [[nodiscard]] bool on_records() const override { return true; }

 private:
  std::uint8_t flags_, looked_at_;
  Mode mode_;
};

// Letters to bits; "0" is none of them. 1 and 2 are the old names of CWR and ECE.
Parsed<std::uint8_t> parse_flags(std::string_view text) {
  unsigned out = 0;
  for (const char c : text) {
    switch (c) {
      case 'F':
      case 'f': out |= tcp_flag::fin; break;
      case 'S':
      case 's': out |= tcp_flag::syn; break;
      case 'R':
      case 'r': out |= tcp_flag::rst; break;
      case 'P':
      case 'p': out |= tcp_flag::psh; break;
      case 'A':
      case 'a': out |= tcp_flag::ack; break;
      case 'U':
      case 'u': out |= tcp_flag::urg; break;
      case 'E':
      case 'e':
      case '2': out |= tcp_flag::ece; break;
      case 'C':
      case 'c':
      case '1': out |= tcp_flag::cwr; break;
      case '0':
      case ' ': break;
      default: return refuse("only the letters F S R P A U E C, 1, 2 and 0", text);
    }
  }
  return static_cast<std::uint8_t>(out);
}

// [+|*|!]FLAGS[,IGNORED]
Compiled compile_flags(RuleBuilder& rule, std::string_view argument) {
  if (auto ok = rule.once("flags"); !ok) return ok;
  std::string_view rest = argument;
  std::string_view wanted = trim(cut(rest, ','));
  auto mode = TcpFlagsCheck::Mode::exactly;
  const std::size_t sign = wanted.find_first_of("+*!");
  if (sign != std::string_view::npos) {
    if (sign != 0 && sign + 1 != wanted.size())
      return refuse("the modifier stands at the start or end", wanted);
    mode = wanted[sign] == '+'   ? TcpFlagsCheck::Mode::all_of
           : wanted[sign] == '*' ? TcpFlagsCheck::Mode::any_of
                                 : TcpFlagsCheck::Mode::not_all_of;
    wanted = sign == 0 ? wanted.substr(1) : wanted.substr(0, sign);
  }
  if (trim(wanted).empty()) return refuse("flags are missing", argument);
  const auto flags = parse_flags(wanted);
  if (!flags) return tl::unexpected(flags.error());
  const auto ignored = parse_flags(trim(rest));
  if (!ignored) return tl::unexpected(ignored.error());
  if (mode != TcpFlagsCheck::Mode::exactly && *flags == 0) return refuse("a modifier needs flags", argument);
  rule.signature().payload_needs_packet = true;
  rule.add_packet_check(
      std::make_shared<TcpFlagsCheck>(*flags, static_cast<std::uint8_t>(~unsigned{*ignored}), mode));
  return {};
}

constexpr PacketNumber kTcpHeaderNumbers[] = {
    {.name = "tcp.seq",
     .summary = "TCP sequence number",
     .alias = "seq",
     .most = UINT32_MAX,
     .get = sequence,
     .ip_protocols = kTcp},
    {.name = "tcp.ack",
     .summary = "TCP acknowledgment number",
     .alias = "ack",
     .most = UINT32_MAX,
     .get = acknowledgment,
     .ip_protocols = kTcp},
    {.name = "tcp.window",
     .summary = "TCP window",
     .alias = "window",
     .most = UINT16_MAX,
     .get = window,
     .ip_protocols = kTcp},
    {.name = "tcp.mss",
     .summary = "TCP maximum segment size option",
     .most = UINT16_MAX,
     .get = segment_size,
     .ip_protocols = kTcp},
    {.name = "tcp.wscale",
     .summary = "TCP window scale option",
     .most = UINT8_MAX,
     .get = window_scale,
     .ip_protocols = kTcp},
};

constexpr KeywordSpec kTcpHeaderKeywords[] = {
    {"flags", compile_flags, KeywordSpec::Argument::required, "TCP flags: [+*!]FLAGS[,IGNORED]"},
    {"tcp.flags", compile_flags, KeywordSpec::Argument::required, "TCP flags: [+*!]FLAGS[,IGNORED]"},
};

}  // namespace

const KeywordFile keywords_tcp_header{.keywords = kTcpHeaderKeywords, .packet_numbers = kTcpHeaderNumbers};

}  // namespace weir::rules
