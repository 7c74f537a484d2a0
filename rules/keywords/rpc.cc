// rpc: program, version and procedure of an ONC RPC call (RFC 5531).
#include "decoders/byte_cursor.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

constexpr std::uint32_t kCall = 0, kRpcVersion = 2;

class RpcCheck final : public PacketCheck {
 public:
  RpcCheck(std::uint32_t program, std::optional<std::uint32_t> version,
           std::optional<std::uint32_t> procedure)
      : program_(program), version_(version), procedure_(procedure) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    if (!c.packet.has_tcp && !c.packet.has_udp) return false;
    ByteCursor in(c.packet.payload);
    if (c.packet.has_tcp) in.skip(4);  // fragment header
    in.skip(4);                        // transaction id
    const std::uint32_t type = in.be32(), rpc_version = in.be32();
    const std::uint32_t program = in.be32(), version = in.be32(), procedure = in.be32();
    return !in.failed() && type == kCall && rpc_version == kRpcVersion && program == program_ &&
           (!version_ || version == *version_) && (!procedure_ || procedure == *procedure_);
  }

 private:
  std::uint32_t program_;
  std::optional<std::uint32_t> version_, procedure_;
};

// PROGRAM[,VERSION|*[,PROCEDURE|*]]
Compiled compile_rpc(RuleBuilder& rule, std::string_view argument) {
  const auto parts = split(argument, ',');
  if (parts.empty() || parts.size() > 3) return refuse("must be PROGRAM,VERSION,PROCEDURE", argument);
  std::optional<std::uint32_t> numbers[3];
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0 && parts[i] == "*") continue;
    numbers[i] = parse_number<std::uint32_t>(parts[i]);
    if (!numbers[i]) return refuse("must be a number or *", parts[i]);
  }
  rule.signature().payload_needs_packet = true;
  rule.add_packet_check(std::make_shared<RpcCheck>(*numbers[0], numbers[1], numbers[2]));
  return {};
}

constexpr KeywordSpec kRpcKeywords[] = {
    {"rpc", compile_rpc, Argument::required, "an ONC RPC call: PROGRAM,VERSION,PROCEDURE"},
};

}  // namespace

const KeywordFile keywords_rpc{.keywords = kRpcKeywords};

}  // namespace weir::rules
