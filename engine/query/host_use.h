// Who asked what of a host, and got answers: of each client, and of each of its services.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/ip_network.h"
#include "engine/query/question.h"

namespace weir::engine {

inline constexpr std::size_t kMaxUses =
    1'000'000;                                     // clients and services; conversations of more are left out
inline constexpr std::size_t kMaxUseStarts = 256;  // times of attempts that are kept of each
inline constexpr std::size_t kScannedPorts = 10;   // an address that knocks at so many is a scanner
inline constexpr std::size_t kMonitorAttempts = 5;  // fewer do not show a beat

// What a client wanted of a service, and got.
struct Use {
  std::uint64_t answered = 0, unanswered = 0, refused = 0;  // flows; refused ones are unanswered, too
  std::uint64_t bytes = 0;                                  // of the answered ones, both ways
  TimeUs first = 0, last = 0;                               // of all of them
  TimeUs last_answered = 0;                                 // end of the last answered one
  std::vector<TimeUs> starts;  // of attempts, as long as none was answered; in no order
};

struct Service {
  std::uint8_t protocol = 0;
  std::uint16_t port = 0;
  auto operator<=>(const Service&) const = default;
};
// "tcp/443"; "gre" where there are no ports.
std::string service_text(const Service& service);

// An address that asked, and what for.
using Uses = std::map<Service, Use>;
using Clients = std::map<IpAddress, Uses>;

enum class Knock : std::uint8_t { none, scanner, monitor };
// What an address that got no answer looks like: a scanner (many ports), or a monitor (attempts in equal intervals).
struct Knocker {
  Knock kind = Knock::none;
  TimeUs interval = 0;  // of a monitor, microseconds
  std::uint64_t attempts = 0, refused = 0;
  TimeUs last = 0;
};
Knocker knocker_of(const Uses& uses);

// The clients of each host of the network that was asked for something, in the window of the call. Reads.
tl::expected<std::map<IpAddress, Clients>, std::string> uses_of(QuestionCall& call, const IpNetwork& hosts);

}  // namespace weir::engine
