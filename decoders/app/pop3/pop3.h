// POP3 (RFC 1939): commands, responses in their order, whether or not the client waits for them, and the mails that are fetched
// (RETR, TOP), which are read by MimeParser. Behind STLS, if the server agrees, TLS is expected to follow.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "decoders/app/file_writer.h"
#include "decoders/app/line_reader.h"
#include "decoders/app/mime/dot_reader.h"
#include "decoders/app/mime/parser.h"
#include "decoders/app/parser.h"
#include "decoders/app/pop3/transaction.h"

namespace weir::pop3 {

struct Pop3Settings {
  std::size_t max_tx = 256;  // open at one time on a connection
  mime::MimeSettings mime;

  static Pop3Settings from(const Settings& s);
};

inline constexpr std::size_t kMaxLine = 4096;      // of a command or a response; the rest is passed over
inline constexpr std::size_t kLongCommand = 253;   // RFC 2449, 4: 255 with CR and LF
inline constexpr std::size_t kLongResponse = 510;  // the same, 512
inline constexpr std::size_t kMaxBehindSecurity = 65536;  // bytes that wait behind STLS for the answer

class Pop3Parser final : public AppParser {
 public:
  explicit Pop3Parser(const Pop3Settings& settings);
  ParseOutcome parse(const AppInput& in) override;
  bool on_gap(Direction direction, std::uint64_t length) override;

 private:
  using Line = LineReader::Line;
  enum class Mode : std::uint8_t { responses, lines, mail };

  bool step(const AppInput& in, Bytes& rest);
  bool waits_for_security(const AppInput& in, Bytes rest);
  void on_command(const Line& line);
  void on_response(const Line& line);
  void on_line(const Line& line);
  void begin_content(Pop3Transaction& tx);
  void read_mail(const AppInput& in, Bytes& rest);
  void end_mail(bool whole, const AppInput& in);
  void end_of_responses(const AppInput& in);
  Pop3Transaction* awaited();
  Pop3Transaction& answered();
  void complete(Pop3Transaction& tx);
  mime::MailSink sink(Pop3Transaction& tx, const AppInput& in);

  const Pop3Settings& settings_;
  std::array<LineReader, 2> lines_;
  std::uint64_t next_response_ = 0;        // id of the transaction that the next response belongs to
  std::optional<std::uint64_t> security_;  // id of the transaction whose answer decides whether TLS follows
  bool authenticates_ = false;             // the server waits for the next line of AUTH
  Mode mode_ = Mode::responses;            // of the server's side
  ParseOutcome outcome_;                   // of the call that is running

  mime::DotReader dots_;
  FlowFiles files_;
  std::unique_ptr<mime::MimeParser> mime_;
};

}  // namespace weir::pop3
