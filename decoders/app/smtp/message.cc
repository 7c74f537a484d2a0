#include "decoders/app/smtp/message.h"

#include <array>

#include "decoders/text.h"

namespace weir::smtp {
namespace {

struct KnownCommand {
  std::string_view name;
  CommandKind kind;
};
constexpr std::array<KnownCommand, 11> kCommands{{{"EHLO", CommandKind::helo},
                                                  {"HELO", CommandKind::helo},
                                                  {"LHLO", CommandKind::helo},
                                                  {"MAIL", CommandKind::mail},
                                                  {"RCPT", CommandKind::rcpt},
                                                  {"DATA", CommandKind::data},
                                                  {"BDAT", CommandKind::bdat},
                                                  {"RSET", CommandKind::rset},
                                                  {"STARTTLS", CommandKind::starttls},
                                                  {"AUTH", CommandKind::auth},
                                                  {"XCLIENT", CommandKind::xclient}}};

}  // namespace

Command parse_command(std::string_view line) {
  std::string_view rest = trim(line);
  const std::string_view name = take_word(rest);
  for (const KnownCommand& known : kCommands)
    if (equals_nocase(name, known.name)) return {known.kind, rest};
  return {CommandKind::plain, rest};
}

std::optional<std::string_view> parse_path(std::string_view argument, std::string_view label) {
  if (!equals_nocase(argument.substr(0, label.size()), label)) return std::nullopt;
  argument = trim_left(argument.substr(label.size()));
  if (!argument.starts_with(':')) return std::nullopt;
  argument = trim_left(argument.substr(1));
  std::size_t end = 0;
  // Within brackets blanks may stand in quotes.
  bool quoted = false;
  const bool bracketed = argument.starts_with('<') && argument.find('>') != std::string_view::npos;
  while (end < argument.size() && (quoted || !is_blank(argument[end]))) {
    if (bracketed && argument[end] == '"') quoted = !quoted;
    ++end;
    if (bracketed && !quoted && argument[end - 1] == '>') break;
  }
  return argument.substr(0, end);
}

std::optional<Chunk> parse_chunk(std::string_view argument) {
  const auto bytes = parse_number<std::uint64_t>(take_word(argument));
  if (!bytes) return std::nullopt;
  return Chunk{*bytes, equals_nocase(argument, "LAST")};
}

std::optional<Reply> parse_reply(std::string_view line) {
  const auto code = parse_number<unsigned>(line.substr(0, 3));
  if (!code || *code < 100) return std::nullopt;
  const bool continues = line.size() > 3 && line[3] == '-';
  return Reply{*code, continues, line.substr(line.size() > 3 ? 4 : 3)};
}

}  // namespace weir::smtp
