// Lines of an SMTP connection: commands and replies (RFC 5321).
//
// Plain functions over one line without its end; what they give are views into it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::smtp {

enum class CommandKind : std::uint8_t {
  plain,     // of no consequence here: NOOP, QUIT, VRFY, ETRN, what is not known
  helo,      // EHLO, HELO, LHLO (RFC 2033)
  mail,      // MAIL FROM
  rcpt,      // RCPT TO
  data,      // DATA
  bdat,      // BDAT (RFC 3030)
  rset,      // RSET
  starttls,  // STARTTLS (RFC 3207)
  auth,      // AUTH (RFC 4954)
  xclient,   // XCLIENT: the server begins anew, as if another client had come
  message,   // no command: the end of a mail, which is replied to as well
};

struct Command {
  CommandKind kind = CommandKind::plain;
  std::string_view argument;  // behind the name, without blanks around it
};
Command parse_command(std::string_view line);

// Of the argument of MAIL or RCPT the address, which stands behind `label` ("FROM", "TO") and a colon, with its brackets; none: there
// is no such label.
std::optional<std::string_view> parse_path(std::string_view argument, std::string_view label);

struct Chunk {
  std::uint64_t bytes = 0;
  bool last = false;
};
// Of the argument of BDAT; none: its length is no number.
std::optional<Chunk> parse_chunk(std::string_view argument);

struct Reply {
  unsigned code = 0;       // 100 to 999
  bool continues = false;  // "250-": more lines follow, up to "250 "
  std::string_view text;
};
// None: the line does not begin with three digits.
std::optional<Reply> parse_reply(std::string_view line);

}  // namespace weir::smtp
