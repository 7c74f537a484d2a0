#include "decoders/app/imap/message.h"

#include <algorithm>
#include <array>

#include "decoders/text.h"

namespace weir::imap {
namespace {

constexpr std::array<std::string_view, 5> kStatuses{"OK", "NO", "BAD", "PREAUTH", "BYE"};
constexpr std::array<std::string_view, 31> kCommands{
    "CAPABILITY", "NOOP",   "LOGOUT", "STARTTLS", "AUTHENTICATE", "LOGIN",       "ENABLE",  "SELECT",
    "EXAMINE",    "CREATE", "DELETE", "RENAME",   "SUBSCRIBE",    "UNSUBSCRIBE", "LIST",    "LSUB",
    "NAMESPACE",  "STATUS", "APPEND", "IDLE",     "CLOSE",        "UNSELECT",    "EXPUNGE", "SEARCH",
    "FETCH",      "STORE",  "COPY",   "MOVE",     "UID",          "COMPRESS",    "ID"};

bool starts_nocase(std::string_view text, std::string_view start) {
  return equals_nocase(text.substr(0, start.size()), start);
}

}  // namespace

std::optional<Literal> literal_at_end(std::string_view line) {
  if (!line.ends_with('}')) return std::nullopt;
  const std::size_t open = line.rfind('{');
  if (open == std::string_view::npos) return std::nullopt;
  std::string_view digits = line.substr(open + 1, line.size() - open - 2);
  const bool waits = !digits.ends_with('+') && !digits.ends_with('-');
  if (!waits) digits.remove_suffix(1);
  const auto bytes = parse_number<std::uint64_t>(digits);
  if (!bytes) return std::nullopt;
  Literal out{*bytes, waits, {}, line.substr(0, open)};
  if (out.line.ends_with('~')) out.line.remove_suffix(1);  // binary: RFC 3516
  out.item = trim(out.line);
  // Sections may have blanks within their brackets.
  const std::size_t bracket = out.item.rfind('[');
  const std::size_t blank = out.item.substr(0, std::min(bracket, out.item.size())).find_last_of(" (");
  out.item = out.item.substr(blank == std::string_view::npos ? 0 : blank + 1);
  return out;
}

// "BODY[]<0>" begins at the first byte.
Content content_of(std::string_view item) {
  if (equals_nocase(item, "BODY[]") || equals_nocase(item, "BODY[]<0>") || equals_nocase(item, "RFC822"))
    return Content::mail;
  return starts_nocase(item, "BODY[HEADER") || equals_nocase(item, "RFC822.HEADER") ? Content::header
                                                                                    : Content::other;
}

Response parse_response(std::string_view line) {
  std::string_view rest = line;
  const std::string_view tag = take_word(rest);
  if (tag.empty()) return {};
  if (tag == "+") return {Response::Kind::go_on, tag, {}, rest};
  const bool untagged = tag == "*";
  std::string_view behind = rest;
  const std::string_view status = take_word(behind);
  const bool known = std::any_of(kStatuses.begin(), kStatuses.end(),
                                 [status](std::string_view s) { return equals_nocase(s, status); });
  if (!untagged && !known) return {};
  const auto kind = untagged ? Response::Kind::untagged : Response::Kind::tagged;
  if (known) return {kind, tag, status, behind};
  return {kind, tag, {}, rest};
}

bool is_known_command(std::string_view name) {
  return std::any_of(kCommands.begin(), kCommands.end(),
                     [name](std::string_view c) { return equals_nocase(c, name); });
}

}  // namespace weir::imap
