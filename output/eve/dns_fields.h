// Parts of a DNS message that the dns and mdns events and alerts share.
#pragma once

#include <cstdint>
#include <string_view>

#include "decoders/app/dns/message.h"
#include "output/json_writer.h"

namespace weir::output {

// "rrname" (and "rrname_truncated" when only its start was kept).
void write_rrname(JsonWriter& out, const dns::Message& m, const dns::Name& name);
// "AAAA", or the number for a type without a name. `digits` is scratch for the number.
std::string_view rrtype_text(std::uint16_t type, char (&digits)[8]);

// An IPv4 address as 192.0.2.1, an IPv6 one as eight groups of four digits; empty for bytes that are neither.
// The view is into `buffer`.
std::string_view address_text(std::string_view raw, char (&buffer)[40]);

// "flags", "qr", "aa", "tc", "rd", "ra", "z": the header bits, each only when it is set.
void write_flags(JsonWriter& out, const dns::Header& header);
// "rcode": its name, or the number for an unassigned one.
void write_rcode(JsonWriter& out, const dns::Header& header);

// EVE knows rrname_truncated and rdata_truncated among authorities only, EDNS options among additionals.
enum class Section : std::uint8_t { answers, authorities, additionals };
// An array of records under `key`; nothing when there are none.
void write_records(JsonWriter& out, JsonKey key, const dns::Message& m,
                   const SlabVector<dns::Record>& records, Section section);
// "grouped": the data of all answers, one array per type; nothing when there are no answers.
void write_grouped(JsonWriter& out, const dns::Message& m);

}  // namespace weir::output
