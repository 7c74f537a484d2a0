// Lines of an FTP control connection: commands, replies, and the addresses in them.
//
// Plain functions over one line without its end; what they give are views into it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "decoders/ip_address.h"

namespace weir::ftp {

enum class CommandKind : std::uint8_t {
  plain,
  transfer,          // of a file, over a data connection
  listing,           // of a folder, over a data connection
  port,              // the server is to open data connections to this address
  extended_port,     // the same, RFC 2428
  passive,           // the server is asked where to open data connections to
  extended_passive,  // the same, RFC 2428
  security           // AUTH
};

struct Command {
  std::string_view
      name;  // upper case when it is one of commands.def, else as sent; empty: this is no command
  std::string_view data;  // behind the blank that ends the name; of what is no command the whole line
  CommandKind kind = CommandKind::plain;
};

inline constexpr std::size_t kMaxCommandName = 16;

// Telnet's signs in front (RFC 959 appendix III: an interrupt before ABOR) are left out.
Command parse_command(std::string_view line);
// One of commands.def, whatever its case.
bool is_known_command(std::string_view name);

// One line of a reply.
struct ReplyLine {
  std::string_view code;   // three digits, or empty
  std::string_view text;   // behind them and the sign that follows; without a code the whole line
  bool continues = false;  // "123-": more lines follow, up to "123 "
};
ReplyLine parse_reply_line(std::string_view line);

// Where a data connection goes.
struct DataAddress {
  IpAddress address;  // family 0: it is not said, or of an unknown kind
  std::uint16_t port = 0;
};
// "h1,h2,h3,h4,p1,p2" somewhere in the text: PORT, 227.
std::optional<DataAddress> find_port_numbers(std::string_view text);
// "|1|10.0.0.1|6275|": EPRT; any sign may stand for the bars.
std::optional<DataAddress> parse_extended_port(std::string_view text);
// "(|||6446|)" somewhere in the text: 229.
std::optional<DataAddress> find_extended_passive(std::string_view text);

}  // namespace weir::ftp
