// Versions and handshake states: tls.version, ssl_version, ssl_state.
#include <memory>

#include "decoders/app/protocol_ids.h"
#include "rules/keywords/tls_buffers.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

using tls::TlsTransaction;

// What the side that sends in direction d speaks; 0 while that is not known.
std::uint16_t version_of(const TlsTransaction& tx, Direction d) {
  if (d == Direction::to_client) return tx.version();
  return tx.client.seen ? tx.client.offered_version() : tx.record_version[index(Direction::to_server)];
}

struct VersionName {
  std::string_view name;
  std::uint16_t version;
};
constexpr VersionName kTlsVersions[] = {{"1.0", 0x0301}, {"1.1", 0x0302}, {"1.2", 0x0303}, {"1.3", 0x0304}};
constexpr VersionName kSslVersions[] = {{"sslv2", 0x0200},  {"sslv3", 0x0300},  {"tls1.0", 0x0301},
                                        {"tls1.1", 0x0302}, {"tls1.2", 0x0303}, {"tls1.3", 0x0304}};
constexpr std::uint16_t kAnyTls13 = 0x0304;  // stands for its drafts too

class VersionCheck final : public TxCheck {
 public:
  struct Term {
    std::uint16_t version;
    bool negated;
  };
  explicit VersionCheck(std::vector<Term> terms) : terms_(std::move(terms)) {}

  [[nodiscard]] bool matches(const Transaction& tx, Direction d) const override {
    const std::uint16_t version = version_of(tls_tx(tx), d);
    if (version == 0) return false;
    bool any_wanted = false, found = false;
    for (const Term& term : terms_) {
      const bool same = term.version == version || (term.version == kAnyTls13 && tls::is_tls13(version));
      if (term.negated && same) return false;
      any_wanted = any_wanted || !term.negated;
      found = found || (!term.negated && same);
    }
    return found || !any_wanted;
  }

 private:
  std::vector<Term> terms_;
};

std::optional<std::uint16_t> version_by_name(std::span<const VersionName> table, std::string_view name) {
  for (const VersionName& row : table)
    if (row.name == name) return row.version;
  return std::nullopt;
}

Compiled add_check(RuleBuilder& rule, std::shared_ptr<const TxCheck> check) {
  return rule.add_tx_check({.protocol = AppProto::tls,
                            .progress_to_server = at(tls::ClientState::hello_done),
                            .progress_to_client = at(tls::ServerState::hello),
                            .check = std::move(check)});
}

Compiled compile_tls_version(RuleBuilder& rule, std::string_view argument) {
  std::string_view text = unquote_if_quoted(argument);
  const bool negated = take_negation(text);
  auto version = version_by_name(kTlsVersions, text);
  if (!version && text.starts_with("0x"))
    if (const auto raw = parse_unsigned(text); raw && *raw <= UINT16_MAX)
      version = static_cast<std::uint16_t>(*raw);
  if (!version) return refuse("expects 1.0, 1.1, 1.2, 1.3 or a number like 0x7f12", text);
  return add_check(rule,
                   std::make_shared<VersionCheck>(std::vector<VersionCheck::Term>{{*version, negated}}));
}

Compiled compile_ssl_version(RuleBuilder& rule, std::string_view argument) {
  std::vector<VersionCheck::Term> terms;
  for (std::string_view part : split(unquote_if_quoted(argument), ',')) {
    const bool negated = take_negation(part);
    const auto version = version_by_name(kSslVersions, part);
    if (!version) return refuse("expects sslv2, sslv3 or tls1.0 to tls1.3", part);
    terms.push_back({*version, negated});
  }
  if (terms.empty()) return refuse("needs a version");
  return add_check(rule, std::make_shared<VersionCheck>(std::move(terms)));
}

enum State : std::uint8_t {
  state_client_hello = 1,
  state_server_hello = 2,
  state_client_keyx = 4,
  state_server_keyx = 8,
  state_unknown = 16
};

struct StateName {
  std::string_view name;
  State state;
};
constexpr StateName kStates[] = {{"client_hello", state_client_hello},
                                 {"server_hello", state_server_hello},
                                 {"client_keyx", state_client_keyx},
                                 {"server_keyx", state_server_keyx},
                                 {"unknown", state_unknown}};

class StateCheck final : public TxCheck {
 public:
  StateCheck(std::uint8_t wanted, std::uint8_t unwanted) : wanted_(wanted), unwanted_(unwanted) {}
  [[nodiscard]] bool matches(const Transaction& transaction, Direction) const override {
    const TlsTransaction& tx = tls_tx(transaction);
    unsigned states = 0;
    if (tx.client.seen) states |= state_client_hello;
    if (tx.server.seen) states |= state_server_hello;
    if (tx.client_key_exchange) states |= state_client_keyx;
    if (tx.server_key_exchange) states |= state_server_keyx;
    if (states == 0) states = state_unknown;
    return (wanted_ == 0 || (states & wanted_) != 0) && (states & unwanted_) == 0;
  }

 private:
  std::uint8_t wanted_, unwanted_;
};

Compiled compile_ssl_state(RuleBuilder& rule, std::string_view argument) {
  std::uint8_t wanted = 0, unwanted = 0;
  for (std::string_view part : split(unquote_if_quoted(argument), '|')) {
    const bool negated = take_negation(part);
    std::uint8_t state = 0;
    for (const StateName& row : kStates)
      if (row.name == part) state = row.state;
    if (state == 0)
      return refuse("expects client_hello, server_hello, client_keyx, server_keyx or unknown", part);
    (negated ? unwanted : wanted) = static_cast<std::uint8_t>((negated ? unwanted : wanted) | state);
  }
  if (wanted == 0 && unwanted == 0) return refuse("needs a state");
  return add_check(rule, std::make_shared<StateCheck>(wanted, unwanted));
}

constexpr auto kRequired = KeywordSpec::Argument::required;

constexpr KeywordSpec kTlsVersionKeywords[] = {
    {"tls.version", compile_tls_version, kRequired, "version of TLS, by direction"},
    {"ssl_version", compile_ssl_version, kRequired, "one of several versions of SSL/TLS"},
    {"ssl_state", compile_ssl_state, kRequired, "how far the handshake is"},
};

}  // namespace

const KeywordFile keywords_tls_version{.keywords = kTlsVersionKeywords};

}  // namespace weir::rules
