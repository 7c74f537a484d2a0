// The line that each side of an SSH connection opens with (RFC 4253 4.2):
//
//   SSH-protoversion-softwareversion SP comments CR LF
#pragma once

#include <optional>
#include <string_view>

#include "decoders/types.h"

namespace weir::ssh {

// Views into the line. None is longer than the line, the first two are never empty.
struct Banner {
  std::string_view protocol;  // "2.0", "1.99"
  std::string_view software;  // "OpenSSH_9.2p1"
  std::string_view comments;  // "Debian-2+deb12u3"; empty when there are none
};

// `line` is without its end. None: it is no banner. Linear.
std::optional<Banner> parse_banner(Bytes line);

// SSH 1.x and nothing later: "1.99" stands for a server that speaks both (RFC 4253 5.1).
constexpr bool is_version_1(std::string_view protocol) {
  return protocol.starts_with("1.") && protocol != "1.99";
}

}  // namespace weir::ssh
