// flow: direction and state of the flow; and what its counters say: flow.age, flow.pkts, flow.bytes,
// stream_size.
#include <fmt/format.h>

#include "decoders/net/ip_protocol.h"
#include "decoders/text.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/uint_match.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

Compiled take_flow_option(FlowRequirement& f, std::string_view option) {
  bool* const flag = option == "to_server" || option == "from_client"   ? &f.to_server
                     : option == "to_client" || option == "from_server" ? &f.to_client
                     : option == "established"                          ? &f.established
                     : option == "not_established"                      ? &f.not_established
                     : option == "stateless"                            ? &f.stateless
                     : option == "only_stream"                          ? &f.only_stream
                     : option == "no_stream"                            ? &f.no_stream
                     : option == "no_frag"                              ? &f.no_frag
                     : option == "only_frag"                            ? &f.only_frag
                                                                        : nullptr;
  if (flag == nullptr) return refuse("not an option of flow", option);
  *flag = true;
  return {};
}

Compiled compile_flow(RuleBuilder& rule, std::string_view argument) {
  for (const std::string_view option : split(argument, ','))
    if (auto ok = take_flow_option(rule.signature().flow, option); !ok) return ok;
  return {};
}

Number age_seconds(const PacketContext& c) {
  if (c.flow == nullptr) return {};
  const TimeUs age = c.packet.raw.time - c.flow->start;
  return age <= 0 ? 0 : static_cast<std::uint64_t>(age / 1'000'000);
}

// Which of the two directions' counters must agree.
enum class Which : std::uint8_t { to_server, to_client, either, both };

bool holds(const UintMatch& match, const std::array<std::uint64_t, 2>& counters, Which which) {
  const bool there = match.matches(counters[index(Direction::to_server)]);
  const bool back = match.matches(counters[index(Direction::to_client)]);
  switch (which) {
    case Which::to_server: return there;
    case Which::to_client: return back;
    case Which::either: return there || back;
    case Which::both: return there && back;
  }
  return false;
}

using Counters = std::array<std::uint64_t, 2> FlowFacts::*;

template <Counters counters>
class FlowCounterCheck final : public PacketCheck {
 public:
  FlowCounterCheck(Which which, UintMatch match) : which_(which), match_(match) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    return c.flow != nullptr && holds(match_, c.flow->*counters, which_);
  }
  [[nodiscard]] bool may_yet_match() const override { return true; }
  [[nodiscard]] bool on_records() const override { return true; }

 private:
  Which which_;
  UintMatch match_;
};

template <Counters counters>
Compiled add_counter_check(RuleBuilder& rule, Which which, std::string_view number) {
  const auto match = UintMatch::parse(number, UINT64_MAX);
  if (!match) return tl::unexpected(match.error());
  rule.add_packet_check(std::make_shared<FlowCounterCheck<counters>>(which, *match));
  return {};
}

// toserver|toclient|either|both,NUMBER
template <Counters counters>
Compiled compile_counter(RuleBuilder& rule, std::string_view argument) {
  std::string_view rest = argument;
  const std::string_view which = trim(cut(rest, ','));
  if (which == "toserver") return add_counter_check<counters>(rule, Which::to_server, rest);
  if (which == "toclient") return add_counter_check<counters>(rule, Which::to_client, rest);
  if (which == "either") return add_counter_check<counters>(rule, Which::either, rest);
  if (which == "both") return add_counter_check<counters>(rule, Which::both, rest);
  return refuse("must be toserver, toclient, either or both", which);
}

// The old spelling, with the direction in the keyword's name.
template <Counters counters, Which which>
Compiled compile_counter_of(RuleBuilder& rule, std::string_view argument) {
  return add_counter_check<counters>(rule, which, argument);
}

class StreamSizeCheck final : public PacketCheck {
 public:
  StreamSizeCheck(Which which, UintMatch match) : which_(which), match_(match) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    return c.flow != nullptr && c.flow->has_tcp_session && holds(match_, c.flow->stream_bytes, which_);
  }
  [[nodiscard]] bool may_yet_match() const override { return true; }
  [[nodiscard]] PacketNeeds needs() const override {
    return {.keyword = "stream_size", .ip_protocols = {ip_protocol::tcp}, .protocols = {}};
  }

 private:
  Which which_;
  UintMatch match_;
};

// server|client|both|either,OPERATOR,NUMBER: bytes sent by that side
Compiled compile_stream_size(RuleBuilder& rule, std::string_view argument) {
  const auto parts = split(argument, ',');
  if (parts.size() != 3) return refuse("must be SIDE,OPERATOR,NUMBER", argument);
  const bool known =
      parts[0] == "server" || parts[0] == "client" || parts[0] == "both" || parts[0] == "either";
  if (!known) return refuse("must be server, client, both or either", parts[0]);
  const Which which = parts[0] == "server"   ? Which::to_client
                      : parts[0] == "client" ? Which::to_server
                      : parts[0] == "both"   ? Which::both
                                             : Which::either;
  const std::string_view op = parts[1];
  if (op != "<" && op != ">" && op != "=" && op != "!=" && op != "<=" && op != ">=")
    return refuse("must be one of < > = != <= >=", op);
  const auto match = UintMatch::parse(std::string(op) + std::string(parts[2]), UINT64_MAX);
  if (!match) return refuse(match.error().reason, parts[2]);
  rule.add_packet_check(std::make_shared<StreamSizeCheck>(which, *match));
  return {};
}

constexpr PacketNumber kFlowNumbers[] = {
    {.name = "flow.age",
     .summary = "seconds since the flow began",
     .most = UINT32_MAX,
     .get = age_seconds,
     .of_packet = false,
     .on_records = true},
};

constexpr KeywordSpec kFlowKeywords[] = {
    {"flow", compile_flow, Argument::required, "direction and state of the flow"},
    {"flow.pkts", compile_counter<&FlowFacts::packets>, Argument::required,
     "packets of the flow so far: DIRECTION,NUMBER"},
    {"flow.bytes", compile_counter<&FlowFacts::bytes>, Argument::required,
     "bytes of the flow so far: DIRECTION,NUMBER"},
    {"flow.pkts_toserver", compile_counter_of<&FlowFacts::packets, Which::to_server>, Argument::required,
     "old spelling of flow.pkts:toserver"},
    {"flow.pkts_toclient", compile_counter_of<&FlowFacts::packets, Which::to_client>, Argument::required,
     "old spelling of flow.pkts:toclient"},
    {"flow.bytes_toserver", compile_counter_of<&FlowFacts::bytes, Which::to_server>, Argument::required,
     "old spelling of flow.bytes:toserver"},
    {"flow.bytes_toclient", compile_counter_of<&FlowFacts::bytes, Which::to_client>, Argument::required,
     "old spelling of flow.bytes:toclient"},
    {"stream_size", compile_stream_size, Argument::required,
     "bytes a side of the TCP connection sent so far: SIDE,OPERATOR,NUMBER"},
};

}  // namespace

const KeywordFile keywords_flow{.keywords = kFlowKeywords, .packet_numbers = kFlowNumbers};

}  // namespace weir::rules
