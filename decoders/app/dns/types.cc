#include "decoders/app/dns/types.h"

#include <algorithm>
#include <array>

#include "decoders/text.h"

namespace weir::dns {
namespace {

constexpr NumberName kTypes[] = {
    {1, "A"},      {2, "NS"},     {3, "MD"},      {4, "MF"},       {5, "CNAME"},    {6, "SOA"},
    {7, "MB"},     {8, "MG"},     {9, "MR"},      {10, "NULL"},    {11, "WKS"},     {12, "PTR"},
    {13, "HINFO"}, {14, "MINFO"}, {15, "MX"},     {16, "TXT"},     {17, "RP"},      {18, "AFSDB"},
    {19, "X25"},   {20, "ISDN"},  {21, "RT"},     {22, "NSAP"},    {23, "NSAPPTR"}, {24, "SIG"},
    {25, "KEY"},   {26, "PX"},    {27, "GPOS"},   {28, "AAAA"},    {29, "LOC"},     {30, "NXT"},
    {33, "SRV"},   {34, "ATMA"},  {35, "NAPTR"},  {36, "KX"},      {37, "CERT"},    {38, "A6"},
    {39, "DNAME"}, {41, "OPT"},   {42, "APL"},    {43, "DS"},      {44, "SSHFP"},   {45, "IPSECKEY"},
    {46, "RRSIG"}, {47, "NSEC"},  {48, "DNSKEY"}, {49, "DHCID"},   {50, "NSEC3"},   {51, "NSEC3PARAM"},
    {52, "TLSA"},  {55, "HIP"},   {59, "CDS"},    {60, "CDNSKEY"}, {64, "SVCB"},    {65, "HTTPS"},
    {99, "SPF"},   {249, "TKEY"}, {250, "TSIG"},  {254, "MAILA"},  {255, "ANY"},    {256, "URI"},
};

constexpr NumberName kRcodes[] = {
    {0, "NOERROR"},  {1, "FORMERR"},  {2, "SERVFAIL"}, {3, "NXDOMAIN"}, {4, "NOTIMP"},   {5, "REFUSED"},
    {6, "YXDOMAIN"}, {7, "YXRRSET"},  {8, "NXRRSET"},  {9, "NOTAUTH"},  {10, "NOTZONE"}, {16, "BADVERS"},
    {17, "BADKEY"},  {18, "BADTIME"}, {19, "BADMODE"}, {20, "BADNAME"}, {21, "BADALG"},  {22, "BADTRUNC"},
};

}  // namespace

std::string_view type_name(std::uint16_t type) {
  return name_in_sorted(kTypes, type);
}
std::string_view rcode_name(std::uint16_t rcode) {
  return name_in_sorted(kRcodes, rcode);
}
std::span<const NumberName> all_types() {
  return kTypes;
}
std::span<const NumberName> all_rcodes() {
  return kRcodes;
}

std::optional<std::uint16_t> type_by_name(std::string_view name) {
  const auto at = std::find_if(std::begin(kTypes), std::end(kTypes),
                               [name](const NumberName& row) { return equals_nocase(row.name, name); });
  if (at == std::end(kTypes)) return std::nullopt;
  return static_cast<std::uint16_t>(at->number);
}

}  // namespace weir::dns
