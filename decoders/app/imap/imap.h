// IMAP (RFC 9051, 3501): commands, responses to them by their tags, in whatever order, and mails in literals: those that are fetched
// (BODY[], RFC822; of headers what a header says) and those that are stored (APPEND), which are read by MimeParser. Each mail that
// is fetched is a transaction of its own, and so is each but the first that one command stores. Behind STARTTLS, if the server agrees, TLS is expected to follow; behind COMPRESS nothing
// is read any more.
//
// A client asks before it sends most literals. What comes behind such a question, and behind STARTTLS, waits for the answer; when
// only the client's side is to be seen, the server is taken to agree.
//
// Three files: imap.cc runs the connection, commands.cc what the client says, responses.cc what the server says.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "decoders/app/file_writer.h"
#include "decoders/app/imap/transaction.h"
#include "decoders/app/line_reader.h"
#include "decoders/app/mime/parser.h"
#include "decoders/app/parser.h"

namespace weir::imap {

struct ImapSettings {
  std::size_t max_tx = 256;  // open at one time on a connection
  mime::MimeSettings mime;

  static ImapSettings from(const Settings& s);
};

inline constexpr std::size_t kMaxLine =
    65536;  // without literals; the rest is passed over, and a literal at its end not seen
inline constexpr std::size_t kMaxHeld =
    65536;  // bytes that wait for the server's answer; more is taken as if it had come

class ImapParser final : public AppParser {
 public:
  explicit ImapParser(const ImapSettings& settings);
  ParseOutcome parse(const AppInput& in) override;
  bool on_gap(Direction direction, std::uint64_t length) override;

 private:
  using Line = LineReader::Line;
  // Where a side is: at the beginning of a line, behind a literal in one, in a literal.
  enum class Place : std::uint8_t { line, continued, literal };
  struct Side {
    LineReader lines;
    Place place = Place::line;
    std::uint64_t literal_left = 0;
    std::optional<std::uint64_t> mail_of;  // id of the transaction that has the mail in the literal
    bool mail_whole = false;               // the literal is all of it
    std::unique_ptr<mime::MimeParser> mime;
  };

  bool step(const AppInput& in, Bytes& rest);
  bool is_held(const AppInput& in, Bytes rest);
  void begin_literal(Direction d, std::uint64_t bytes);
  void read_literal(const AppInput& in, Bytes& rest);
  void begin_mail(Direction d, ImapTransaction& tx, bool whole);
  void end_literal(const AppInput& in, bool whole);
  ImapTransaction& mail_of_its_own(const ImapTransaction* command);
  ImapTransaction* mail_transaction(Side& side);
  mime::MailSink sink(ImapTransaction& tx, const AppInput& in);
  void complete(ImapTransaction& tx);
  void end_of_connection(const AppInput& in);

  void on_client_line(const Line& line);
  void begin_command(std::string_view text);
  bool is_no_command(std::string_view text);
  void end_command(ImapTransaction& tx);

  void on_server_line(const Line& line);
  void on_untagged(const Response& response, const Line& line);
  void on_tagged(const Response& response);
  void on_go_on();
  void response_literal(const Line& line);
  ImapTransaction* open_with_tag(std::string_view tag);
  ImapTransaction* oldest_open();

  const ImapSettings& settings_;
  std::array<Side, 2> sides_;
  std::uint64_t next_open_ = 0;            // no transaction before it is open
  std::optional<std::uint64_t> command_;   // id of the transaction of the client's line
  std::optional<std::uint64_t> security_;  // id of the one whose answer decides whether TLS follows
  bool literal_waits_ = false;             // the client's, for the server
  bool authenticates_ = false;             // the server waits for the next line of AUTHENTICATE
  bool server_seen_ = false;
  bool compressed_ = false;
  ParseOutcome outcome_;  // of the call that is running
  FlowFiles files_;
};

}  // namespace weir::imap
