// A keyword that compares one number of the packet: the field is a function, the rest is shared.
#pragma once

#include <memory>
#include <optional>

#include "rules/keyword_table.h"
#include "rules/option_text.h"
#include "rules/rule_builder.h"
#include "rules/uint_match.h"

namespace weir::rules {

// The number in this packet, or none when it carries no such field.
using PacketField = std::optional<std::uint64_t> (*)(const Packet&);

template <PacketField field>
class PacketNumberCheck final : public PacketCheck {
 public:
  explicit PacketNumberCheck(UintMatch match) : match_(match) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    const auto value = field(c.packet);
    return value && match_.matches(*value);
  }

 private:
  UintMatch match_;
};

// Makes the rule a packet rule, as all header keywords do: its payload conditions look at this packet alone.
template <PacketField field, std::uint64_t most>
Compiled compile_packet_number(RuleBuilder& rule, std::string_view argument) {
  const auto match = UintMatch::parse(unquote_if_quoted(argument), most);
  if (!match) return tl::unexpected(match.error());
  rule.signature().payload_needs_packet = true;
  rule.add_packet_check(std::make_shared<PacketNumberCheck<field>>(*match));
  return {};
}

}  // namespace weir::rules
