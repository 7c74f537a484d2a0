// FTP: commands, replies and the data connections that they agree on; and what a data connection is for.
#include "decoders/app/ftp/transaction.h"

#include "decoders/app/ftp_data/ftp_data.h"
#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

using ftp::ClientState;
using ftp::FtpTransaction;
using ftp::ServerState;
using ftp_data::FtpDataTransaction;

constexpr auto kCommand = static_cast<std::uint8_t>(ClientState::command);
constexpr auto kAnswered = static_cast<std::uint8_t>(ClientState::complete);
constexpr auto kReplied = static_cast<std::uint8_t>(ServerState::complete);

std::string_view command(const Transaction& tx, Direction) {
  return tx_cast<FtpTransaction>(tx).command;
}
std::string_view command_data(const Transaction& tx, Direction) {
  return tx_cast<FtpTransaction>(tx).command_data;
}
std::optional<BodyView> reply(const BufferRequest& r) {
  const auto& texts = tx_cast<FtpTransaction>(r.tx).replies;
  return r.index < texts.size() ? whole(texts[r.index]) : std::nullopt;
}
std::optional<BodyView> completion_code(const BufferRequest& r) {
  const auto& codes = tx_cast<FtpTransaction>(r.tx).codes;
  if (r.index >= codes.size()) return std::nullopt;
  return whole(std::string_view(codes[r.index].data(), codes[r.index].size()));
}

Number dynamic_port(const Transaction& transaction, Direction) {
  const auto& tx = tx_cast<FtpTransaction>(transaction);
  return tx.dynamic_port != 0 ? Number{tx.dynamic_port} : Number{};
}

class FtpCheck final : public TxCheck {
 public:
  using Test = bool (*)(const FtpTransaction&);
  explicit FtpCheck(Test test) : test_(test) {}
  [[nodiscard]] bool matches(const Transaction& tx, Direction) const override {
    return test_(tx_cast<FtpTransaction>(tx));
  }

 private:
  Test test_;
};

Compiled add_check(RuleBuilder& rule, std::optional<std::uint8_t> to_server,
                   std::optional<std::uint8_t> to_client, FtpCheck::Test test) {
  return rule.add_tx_check({.protocol = AppProto::ftp,
                            .progress_to_server = to_server,
                            .progress_to_client = to_client,
                            .check = std::make_shared<FtpCheck>(test)});
}

bool is_active(const FtpTransaction& tx) {
  return tx.dynamic_port != 0 && !tx.is_passive;
}
bool is_passive(const FtpTransaction& tx) {
  return tx.dynamic_port != 0 && tx.is_passive;
}
bool is_bounce(const FtpTransaction& tx) {
  return tx.is_bounce;
}
bool is_answered(const FtpTransaction& tx) {
  return tx.reply_received;
}
bool is_unanswered(const FtpTransaction& tx) {
  return !tx.reply_received;
}

Compiled compile_mode(RuleBuilder& rule, std::string_view argument) {
  const std::string_view text = unquote_if_quoted(argument);
  if (text == "active") return add_check(rule, kCommand, kReplied, is_active);
  if (text == "passive") return add_check(rule, kAnswered, kReplied, is_passive);
  return refuse("expects active or passive", text);
}

// Of a command without an answer that is known when the server's side ends.
Compiled compile_reply_received(RuleBuilder& rule, std::string_view argument) {
  const std::string_view text = unquote_if_quoted(argument);
  if (text == "yes" || text == "on") return add_check(rule, kAnswered, kReplied, is_answered);
  if (text == "no" || text == "off") return add_check(rule, kAnswered, kReplied, is_unanswered);
  return refuse("expects yes, on, no or off", text);
}

Compiled compile_bounce(RuleBuilder& rule, std::string_view) {
  return add_check(rule, kCommand, std::nullopt, is_bounce);
}

// Files that are fetched (RETR), to_client, or stored (STOR, STOU, APPE), to_server. In active mode the server opens the
// connection and the file goes the other way: then either side will do, as the rule's other conditions may be about it.
class DataCommandCheck final : public TxCheck {
 public:
  explicit DataCommandCheck(bool fetches) : fetches_(fetches) {}
  [[nodiscard]] bool matches(const Transaction& transaction, Direction d) const override {
    const auto& tx = tx_cast<FtpDataTransaction>(transaction);
    const Direction usual = fetches_ ? Direction::to_client : Direction::to_server;
    if (d != usual && tx.opened == Direction::to_server) return false;
    const std::string_view name = tx.command;
    return fetches_ ? name == "RETR" : name == "STOR" || name == "STOU" || name == "APPE";
  }

 private:
  bool fetches_;
};

Compiled compile_data_command(RuleBuilder& rule, std::string_view argument) {
  const std::string_view text = unquote_if_quoted(argument);
  const bool fetches = equals_nocase(text, "retr");
  if (!fetches && !equals_nocase(text, "stor")) return refuse("expects retr or stor", text);
  return rule.add_tx_check({.protocol = AppProto::ftp_data,
                            .progress_to_server = std::uint8_t{0},
                            .progress_to_client = std::uint8_t{0},
                            .check = std::make_shared<DataCommandCheck>(fetches)});
}

template <Direction d, auto progress, TxBufferFunction get>
constexpr auto& kFtp = kOneSide<AppProto::ftp, d, progress, get>;

constexpr BufferSpec kFtpBuffers[] = {
    {.name = "ftp.command",
     .summary = "command of an FTP client, upper case; AUTH TLS is one",
     .sources = kFtp<Direction::to_server, ClientState::command, tx_text<command>>},
    {.name = "ftp.command_data",
     .summary = "what stands behind an FTP command",
     .sources = kFtp<Direction::to_server, ClientState::command, tx_text<command_data>>},
    {.name = "ftp.reply",
     .summary = "a line of an FTP server's reply, without its code",
     .sources = kFtp<Direction::to_client, ServerState::complete, reply>,
     .multiple = true},
    {.name = "ftp.completion_code",
     .summary = "code of a line of an FTP server's reply",
     .sources = kFtp<Direction::to_client, ServerState::complete, completion_code>,
     .multiple = true},
};

constexpr TxNumber kFtpNumbers[] = {
    {.name = "ftp.dynamic_port",
     .summary = "port that an FTP data connection is to be opened to",
     .protocol = AppProto::ftp,
     .most = UINT16_MAX,
     .progress_to_server = kCommand,
     .progress_to_client = kReplied,
     .get = dynamic_port},
};

constexpr KeywordSpec kFtpKeywords[] = {
    {.name = "ftp.mode",
     .how = compile_mode,
     .summary = "an FTP data connection is agreed on that the server opens (active) or the client (passive)"},
    {.name = "ftp.reply_received",
     .how = compile_reply_received,
     .summary = "whether an FTP command was answered: yes or no"},
    {.name = "ftpbounce",
     .how = compile_bounce,
     .argument = KeywordSpec::Argument::none,
     .summary = "an FTP client names another host than itself for a data connection"},
    {.name = "ftpdata_command",
     .how = compile_data_command,
     .summary = "an FTP data connection fetches a file (retr) or stores one (stor)"},
};

}  // namespace

const KeywordFile keywords_ftp{.keywords = kFtpKeywords, .buffers = kFtpBuffers, .tx_numbers = kFtpNumbers};

}  // namespace weir::rules
