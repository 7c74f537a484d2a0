// Numbers of DNS and their names, as EVE and rules spell them (IANA "Domain Name System (DNS) Parameters").
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "decoders/number_name.h"

namespace weir::dns {

enum RecordType : std::uint16_t {
  type_a = 1,
  type_ns = 2,
  type_cname = 5,
  type_soa = 6,
  type_null = 10,
  type_ptr = 12,
  type_mx = 15,
  type_txt = 16,
  type_aaaa = 28,
  type_srv = 33,
  type_opt = 41,
  type_sshfp = 44
};

// "AAAA"; empty for a number without a name here.
std::string_view type_name(std::uint16_t type);
// Takes any case; none for a name that is not known.
std::optional<std::uint16_t> type_by_name(std::string_view name);
// "NXDOMAIN"; empty for an unassigned one.
std::string_view rcode_name(std::uint16_t rcode);

// Everything that type_name and rcode_name know, for keywords that take words.
std::span<const NumberName> all_types();
std::span<const NumberName> all_rcodes();

}  // namespace weir::dns
