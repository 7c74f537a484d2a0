#include "output/community_id.h"

#include <doctest/doctest.h>

#include <string>

using namespace weir;
using namespace weir::output;

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
