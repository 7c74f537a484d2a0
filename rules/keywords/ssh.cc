// What the two sides of an SSH connection show before they encrypt: banners and key exchange.
#include "decoders/app/ssh/ssh.h"
#include "decoders/app/protocol_ids.h"

#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

using ssh::Peer;
using ssh::SshTransaction;
using ssh::State;

const Peer& peer_of(const Transaction& tx, Direction d) {
  return tx_cast<SshTransaction>(tx).peer(d);
}

std::string_view protocol(const Transaction& tx, Direction d) {
  return peer_of(tx, d).protocol;
}
std::string_view software(const Transaction& tx, Direction d) {
  return peer_of(tx, d).software;
}
std::string_view hassh(const Transaction& tx, Direction d) {
  return peer_of(tx, d).hassh_hash();
}
std::string_view hassh_string(const Transaction& tx, Direction d) {
  return peer_of(tx, d).hassh;
}

// The older keywords with an argument look at both sides, too.
class PeerCheck final : public TxCheck {
 public:
  using Test = bool (*)(const Peer&, std::string_view argument);
  PeerCheck(Test test, std::string_view argument) : test_(test), argument_(argument) {}
  [[nodiscard]] bool matches(const Transaction& tx, Direction d) const override {
    const Peer& peer = peer_of(tx, d);
    return !peer.protocol.empty() && test_(peer, argument_);
  }

 private:
  Test test_;
  std::string argument_;
};

Compiled add_check(RuleBuilder& rule, PeerCheck::Test test, std::string_view argument) {
  constexpr auto kDone = static_cast<std::uint8_t>(State::banner_done);
  return rule.add_tx_check({.protocol = AppProto::ssh,
                            .progress_to_server = kDone,
                            .progress_to_client = kDone,
                            .check = std::make_shared<PeerCheck>(test, argument)});
}

// "2" stands for every 2.x, "1.1" for itself.
bool has_version(const Peer& peer, std::string_view version) {
  std::string_view rest = peer.protocol;
  if (!rest.starts_with(version)) return false;
  rest.remove_prefix(version.size());
  return rest.empty() || rest.front() == '.';
}
bool speaks_version_2(const Peer& peer, std::string_view) {
  return has_version(peer, "2") || peer.protocol == "1.99";
}
bool software_starts_with(const Peer& peer, std::string_view name) {
  return std::string_view(peer.software).starts_with(name);
}

Compiled compile_protoversion(RuleBuilder& rule, std::string_view argument) {
  const std::string_view text = unquote_if_quoted(argument);
  if (text == "2_compat") return add_check(rule, speaks_version_2, {});
  const bool number = !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos &&
                      text.front() != '.' && text.back() != '.';
  if (!number) return refuse("expects a version like 2.0, or 2_compat", text);
  return add_check(rule, has_version, text);
}

Compiled compile_softwareversion(RuleBuilder& rule, std::string_view argument) {
  const std::string_view text = unquote_if_quoted(argument);
  if (text.empty()) return refuse("needs the start of a software version");
  return add_check(rule, software_starts_with, text);
}

template <auto text>
constexpr auto& kBanner = kBothSides<AppProto::ssh, State::banner_done, State::banner_done, tx_text<text>>;
template <Direction d, auto text>
constexpr auto& kKeyExchange = kOneSide<AppProto::ssh, d, State::key_exchange, tx_text<text>>;

constexpr ValueForm kBannerForm{.what = "a part of a line", .without = "\n"};
constexpr std::string_view kHasshSetting = "hassh";

constexpr BufferSpec kSshBuffers[] = {
    {.name = "ssh.proto",
     .summary = "protocol version in an SSH banner",
     .alias = "ssh_proto",
     .sources = kBanner<protocol>,
     .form = &kBannerForm},
    {.name = "ssh.software",
     .summary = "software version in an SSH banner",
     .alias = "ssh_software",
     .sources = kBanner<software>,
     .form = &kBannerForm},
    {.name = "ssh.hassh",
     .summary = "MD5 of the client's HASSH string, lower case",
     .sources = kKeyExchange<Direction::to_server, hassh>,
     .on_request = true,
     .form = &kMd5Form,
     .setting = kHasshSetting},
    {.name = "ssh.hassh.string",
     .summary = "what the SSH client offers for the key exchange",
     .sources = kKeyExchange<Direction::to_server, hassh_string>,
     .on_request = true,
     .setting = kHasshSetting},
    {.name = "ssh.hassh.server",
     .summary = "MD5 of the server's HASSH string, lower case",
     .sources = kKeyExchange<Direction::to_client, hassh>,
     .on_request = true,
     .form = &kMd5Form,
     .setting = kHasshSetting},
    {.name = "ssh.hassh.server.string",
     .summary = "what the SSH server offers for the key exchange",
     .sources = kKeyExchange<Direction::to_client, hassh_string>,
     .on_request = true,
     .setting = kHasshSetting},
};

constexpr KeywordSpec kSshKeywords[] = {
    {.name = "ssh.protoversion",
     .how = compile_protoversion,
     .summary = "version of SSH, 2_compat for all that speak 2.0"},
    {.name = "ssh.softwareversion",
     .how = compile_softwareversion,
     .summary = "start of the software version in an SSH banner"},
};

}  // namespace

const KeywordFile keywords_ssh{.keywords = kSshKeywords, .buffers = kSshBuffers};

}  // namespace weir::rules
