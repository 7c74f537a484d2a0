#include "decoders/flow/own_elements.h"

#include <algorithm>
#include <array>
#include <limits>

#include "decoders/flow/field_value.h"

namespace weir::flow {
namespace {

constexpr std::uint8_t kMostVerdict = 2;

struct Row {
  bool is_there = false, is_of_side = false;
  DataType type = DataType::octetArray;
};

constexpr auto kRows = [] {
  std::array<Row, kOwnReverse> out{};
#define FLOW(number, bytes, lvalue) out[number] = {true, false, DataType::unsigned64};
#define FLOW_TEXT(number, member) out[number] = {true, false, DataType::string};
#define SIDE(number, bytes, member) out[number] = {true, true, DataType::unsigned64};
#define SIDE_TEXT(number, member) out[number] = {true, true, DataType::string};
#include "decoders/flow/own_elements.def"
#undef FLOW
#undef FLOW_TEXT
#undef SIDE
#undef SIDE_TEXT
  out[kOwnTunnelSource] = out[kOwnTunnelDestination] = {true, false, DataType::ipv6Address};
  out[kOwnTunnelId] = {true, false, DataType::unsigned64};
  out[kOwnTunnelKind] = {true, false, DataType::string};
  return out;
}();

template <class T>
void assign_own(T& to, std::uint64_t number) {
  to = static_cast<T>(std::min<std::uint64_t>(number, std::numeric_limits<T>::max()));
}
void assign_own(InitiatorBy& to, std::uint64_t number) {
  if (number <= static_cast<std::uint64_t>(InitiatorBy::first_packet)) to = static_cast<InitiatorBy>(number);
}

// Of IPv4 as they are mapped into IPv6; none is zeros.
IpAddress unmapped(Bytes value) {
  constexpr std::size_t kPrefix = 12;
  if (std::all_of(value.begin(), value.end(), [](std::uint8_t byte) { return byte == 0; })) return {};
  const bool is_v4 =
      std::all_of(value.begin(), value.begin() + 10, [](std::uint8_t byte) { return byte == 0; }) &&
      value[10] == 0xff && value[11] == 0xff;
  return IpAddress::from(is_v4 ? value.subspan(kPrefix) : value);
}

void read_tunnel(std::uint8_t number, Bytes value, Detail& d) {
  constexpr std::size_t kAddressBytes = 16;
  switch (number) {
    case kOwnTunnelSource:
      if (value.size() == kAddressBytes) d.tunnel_source = unmapped(value);
      break;
    case kOwnTunnelDestination:
      if (value.size() == kAddressBytes) d.tunnel_destination = unmapped(value);
      break;
    case kOwnTunnelId: d.tunnel_id = to_number(value); break;
    case kOwnTunnelKind: d.tunnel_kind = to_text(value); break;
    default: break;
  }
}

}  // namespace

std::optional<OwnElement> find_own_element(std::uint16_t number) {
  const bool reverse = number >= kOwnReverse;
  if (reverse) number = static_cast<std::uint16_t>(number - kOwnReverse);
  if (number >= kRows.size()) return std::nullopt;
  const Row& row = kRows[number];
  if (!row.is_there || (reverse && !row.is_of_side)) return std::nullopt;
  return OwnElement{static_cast<std::uint8_t>(number), row.type, reverse};
}

void read_own_element(std::uint8_t number, std::size_t way, Bytes value, Record& r, Detail& d) {
  SideDetail& side = d.sides[way];
  switch (number) {
#define FLOW(number, bytes, lvalue)       \
  case number:                            \
    assign_own(lvalue, to_number(value)); \
    break;
#define FLOW_TEXT(number, member) \
  case number:                    \
    d.member = to_text(value);    \
    break;
#define SIDE(number, bytes, member) \
  case number: assign_own(side.member, to_number(value)); break;
// Bytes as they are: zeros may be among them.
#define SIDE_TEXT(number, member)                                              \
  case number:                                                                 \
    side.member = {reinterpret_cast<const char*>(value.data()), value.size()}; \
    break;
#include "decoders/flow/own_elements.def"
#undef FLOW
#undef FLOW_TEXT
#undef SIDE
#undef SIDE_TEXT
    default: read_tunnel(number, value, d); break;
  }
  if (d.verdict > kMostVerdict) d.verdict = 0;
}

}  // namespace weir::flow
