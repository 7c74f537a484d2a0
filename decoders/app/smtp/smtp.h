// SMTP (RFC 5321): commands, replies of one or more lines in their order, whether or not the client waits for them, and the mails
// behind DATA and BDAT, which are read by MimeParser.
//
// What follows upon DATA and STARTTLS depends on the server's answer: what a client sends behind them waits for it. When only the
// client's side is to be seen, the server is taken to agree. Where bytes of the server are missing, replies are not matched any more.
// A reply that is none ends the reading of the connection when both sides have spoken: it is no SMTP.
//
// Three files: smtp.cc runs the connection, replies.cc what the server says, mails.cc the content of mails.
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
#include "decoders/app/smtp/message.h"
#include "decoders/app/smtp/transaction.h"

namespace weir::smtp {

struct SmtpSettings {
  bool raw_extraction = false;  // the mail as a whole is a file; it is not decoded
  std::size_t max_tx = 256;     // open at one time on a connection
  mime::MimeSettings mime;

  static SmtpSettings from(const Settings& s);
};

enum class FrameKind : std::uint8_t {
#define FRAME(id, name) id,
#include "decoders/app/smtp/frames.def"
#undef FRAME
};

inline constexpr std::size_t kMaxLine = 4096;   // of a command or a line of a reply; the rest is passed over
inline constexpr std::size_t kMaxHeld = 65536;  // that wait for an answer; more is taken as if it had come
inline constexpr std::size_t kMaxAwaited =
    1024;  // commands without an answer; with more, answers are not matched
inline constexpr std::string_view kRawFileName = "rawmsg";  // of a mail that is a file

class SmtpParser final : public AppParser {
 public:
  explicit SmtpParser(const SmtpSettings& settings);
  ParseOutcome parse(const AppInput& in) override;
  bool begin_midway() override;
  bool on_gap(Direction direction, std::uint64_t length) override;

 private:
  using Line = LineReader::Line;
  enum class Mode : std::uint8_t { commands, data, chunk };
  enum class Waits : std::uint8_t { no, for_data, for_tls };

  bool step(const AppInput& in, Bytes& rest);
  void change_to_tls();
  bool changes_to_tls(Bytes rest);
  bool is_held(const AppInput& in, Bytes rest);
  bool read_line(const AppInput& in, Bytes& rest);

  // The one that commands belong to now; a new one when the last has ended.
  SmtpTransaction& tx();
  SmtpTransaction* existing();
  void raise(Event e) { tx().raise(static_cast<std::uint8_t>(e)); }
  void complete(SmtpTransaction& t);

  void on_command(const Line& line, const AppInput& in, Bytes bytes);
  void run_command(const Command& command, SmtpTransaction& t, const AppInput& in);
  void await_reply(CommandKind kind);
  void on_helo(std::string_view argument, SmtpTransaction& t);
  void on_mail(std::string_view argument, SmtpTransaction& t);
  void on_rcpt(std::string_view argument, SmtpTransaction& t);

  void on_reply_line(const Line& line);
  void on_greeting(const Reply& reply);
  void on_reply(const Reply& reply);
  void on_stray_reply(const Reply& reply);
  void answer(CommandKind kind, const Reply& reply);
  std::optional<CommandKind> awaited();
  void lose_track();

  void reset();

  void begin_mail(SmtpTransaction& t, const AppInput& in);
  void begin_data();
  void begin_chunk(const Command& command, SmtpTransaction& t, const AppInput& in);
  void read_data(const AppInput& in, Bytes& rest);
  void read_chunk(const AppInput& in, Bytes& rest);
  void mail_bytes(Bytes bytes, SmtpTransaction& t, const AppInput& in);
  void close_mail(bool whole, const AppInput& in);
  void end_mail(bool whole, const AppInput& in);
  void raise_faults(SmtpTransaction& t);
  static FileOpening opening(const AppInput& in);

  const SmtpSettings& settings_;
  std::array<LineReader, 2> lines_;
  std::optional<std::uint64_t> current_;  // id of the transaction that commands belong to
  std::optional<SlabString> helo_;        // of the connection
  ParseOutcome outcome_;                  // of the call that is running

  // Replies.
  SlabVector<CommandKind> awaited_;  // commands that have no answer yet, from first_awaited_ on
  std::size_t first_awaited_ = 0;
  bool greeted_ = false, server_seen_ = false, client_seen_ = false;
  bool lost_track_ = false;       // of what replies belong to
  bool is_other_ = false;         // the server said something that is no reply
  bool authenticates_ = false;    // the server waits for the next line of AUTH
  std::uint64_t most_bytes_ = 0;  // that the server says it takes (RFC 1870); 0: it does not
  Waits waits_ = Waits::no;
  bool sent_behind_ = false;  // something came while waits_
  bool resets_ = false;       // RSET was sent: its reply, or the next command, ends the mail
  bool tls_follows_ = false, tls_missing_told_ = false;

  // The mail that is being read.
  Mode mode_ = Mode::commands;
  mime::DotReader dots_;
  std::uint64_t chunk_left_ = 0;
  bool last_chunk_ = false, in_mail_ = false, has_gap_ = false;
  FrameId data_frame_ = kNoFrame;
  bool data_frame_told_ = false;
  std::size_t told_faults_ = 0;  // of the mail
  FlowFiles files_;
  FileWriter raw_;
  std::unique_ptr<mime::MimeParser> mime_;
};

}  // namespace weir::smtp
