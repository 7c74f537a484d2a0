// Lines of a POP3 connection: commands and the first lines of responses (RFC 1939, 2449, 2595, 5034, 6856).
//
// Plain functions over one line without its end; what they give are views into it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::pop3 {

// What stands behind the first line of a response that says +OK.
enum class Content : std::uint8_t {
  none,
  lines,               // up to a dot
  lines_without_args,  // the same, when the command had no argument
  mail,                // RETR
  beginning,           // of a mail: TOP
};

struct KnownCommand {
  std::string_view name;
  std::uint8_t least_arguments, most_arguments;
  Content content = Content::none;
};
// In any case; null: nobody knows it.
const KnownCommand* known_command(std::string_view name);

struct Response {
  enum class Kind : std::uint8_t {
    ok,
    err,
    go_on,  // "+ ": the server waits for the next line of AUTH
    none    // no response at all
  };
  Kind kind = Kind::none;
  std::string_view text;  // behind the status, without blanks around it
};
Response parse_response(std::string_view line);

}  // namespace weir::pop3
