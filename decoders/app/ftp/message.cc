#include "decoders/app/ftp/message.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>

#include "decoders/text.h"

namespace weir::ftp {
namespace {

constexpr std::size_t kMaxKnownName = 4;

// The letters of a name in lower case, one a byte, so that the order is that of the alphabet; 0 when there are too many.
constexpr std::uint32_t as_number(std::string_view name) {
  if (name.size() > kMaxKnownName) return 0;
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < kMaxKnownName; ++i)
    out = out << 8U | (i < name.size() ? static_cast<std::uint8_t>(to_lower(name[i])) : 0U);
  return out;
}

struct KnownCommand {
  std::string_view name;
  std::uint32_t number;
  CommandKind kind;
};
constexpr KnownCommand kCommands[] = {
#define COMMAND(name, kind) {name, as_number(name), CommandKind::kind},
#include "decoders/app/ftp/commands.def"
#undef COMMAND
};
static_assert(std::is_sorted(std::begin(kCommands), std::end(kCommands),
                             [](const KnownCommand& a, const KnownCommand& b) {
                               return a.number < b.number;
                             }));

bool is_letter(char c) {
  return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

const KnownCommand* find_command(std::string_view name) {
  const std::uint32_t wanted = as_number(name);
  const auto* const found =
      std::lower_bound(std::begin(kCommands), std::end(kCommands), wanted,
                       [](const KnownCommand& c, std::uint32_t n) { return c.number < n; });
  return found != std::end(kCommands) && found->number == wanted ? found : nullptr;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// RFC 854: IAC and a command, of two bytes as far as they come here.
std::string_view without_telnet_signs(std::string_view line) {
  while (line.size() >= 2 && line[0] == '\xff' && line[1] != '\xff') line.remove_prefix(2);
  return line;
}

std::optional<DataAddress> six_numbers(std::string_view text) {
  std::array<std::uint8_t, 6> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = parse_number<std::uint8_t>(text.substr(0, digits));
    if (!number) return std::nullopt;
    numbers[i] = *number;
    text.remove_prefix(digits);
    if (i + 1 == numbers.size()) break;
    if (!text.starts_with(',')) return std::nullopt;
    text.remove_prefix(1);
  }
  return DataAddress{.address = IpAddress::from(Bytes(numbers).first(4)),
                     .port = static_cast<std::uint16_t>(numbers[4] << 8U | numbers[5])};
}

// RFC 2428 2: 1 is IPv4, 2 IPv6.
IpAddress extended_address(std::string_view family, std::string_view text) {
  std::array<std::uint8_t, 16> bytes{};
  const std::string terminated(text);
  if (family == "1" && inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1)
    return IpAddress::from(Bytes(bytes).first(4));
  if (family == "2" && inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1)
    return IpAddress::from(bytes);
  return {};
}

std::optional<DataAddress> extended(std::string_view text) {
  if (text.empty() || is_digit(text.front())) return std::nullopt;
  const char bar = text.front();
  text.remove_prefix(1);
  const std::string_view family = cut(text, bar), address = cut(text, bar);
  const auto port = parse_number<std::uint16_t>(text.substr(0, text.find(bar)));
  if (!port || *port == 0) return std::nullopt;
  return DataAddress{.address = extended_address(family, address), .port = *port};
}

}  // namespace

bool is_known_command(std::string_view name) {
  return find_command(name) != nullptr;
}

Command parse_command(std::string_view line) {
  line = without_telnet_signs(line);
  const std::size_t size = std::min(line.find(' '), line.size());
  const std::string_view name = line.substr(0, size);
  if (size == 0 || size > kMaxCommandName || !std::all_of(name.begin(), name.end(), is_letter))
    return {.data = line};
  Command out{.name = name, .data = line.substr(std::min(size + 1, line.size()))};
  if (const KnownCommand* known = find_command(name)) {
    out.name = known->name;
    out.kind = known->kind;
  }
  return out;
}

ReplyLine parse_reply_line(std::string_view line) {
  if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, is_digit)) return {.text = line};
  const bool sign = line.size() == 3 || line[3] == ' ' || line[3] == '-';
  if (!sign) return {.text = line};
  return {.code = line.substr(0, 3),
          .text = line.substr(std::min<std::size_t>(4, line.size())),
          .continues = line.size() > 3 && line[3] == '-'};
}

std::optional<DataAddress> find_port_numbers(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_digit(text[at]) || (at > 0 && is_digit(text[at - 1]))) continue;
    if (const auto found = six_numbers(text.substr(at))) return found->port != 0 ? found : std::nullopt;
  }
  return std::nullopt;
}

std::optional<DataAddress> parse_extended_port(std::string_view text) {
  return extended(trim(text));
}

std::optional<DataAddress> find_extended_passive(std::string_view text) {
  const std::size_t open = text.find('(');
  return open == std::string_view::npos ? std::nullopt : extended(text.substr(open + 1));
}

}  // namespace weir::ftp
