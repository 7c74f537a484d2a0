// Which of a packet's two addresses a condition is about.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "decoders/packet.h"

namespace weir::rules {

enum class Ends : std::uint8_t { any, source, destination, both };

// "src" or "source", "dst", "dest" or "destination", "both", "any"; none for another word.
inline std::optional<Ends> ends_of(std::string_view word) {
  if (word == "src" || word == "source") return Ends::source;
  if (word == "dst" || word == "dest" || word == "destination") return Ends::destination;
  if (word == "both") return Ends::both;
  if (word == "any") return Ends::any;
  return std::nullopt;
}

// fits(address) holds for those that are meant; for Ends::any, for one of the two.
template <class Fits>
bool holds_for(Ends ends, const IpHeader& ip, Fits fits) {
  switch (ends) {
    case Ends::source: return fits(ip.source);
    case Ends::destination: return fits(ip.destination);
    case Ends::both: return fits(ip.source) && fits(ip.destination);
    case Ends::any: return fits(ip.source) || fits(ip.destination);
  }
  return false;
}

}  // namespace weir::rules
