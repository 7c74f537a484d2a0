#include "decoders/app/pop3/message.h"

#include <array>

#include "decoders/text.h"

namespace weir::pop3 {
namespace {

constexpr std::array<KnownCommand, 17> kCommands{{
    {"APOP", 2, 2},
    {"AUTH", 0, 2, Content::lines_without_args},
    {"CAPA", 0, 0, Content::lines},
    {"DELE", 1, 1},
    {"LANG", 0, 1, Content::lines_without_args},
    {"LIST", 0, 1, Content::lines_without_args},
    {"NOOP", 0, 0},
    {"PASS", 1, UINT8_MAX},  // blanks belong to the password
    {"QUIT", 0, 0},
    {"RETR", 1, 1, Content::mail},
    {"RSET", 0, 0},
    {"STAT", 0, 0},
    {"STLS", 0, 0},
    {"TOP", 2, 2, Content::beginning},
    {"UIDL", 0, 1, Content::lines_without_args},
    {"USER", 1, 1},
    {"UTF8", 0, 0},
}};

}  // namespace

const KnownCommand* known_command(std::string_view name) {
  for (const KnownCommand& known : kCommands)
    if (equals_nocase(name, known.name)) return &known;
  return nullptr;
}

Response parse_response(std::string_view line) {
  std::string_view rest = line;
  const std::string_view status = take_word(rest);
  rest = trim(rest);
  if (status == "+") return {Response::Kind::go_on, rest};
  if (equals_nocase(status, "+OK")) return {Response::Kind::ok, rest};
  if (equals_nocase(status, "-ERR")) return {Response::Kind::err, rest};
  return {};
}

}  // namespace weir::pop3
