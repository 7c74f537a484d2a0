// Numbers of a DNS message: dns.opcode, dns.rcode, dns.rrtype.
#include <algorithm>
#include <memory>
#include <vector>

#include "decoders/app/dns/dns.h"
#include "decoders/app/dns/types.h"
#include "decoders/app/protocol_ids.h"
#include "rules/keyword_table.h"
#include "rules/rule_builder.h"
#include "rules/uint_match.h"

namespace weir::rules {
namespace {

using dns::DnsTransaction;

using FieldMatch = bool (*)(const DnsTransaction&, const UintMatch&);

bool opcode(const DnsTransaction& tx, const UintMatch& match) {
  return match.matches(tx.message.header.opcode());
}
bool rcode(const DnsTransaction& tx, const UintMatch& match) {
  return match.matches(tx.message.header.rcode());
}

// What a request asks for, or what a response answers with.
bool rrtype(const DnsTransaction& tx, const UintMatch& match) {
  const auto matches = [&match](const auto& entry) { return match.matches(entry.type); };
  const dns::Message& m = tx.message;
  return tx.direction() == Direction::to_server ? std::any_of(m.questions.begin(), m.questions.end(), matches)
                                                : std::any_of(m.answers.begin(), m.answers.end(), matches);
}

template <FieldMatch field>
class DnsFieldCheck final : public TxCheck {
 public:
  explicit DnsFieldCheck(UintMatch match) : match_(match) {}
  [[nodiscard]] bool matches(const Transaction& transaction, Direction d) const override {
    const auto& tx = static_cast<const DnsTransaction&>(transaction);
    return tx.valid && tx.direction() == d && field(tx, match_);
  }

 private:
  UintMatch match_;
};

std::vector<UintName> names_of(std::span<const dns::NumberName> rows) {
  std::vector<UintName> out;
  for (const dns::NumberName& row : rows) out.push_back({row.name, row.number});
  return out;
}

template <FieldMatch field>
Compiled compile_field(RuleBuilder& rule, std::string_view argument, std::uint64_t most,
                       std::span<const UintName> names) {
  const auto match = UintMatch::parse(argument, most, names);
  if (!match) return tl::unexpected(match.error());
  return rule.add_tx_check({.protocol = AppProto::dns,
                            .progress_to_server = dns::kComplete,
                            .progress_to_client = dns::kComplete,
                            .check = std::make_shared<DnsFieldCheck<field>>(*match)});
}

Compiled compile_opcode(RuleBuilder& rule, std::string_view argument) {
  return compile_field<opcode>(rule, argument, UINT8_MAX, {});
}
Compiled compile_rcode(RuleBuilder& rule, std::string_view argument) {
  return compile_field<rcode>(rule, argument, UINT8_MAX, names_of(dns::all_rcodes()));
}
Compiled compile_rrtype(RuleBuilder& rule, std::string_view argument) {
  return compile_field<rrtype>(rule, argument, UINT16_MAX, names_of(dns::all_types()));
}

constexpr auto kRequired = KeywordSpec::Argument::required;

}  // namespace

const KeywordSpec kw_dns_opcode{"dns.opcode", compile_opcode, kRequired, "opcode of a DNS message"};
const KeywordSpec kw_dns_rcode{"dns.rcode", compile_rcode, kRequired, "response code of a DNS message"};
const KeywordSpec kw_dns_rrtype{"dns.rrtype", compile_rrtype, kRequired,
                                "type asked for in a DNS request, or answered with in a response"};

}  // namespace weir::rules
