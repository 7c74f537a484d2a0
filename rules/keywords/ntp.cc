// Fields of an NTP message: ntp.version, ntp.mode, ntp.stratum, ntp.reference_id.
#include "decoders/app/ntp/ntp.h"

#include <memory>

#include "decoders/app/protocol_ids.h"
#include "rules/keywords/sticky.h"
#include "rules/uint_match.h"

namespace weir::rules {
namespace {

using ntp::Message;
using ntp::NtpTransaction;

// A number of the message, or none when messages of its mode have no such field.
using Field = std::optional<std::uint64_t> (*)(const Message&);

std::optional<std::uint64_t> version(const Message& m) {
  return m.version;
}
std::optional<std::uint64_t> mode(const Message& m) {
  return static_cast<std::uint64_t>(m.mode);
}
std::optional<std::uint64_t> stratum(const Message& m) {
  return m.tells_time ? std::optional<std::uint64_t>(m.stratum) : std::nullopt;
}

class NtpFieldCheck final : public TxCheck {
 public:
  NtpFieldCheck(Field field, UintMatch match) : field_(field), match_(match) {}
  [[nodiscard]] bool matches(const Transaction& transaction, Direction d) const override {
    const auto& tx = static_cast<const NtpTransaction&>(transaction);
    if (tx.direction() != d || !tx.message) return false;
    const auto value = field_(*tx.message);
    return value && match_.matches(*value);
  }

 private:
  Field field_;
  UintMatch match_;
};

constexpr UintName kModes[] = {
    {"reserved", 0}, {"symmetric_active", 1}, {"symmetric_passive", 2}, {"client", 3},
    {"server", 4},   {"broadcast", 5},        {"control", 6},           {"private", 7},
};

Compiled add_check(RuleBuilder& rule, Field field, std::string_view argument,
                   std::span<const UintName> names = {}) {
  const auto match = UintMatch::parse(argument, UINT8_MAX, names);
  if (!match) return tl::unexpected(match.error());
  return rule.add_tx_check({.protocol = AppProto::ntp,
                            .progress_to_server = ntp::kComplete,
                            .progress_to_client = ntp::kComplete,
                            .check = std::make_shared<NtpFieldCheck>(field, *match)});
}

Compiled compile_version(RuleBuilder& rule, std::string_view argument) {
  return add_check(rule, version, argument);
}
Compiled compile_mode(RuleBuilder& rule, std::string_view argument) {
  return add_check(rule, mode, argument, kModes);
}
Compiled compile_stratum(RuleBuilder& rule, std::string_view argument) {
  return add_check(rule, stratum, argument);
}

std::optional<BodyView> reference_id(const BufferRequest& r) {
  const auto& tx = static_cast<const NtpTransaction&>(r.tx);
  if (r.index != 0 || tx.direction() != r.direction || !tx.message || !tx.message->tells_time)
    return std::nullopt;
  return whole(tx.message->reference_id);
}

constexpr BufferSource kSources[] = {{AppProto::ntp, Direction::to_server, ntp::kComplete, reference_id},
                                     {AppProto::ntp, Direction::to_client, ntp::kComplete, reference_id}};
constexpr BufferSpec kReferenceId{.name = "ntp.reference_id", .sources = kSources};

constexpr auto kRequired = KeywordSpec::Argument::required;

}  // namespace

const KeywordSpec kw_ntp_version{"ntp.version", compile_version, kRequired, "version of an NTP message"};
const KeywordSpec kw_ntp_mode{"ntp.mode", compile_mode, kRequired,
                              "mode of an NTP message: a number or its name (client, server, control ...)"};
const KeywordSpec kw_ntp_stratum{"ntp.stratum", compile_stratum, kRequired,
                                 "how far the sender of an NTP message is from a reference clock"};
const KeywordSpec kw_ntp_reference_id = sticky<kReferenceId>(
    "ntp.reference_id", "the four bytes that name an NTP sender's reference, or a kiss code");

}  // namespace weir::rules
