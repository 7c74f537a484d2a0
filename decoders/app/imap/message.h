// Lines of an IMAP connection (RFC 9051, 3501): commands, responses, and the literals that may stand in both.
//
// Plain functions over one line without its end; what they give are views into it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::imap {

// "{310}" at the end of a line: so many bytes follow, and then the line goes on.
struct Literal {
  std::uint64_t bytes = 0;
  bool waits = false;     // the client sends them when the server says so: "{310}", not "{310+}" (RFC 7888)
  std::string_view item;  // of a response what they are: the word before, "BODY[]"
  std::string_view line;  // what stands before the literal
};
std::optional<Literal> literal_at_end(std::string_view line);

// What a literal of a response holds, by its item.
enum class Content : std::uint8_t {
  other,
  mail,    // BODY[], RFC822
  header,  // of a mail: BODY[HEADER], RFC822.HEADER
};
Content content_of(std::string_view item);

struct Response {
  enum class Kind : std::uint8_t {
    go_on,     // "+": the client is waited for
    untagged,  // "*": something that the server tells
    tagged,    // the end of the answer to the command of that tag
    none       // no response at all
  };
  Kind kind = Kind::none;
  std::string_view tag;
  std::string_view status;  // OK, NO, BAD, PREAUTH, BYE; of an untagged one that has none empty
  std::string_view text;    // behind the status; of an untagged one without any all behind the "*"
};
Response parse_response(std::string_view line);

// Whether a client may begin so: a tag and a command that everybody knows.
bool is_known_command(std::string_view name);

}  // namespace weir::imap
