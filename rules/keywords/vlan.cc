// vlan.id and vlan.layers.
#include "decoders/text.h"
#include "rules/keywords/packet_number.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

constexpr std::uint64_t kMaxVlanId = 4095;

std::optional<std::uint64_t> layers(const Packet& p) {
  return p.vlan_count;
}

// Which of the tags must agree, outermost first.
struct TagChoice {
  enum class Kind : std::uint8_t { any, all, or_absent, all_or_absent, at } kind = Kind::any;
  int index = 0;  // negative: from the innermost
};

class VlanIdCheck final : public PacketCheck {
 public:
  VlanIdCheck(UintMatch match, TagChoice choice) : match_(match), choice_(choice) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    const int count = c.packet.vlan_count;
    using Kind = TagChoice::Kind;
    if (count == 0) return choice_.kind == Kind::or_absent || choice_.kind == Kind::all_or_absent;
    if (choice_.kind == Kind::at) {
      const int i = choice_.index < 0 ? count + choice_.index : choice_.index;
      return i >= 0 && i < count && match_.matches(c.packet.vlan_ids[static_cast<std::size_t>(i)]);
    }
    const bool all = choice_.kind == Kind::all || choice_.kind == Kind::all_or_absent;
    for (int i = 0; i < count; ++i)
      if (match_.matches(c.packet.vlan_ids[static_cast<std::size_t>(i)]) != all) return !all;
    return all;
  }

 private:
  UintMatch match_;
  TagChoice choice_;
};

Parsed<TagChoice> parse_choice(std::string_view text) {
  using Kind = TagChoice::Kind;
  if (text.empty() || text == "any") return TagChoice{Kind::any};
  if (text == "all") return TagChoice{Kind::all};
  if (text == "or_absent") return TagChoice{Kind::or_absent};
  if (text == "all_or_absent") return TagChoice{Kind::all_or_absent};
  const auto index = parse_number<int>(text);
  constexpr int kTags = static_cast<int>(kMaxVlanTags);
  if (!index || *index >= kTags || *index < -kTags)
    return refuse("must be any, all, or a layer from -3 to 2", text);
  return TagChoice{Kind::at, *index};
}

// NUMBER[,any|all|LAYER]
Compiled compile_vlan_id(RuleBuilder& rule, std::string_view argument) {
  std::string_view rest = argument;
  const auto match = UintMatch::parse(cut(rest, ','), kMaxVlanId);
  if (!match) return tl::unexpected(match.error());
  const auto choice = parse_choice(trim(rest));
  if (!choice) return tl::unexpected(choice.error());
  rule.signature().payload_needs_packet = true;
  rule.add_packet_check(std::make_shared<VlanIdCheck>(*match, *choice));
  return {};
}

}  // namespace

const KeywordSpec kw_vlan_id{"vlan.id", compile_vlan_id, Argument::required,
                             "VLAN id: NUMBER[,any|all|LAYER]"};
const KeywordSpec kw_vlan_layers{"vlan.layers", compile_packet_number<layers, kMaxVlanTags>,
                                 Argument::required, "number of VLAN tags"};

}  // namespace weir::rules
