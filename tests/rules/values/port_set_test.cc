#include "rules/values/port_set.h"

#include <string>

#include <doctest/doctest.h>

#include "rules/load/header_sets.h"

using namespace weir::rules;

namespace {

const VariableTexts kVariables{{"HTTP_PORTS", "[80,8080]"},
                               {"SHELLCODE_PORTS", "!80"},
                               {"FILE_DATA_PORTS", "[$HTTP_PORTS,110,143]"},
                               {"SSH", "22"}};

}  // namespace

TEST_CASE("port set: lists hold what they say") {
  struct Row {
    std::string_view text;
    std::uint16_t port;
    bool expected;
  };
  constexpr Row kRows[] = {
      {"any", 0, true},
      {"80", 80, true},
      {"80", 81, false},
      {"0", 0, true},
      {"1024:", 65535, true},
      {"1024:", 1023, false},
      {":1024", 0, true},
      {":1024", 1025, false},
      {"6666:7000", 6666, true},
      {"6666:7000", 7001, false},
      {"!80", 80, false},
      {"!80", 0, true},
      {"!6666:7000", 6800, false},
      {"[80,443]", 443, true},
      {"[5060, 5061]", 5061, true},
      {"[80:100,!90]", 90, false},
      {"[80:100,!90]", 91, true},
      {"![445,139]", 445, false},
      {"![445,139]", 80, true},
      {"[!3389,1024:65535]", 3389, false},
      {"[!3389,1024:65535]", 80, false},
      {"$HTTP_PORTS", 8080, true},
      {"!$HTTP_PORTS", 8080, false},
      {"[!$HTTP_PORTS,!445,!22]", 22, false},
      {"[!$HTTP_PORTS,!445,!22]", 23, true},
      {"[!$HTTP_PORTS,1024:]", 8080, false},
      {"[!$HTTP_PORTS,1024:]", 9000, true},
      {"$FILE_DATA_PORTS", 143, true},
      {"$SHELLCODE_PORTS", 80, false},
      {"!$SHELLCODE_PORTS", 80, true},
      {"[0:20,22:24]", 21, false},
  };
  HeaderSets sets({}, kVariables);
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    CAPTURE(row.port);
    const auto set = sets.ports.read(row.text);
    REQUIRE_MESSAGE(set.has_value(), set.error().reason);
    CHECK((*set)->contains(row.port) == row.expected);
  }
}

TEST_CASE("port set: what is no port is refused") {
  HeaderSets sets({}, kVariables);
  for (const std::string_view bad :
       {"", "!any", "65536", "-1", "http", ":", "80:70", "80:65536", "80,", "[80", "80]", "[]", "![0:65535]",
        "80:90:100", "$UNKNOWN", "80 443", "0x50", "1.5", "!!80"}) {
    CAPTURE(bad);
    CHECK_FALSE(sets.ports.read(bad).has_value());
  }
}

TEST_CASE("port set: the whole space is any") {
  HeaderSets sets({}, kVariables);
  CHECK(*sets.ports.read("0:65535") == PortSet::shared_any());
}
