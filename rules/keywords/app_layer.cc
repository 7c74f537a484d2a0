// app-layer-protocol and app-layer-state.
#include <fmt/format.h>

#include "decoders/app/protocol.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

// Which of the flow's answers is asked for.
enum class Which : std::uint8_t { direction, to_server, to_client, either, both, final, original };

class AppProtocolCheck final : public PacketCheck {
 public:
  AppProtocolCheck(AppProtoSet wanted, Which which, bool negated)
      : wanted_(wanted), which_(which), negated_(negated) {}

  // A protocol that is not known yet answers nothing, also not a negated question, but that for `unknown`.
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    if (c.flow == nullptr) return false;
    const FlowFacts& f = *c.flow;
    const AppProto there = f.protocol_by_direction[0], back = f.protocol_by_direction[1];
    switch (which_) {
      case Which::direction: return holds(f.protocol_by_direction[index(c.direction)]);
      case Which::to_server: return holds(there);
      case Which::to_client: return holds(back);
      case Which::either: return holds(there) || holds(back);
      case Which::both: return holds(there) && holds(back);
      case Which::final: return holds(f.protocol);
      case Which::original: return holds(f.original_protocol);
    }
    return false;
  }
  [[nodiscard]] bool protocol_only() const override { return !wants_unknown(); }
  [[nodiscard]] PacketNeeds needs() const override {
    return {.keyword = "app-layer-protocol",
            .protocols = negated_ || wants_unknown() ? AppProtoSet{} : wanted_};
  }

 private:
  [[nodiscard]] bool wants_unknown() const { return wanted_.test(index(AppProto::unknown)); }
  [[nodiscard]] bool holds(AppProto p) const {
    if (wants_unknown()) return p == AppProto::unknown;
    return p != AppProto::unknown && wanted_.test(static_cast<std::size_t>(p)) != negated_;
  }

  AppProtoSet wanted_;
  Which which_;
  bool negated_;
};

Parsed<AppProtoSet> parse_protocol(std::string_view name) {
  if (name == "failed") return AppProtoSet{}.set(index(AppProto::failed));
  if (name == "unknown") return AppProtoSet{}.set(index(AppProto::unknown));
  const AppProtoSet out = protocols_named(name);
  if (out.none()) return refuse("not the name of a protocol", name);
  return out;
}

Parsed<Which> parse_which(std::string_view text) {
  if (text.empty() || text == "direction") return Which::direction;
  if (text == "to_server" || text == "toserver") return Which::to_server;
  if (text == "to_client" || text == "toclient") return Which::to_client;
  if (text == "either") return Which::either;
  if (text == "both") return Which::both;
  if (text == "final") return Which::final;
  if (text == "original") return Which::original;
  return refuse("must be direction, to_server, to_client, either, both, final or original", text);
}

// [!]PROTOCOL[,WHICH]
Compiled compile_app_layer_protocol(RuleBuilder& rule, std::string_view argument) {
  std::string_view rest = argument;
  std::string_view name = cut(rest, ',');
  const bool negated = take_negation(name);
  const auto protocols = parse_protocol(trim(name));
  if (!protocols) return tl::unexpected(protocols.error());
  if (negated && protocols->test(index(AppProto::unknown))) return refuse("unknown is not negated", argument);
  const auto which = parse_which(trim(rest));
  if (!which) return tl::unexpected(which.error());
  const auto& header = rule.signature().header.app_protocols;
  if (header.any()) return refuse("the rule's header names a protocol already", argument);
  rule.add_packet_check(std::make_shared<AppProtocolCheck>(*protocols, *which, negated));
  return {};
}

// The progress of one side of a transaction.
class TxStateCheck final : public TxCheck {
 public:
  enum class Op : std::uint8_t { at, before, behind };
  TxStateCheck(std::uint8_t state, Op op) : state_(state), op_(op) {}
  [[nodiscard]] bool matches(const Transaction& tx, Direction d) const override {
    const std::uint8_t now = tx.progress[index(d)];
    return op_ == Op::at ? now == state_ : op_ == Op::before ? now < state_ : now > state_;
  }

 private:
  std::uint8_t state_;
  Op op_;
};

std::optional<std::uint8_t> state_named(std::span<const std::string_view> states, std::string_view name) {
  for (std::size_t i = 0; i < states.size(); ++i)
    if (states[i] == name) return static_cast<std::uint8_t>(i);
  return std::nullopt;
}

// [<|>]STATE of the protocol in the rule's header
Compiled compile_app_layer_state(RuleBuilder& rule, std::string_view argument) {
  const auto& protocols = rule.signature().header.app_protocols;
  if (protocols.count() != 1) return refuse("needs a rule header with a protocol");
  std::size_t which = 0;
  while (!protocols.test(which)) ++which;
  const ProtocolInfo& info = protocol_info(static_cast<AppProto>(which));
  using Op = TxStateCheck::Op;
  const Op op = argument[0] == '<' ? Op::before : argument[0] == '>' ? Op::behind : Op::at;
  const std::string_view name = trim(op == Op::at ? argument : argument.substr(1));
  const auto there = state_named(info.states_to_server, name),
             back = state_named(info.states_to_client, name);
  if (!there && !back) return refuse(fmt::format("{} has no such state", info.name), name);
  const auto from = [&](std::optional<std::uint8_t> state) -> std::optional<std::uint8_t> {
    if (!state) return std::nullopt;
    return op == Op::before ? std::uint8_t{0} : *state;
  };
  return rule.add_tx_check({.protocol = info.id,
                            .progress_to_server = from(there),
                            .progress_to_client = there ? std::nullopt : from(back),
                            .check = std::make_shared<TxStateCheck>(there ? *there : *back, op)});
}

constexpr KeywordSpec kAppLayerKeywords[] = {
    {"app-layer-protocol", compile_app_layer_protocol, Argument::required,
     "the flow's application protocol: [!]PROTOCOL[,WHICH]"},
    {"app-layer-state", compile_app_layer_state, Argument::required,
     "how far a side of the transaction has come: [<>]STATE"},
};

}  // namespace

const KeywordFile keywords_app_layer{.keywords = kAppLayerKeywords};

}  // namespace weir::rules
