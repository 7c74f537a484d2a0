#include <cstdlib>
#include <ctime>
#include <string>

#include <doctest/doctest.h>

#include "output/community_id.h"
#include "output/net_text.h"
#include "output/timestamp.h"

using namespace weir;
using namespace weir::output;

namespace {

void use_zone(const char* zone) {
  ::setenv("TZ", zone, 1);
  ::tzset();
}

std::string iso(TimestampFormatter& f, TimeUs time) {
  std::string text(TimestampFormatter::kIsoBytes, '\0');
  f.iso(time, text.data());
  return text;
}

IpAddress v6(std::array<std::uint8_t, 16> bytes) {
  return IpAddress::from(bytes);
}

}  // namespace

TEST_CASE("timestamps: the process's zone is used, summer time and half hours included") {
  struct Row {
    const char* zone;
    TimeUs time;
    std::string_view text;
  };
  for (const Row& row :
       {Row{"UTC", 1'468'449'727'199'672, "2016-07-13T22:42:07.199672+0000"},
        Row{"UTC", 0, "1970-01-01T00:00:00.000000+0000"},
        Row{"UTC", 951'782'400'000'001, "2000-02-29T00:00:00.000001+0000"},
        Row{"UTC", -5, "1970-01-01T00:00:00.000000+0000"},
        Row{"CET-1CEST,M3.5.0,M10.5.0/3", 1'468'449'727'199'672, "2016-07-14T00:42:07.199672+0200"},
        Row{"CET-1CEST,M3.5.0,M10.5.0/3", 1'459'039'999'000'000, "2016-03-27T01:53:19.000000+0100"},
        Row{"<+0545>-5:45", 1'468'449'727'000'000, "2016-07-14T04:27:07.000000+0545"},
        Row{"EST5", 1'468'449'727'000'000, "2016-07-13T17:42:07.000000-0500"}}) {
    use_zone(row.zone);
    TimestampFormatter f;
    CHECK(iso(f, row.time) == row.text);
  }
  use_zone("UTC");
}

TEST_CASE("timestamps: one formatter jumps between times and never leaves four-digit years") {
  use_zone("CET-1CEST,M3.5.0,M10.5.0/3");
  TimestampFormatter f;
  CHECK(iso(f, 1'459'040'399'000'000) == "2016-03-27T01:59:59.000000+0100");
  CHECK(iso(f, 1'459'040'400'000'000) == "2016-03-27T03:00:00.000000+0200");
  CHECK(iso(f, 1'459'040'399'000'000) == "2016-03-27T01:59:59.000000+0100");
  CHECK(iso(f, std::numeric_limits<TimeUs>::max()).substr(0, 4) == "9999");
  CHECK(iso(f, std::numeric_limits<TimeUs>::min()).substr(0, 4) == "1970");
  use_zone("UTC");
  std::string fast(TimestampFormatter::kFastBytes, '\0');
  TimestampFormatter g;
  g.fast(1'468'449'727'199'672, fast.data());
  CHECK(fast == "07/13/2016-22:42:07.199672");
}

TEST_CASE("addresses and protocols are printed as EVE spells them") {
  CHECK(AddressText(IpAddress::v4(0xff00010a)).view() == "255.0.1.10");
  CHECK(AddressText(v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})).view() ==
        "2001:0db8:0000:0000:0000:0000:0000:0001");
  CHECK(AddressText(IpAddress{}).view().empty());
  CHECK(ip_protocol_name(6) == "TCP");
  CHECK(ip_protocol_name(58) == "IPv6-ICMP");
  CHECK(ip_protocol_name(253) == "253");
  CHECK(ip_protocol_name(61) == "061");
}

TEST_CASE("community id: agrees with the examples of its specification, from both sides") {
  struct Row {
    std::uint32_t source, destination;
    std::uint8_t protocol;
    std::uint16_t source_port, destination_port;
    std::string_view id;
  };
  CommunityId ids{0};
  for (const Row& row : {Row{0x80e86e78, 0x4223facc, 6, 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
                         Row{0xc0a80134, 0x08080808, 17, 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="}}) {
    CommunityTuple there{
        IpAddress::v4(row.source), IpAddress::v4(row.destination), row.protocol, true, row.source_port,
        row.destination_port};
    CommunityTuple back{there.destination,    there.source,   row.protocol, true,
                        row.destination_port, row.source_port};
    CHECK(ids.of(there) == row.id);
    CHECK(ids.of(back) == row.id);
  }
}

TEST_CASE("community id: an echo and its reply share one, other messages do not swap") {
  CommunityId ids{0};
  const IpAddress a = IpAddress::v4(0xc0a80059), b = IpAddress::v4(0xc0a80001);
  const CommunityTuple echo{a, b, 1, false, 0, 0, true, 8, 0}, reply{b, a, 1, false, 0, 0, true, 0, 0};
  CHECK(ids.of(echo) == "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
  CHECK(ids.of(reply) == "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
  const CommunityTuple there{a, b, 1, false, 0, 0, true, 3, 1}, back{b, a, 1, false, 0, 0, true, 3, 1};
  const std::string first{ids.of(there)};
  CHECK(first != ids.of(back));
  CommunityId seeded{1};
  CHECK(seeded.of(echo) != "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
}
