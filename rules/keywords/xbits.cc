// xbits and hostbits: named bits on addresses and address pairs, with an expiry. Both name the same bits. And xbits on
// transactions, which last as long as those.
#include <fmt/format.h>

#include "decoders/app/protocol_ids.h"
#include "decoders/app/transaction.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"
#include "rules/state/shared_state.h"
#include "rules/values/turn.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

constexpr std::uint32_t kDefaultXbitSeconds = 30, kDefaultHostbitSeconds = 300;

enum class On : std::uint8_t { source, destination, pair };

// The address or (in a fixed order) the two addresses that the bit is on.
std::pair<IpAddress, IpAddress> place(const PacketContext& c, On on) {
  const IpAddress& a = c.packet.ip.source;
  const IpAddress& b = c.packet.ip.destination;
  if (on == On::pair) return a < b ? std::pair{a, b} : std::pair{b, a};
  return {on == On::source ? a : b, IpAddress{}};
}

class HostBitCheck final : public PacketCheck {
 public:
  HostBitCheck(std::uint32_t id, On on, bool set) : id_(id), on_(on), set_(set) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    if (c.shared == nullptr || c.packet.ip.version == 0) return false;
    const auto [a, b] = place(c, on_);
    await_turn(c.turn);
    return c.shared->bit(id_, a, b, c.packet.raw.time) == set_;
  }
  [[nodiscard]] bool may_yet_match() const override { return set_; }
  [[nodiscard]] SharedNames waits_for() const override {
    return {.kind = SharedNames::Kind::host_bit, .ids = {&id_, set_ ? std::size_t{1} : std::size_t{0}}};
  }
  [[nodiscard]] bool on_records() const override { return true; }

 private:
  std::uint32_t id_;
  On on_;
  bool set_;
};

// A rule that sets or asks for a bit of a transaction looks at it, whatever else it looks at.
class TxBitCheck final : public TxCheck {
 public:
  TxBitCheck(std::uint32_t id, bool asks) : id_(id), asks_(asks) {}
  [[nodiscard]] bool matches(const Transaction& tx, Direction) const override {
    return !asks_ || (tx.detection != nullptr && tx.detection->bit(id_));
  }
  [[nodiscard]] SharedNames waits_for() const override {
    return {.kind = SharedNames::Kind::tx_bit, .ids = {&id_, asks_ ? std::size_t{1} : std::size_t{0}}};
  }

 private:
  std::uint32_t id_;
  bool asks_;
};

class TxBitEffect final : public Effect {
 public:
  explicit TxBitEffect(std::uint32_t id) : id_(id) {}
  void apply(const PacketContext& c) const override {
    if (c.transaction != nullptr) c.transaction->set_bit(id_);
  }
  [[nodiscard]] SharedNames sets() const override {
    return {.kind = SharedNames::Kind::tx_bit, .ids = {&id_, 1}};
  }

 private:
  std::uint32_t id_;
};

enum class Change : std::uint8_t { set, unset, toggle };

class HostBitEffect final : public Effect {
 public:
  HostBitEffect(std::uint32_t id, On on, Change change, std::uint32_t seconds)
      : id_(id), on_(on), change_(change), seconds_(seconds) {}
  void apply(const PacketContext& c) const override {
    if (c.shared == nullptr || c.packet.ip.version == 0) return;
    const auto [a, b] = place(c, on_);
    const TimeUs now = c.packet.raw.time;
    await_turn(c.turn);
    if (change_ == Change::set || (change_ == Change::toggle && !c.shared->bit(id_, a, b, now)))
      c.shared->set_bit(id_, a, b, now, seconds_);
    else
      c.shared->clear_bit(id_, a, b);
  }
  [[nodiscard]] SharedNames sets() const override {
    return {.kind = SharedNames::Kind::host_bit,
            .ids = {&id_, change_ == Change::unset ? std::size_t{0} : std::size_t{1}}};
  }

 private:
  std::uint32_t id_;
  On on_;
  Change change_;
  std::uint32_t seconds_;
};

Compiled add_host_bit(RuleBuilder& rule, std::string_view command, std::string_view name, On on,
                      std::uint32_t seconds) {
  if (name.empty()) return refuse("a name is missing");
  const std::uint32_t id = rule.environment().xbits.id(name);
  if (command == "isset" || command == "isnotset") {
    rule.add_packet_check(std::make_shared<HostBitCheck>(id, on, command == "isset"));
    return {};
  }
  if (command != "set" && command != "unset" && command != "toggle")
    return refuse("must be set, unset, toggle, isset or isnotset", command);
  const Change change = command == "set" ? Change::set : command == "unset" ? Change::unset : Change::toggle;
  rule.add_effect(std::make_shared<HostBitEffect>(id, on, change, seconds));
  return {};
}

Compiled add_tx_bit(RuleBuilder& rule, std::string_view command, std::string_view name) {
  if (name.empty()) return refuse("a name is missing");
  if (command != "set" && command != "isset")
    return refuse("on transactions there are set and isset only", command);
  const auto id = rule.environment().tx_bits.id_within(name, kMaxTxBits);
  if (!id) return refuse(fmt::format("there are at most {} bits on transactions", kMaxTxBits), name);
  if (command == "set") rule.add_effect(std::make_shared<TxBitEffect>(*id));
  return rule.add_tx_check({.protocol = AppProto::unknown,
                            .progress_to_server = std::uint8_t{0},
                            .progress_to_client = std::uint8_t{0},
                            .check = std::make_shared<TxBitCheck>(*id, command == "isset")});
}

Parsed<std::uint32_t> parse_seconds(std::string_view text) {
  const auto seconds = parse_number<std::uint32_t>(text);
  if (!seconds || *seconds == 0) return refuse("must be a number of seconds from 1 on", text);
  return *seconds;
}

// COMMAND,NAME,track ip_src|ip_dst|ip_pair[,expire SECONDS]
// set|isset,NAME,track tx
Compiled compile_xbits(RuleBuilder& rule, std::string_view argument) {
  const auto parts = split(argument, ',');
  if (parts.size() == 1 && parts[0] == "noalert") {
    rule.signature().noalert = true;
    return {};
  }
  if (parts.size() < 3 || parts.size() > 4)
    return refuse("must be COMMAND,NAME,track WHAT[,expire SECONDS]", argument);
  std::string_view track = parts[2];
  if (take_word(track) != "track") return refuse("track is missing", parts[2]);
  if (track == "tx") {
    if (parts.size() == 4) return refuse("bits on transactions last as long as those", parts[3]);
    return add_tx_bit(rule, parts[0], parts[1]);
  }
  if (track != "ip_src" && track != "ip_dst" && track != "ip_pair")
    return refuse("must be ip_src, ip_dst, ip_pair or tx", track);
  const On on = track == "ip_src" ? On::source : track == "ip_dst" ? On::destination : On::pair;
  std::uint32_t seconds = kDefaultXbitSeconds;
  if (parts.size() == 4) {
    std::string_view expire = parts[3];
    if (take_word(expire) != "expire") return refuse("must be expire SECONDS", parts[3]);
    const auto given = parse_seconds(expire);
    if (!given) return tl::unexpected(given.error());
    seconds = *given;
  }
  return add_host_bit(rule, parts[0], parts[1], on, seconds);
}

// COMMAND,NAME[,src|dst[,SECONDS]]
Compiled compile_hostbits(RuleBuilder& rule, std::string_view argument) {
  const auto parts = split(argument, ',');
  if (parts.size() == 1 && parts[0] == "noalert") {
    rule.signature().noalert = true;
    return {};
  }
  if (parts.size() < 2 || parts.size() > 4)
    return refuse("must be COMMAND,NAME[,src|dst[,SECONDS]]", argument);
  On on = On::source;
  if (parts.size() >= 3) {
    if (parts[2] == "both") return refuse("bits on both addresses at once are not supported", parts[2]);
    if (parts[2] != "src" && parts[2] != "dst") return refuse("must be src or dst", parts[2]);
    on = parts[2] == "src" ? On::source : On::destination;
  }
  std::uint32_t seconds = kDefaultHostbitSeconds;
  if (parts.size() == 4) {
    const auto given = parse_seconds(parts[3]);
    if (!given) return tl::unexpected(given.error());
    seconds = *given;
  }
  return add_host_bit(rule, parts[0], parts[1], on, seconds);
}

constexpr KeywordSpec kXbitsKeywords[] = {
    {"xbits", compile_xbits, Argument::required,
     "named bits on addresses, pairs or transactions: COMMAND,NAME,track WHAT[,expire SECONDS]"},
    {"hostbits", compile_hostbits, Argument::required,
     "named bits on addresses: COMMAND,NAME[,src|dst[,SECONDS]]"},
};

}  // namespace

const KeywordFile keywords_xbits{.keywords = kXbitsKeywords};

}  // namespace weir::rules
