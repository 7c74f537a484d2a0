// The control connection of FTP (RFC 959): commands, one or more lines of reply to each in their order, whether or not the
// client waits for them, and the data connections that both sides agree on.
//
// A transfer (RETR, STOR, STOU, APPE; LIST, NLST, MLSD) announces its data connection to the engine: to the port that the client named (PORT,
// EPRT) or the server (replies to PASV, EPSV). It goes between the two hosts of the control connection, whatever address
// stands beside the port: servers behind address translation name one that nobody uses.
// Behind AUTH, if the server agrees, TLS is expected to follow (RFC 4217).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "decoders/app/expected_flow.h"
#include "decoders/app/ftp/transaction.h"
#include "decoders/app/line_reader.h"
#include "decoders/app/parser.h"

namespace weir::ftp {

struct FtpSettings {
  std::size_t max_line_bytes = 4096;  // of a command or a line of a reply
  std::size_t max_tx = 1024;          // open at one time on a connection

  static FtpSettings from(const Settings& s);
};

// A data connection must come so soon after the command that uses it.
inline constexpr std::uint32_t kDataConnectionSeconds = 120;
// So much may wait behind AUTH for the server's answer; more is taken for further commands.
inline constexpr std::size_t kMaxBehindAuth = 65536;

class FtpParser final : public AppParser {
 public:
  explicit FtpParser(const FtpSettings& settings);
  ParseOutcome parse(const AppInput& in) override;
  bool on_gap(Direction direction, std::uint64_t length) override;

 private:
  using Line = LineReader::Line;
  struct DataPort {
    std::uint16_t port = 0;
    bool passive = false;
  };

  void on_command(const Line& line, const AppInput& in);
  void on_reply(const Line& line, const AppInput& in);
  bool waits_for_security(const AppInput& in, Bytes rest);
  void read_port(FtpTransaction& tx, const std::optional<DataAddress>& said, const AppInput& in);
  void read_passive(FtpTransaction& tx, std::string_view reply, const AppInput& in);
  void announce(const FtpTransaction& transfer, const AppInput& in);
  FtpTransaction* awaited();
  FtpTransaction& replied_to(const ReplyLine& line);
  void skip_to(CommandKind kind);
  void end_of_lines_without_code();
  void final_reply(FtpTransaction& tx, const ReplyLine& line, const AppInput& in);
  void end_of_replies();
  void complete(FtpTransaction& tx);

  const FtpSettings& settings_;
  std::array<LineReader, 2> lines_;
  std::uint64_t next_reply_ = 0;           // id of the transaction that the next reply belongs to
  std::optional<ReplyCode> continued_;     // a reply of several lines goes on up to the one with this code
  std::optional<DataPort> data_port_;      // where the next transfer's connection goes
  std::optional<std::uint64_t> security_;  // id of the transaction whose answer decides whether TLS follows
  bool holds_commands_ = false;            // until that is known
  ParseOutcome outcome_;                   // of the call that is running
};

}  // namespace weir::ftp
