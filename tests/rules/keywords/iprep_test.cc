// iprep: scores of addresses.
#include <doctest/doctest.h>

#include <string>

#include "rules/load/record_use.h"
#include "rules/load/reputation_files.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;

namespace {

RuleEnvironment with_lists() {
  auto table = std::make_shared<IpReputation>();
  REQUIRE(read_reputation_categories("1,bad,\n2,empty,\n", "categories", *table).empty());
  REQUIRE(read_reputations("10.0.0.1,1,50\n10.0.0.0/8,1,0\n2001:db8::/32,1,127\n", "list", *table).empty());
  RuleEnvironment out;
  out.reputation = std::move(table);
  return out;
}

test::One load(const std::string& options) {
  RuleEnvironment environment = with_lists();
  return test::load("alert ip any any -> any any (" + options + " sid:1;)", environment);
}

bool holds(const std::string& argument, const char* source, const char* destination) {
  const auto one = load("iprep:" + argument + ";");
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  Packet p;
  p.ip.source = weir::parse_address(source).value();
  p.ip.destination = weir::parse_address(destination).value();
  p.ip.version = p.ip.source.family;
  return test::packet_checks_hold(*one.signature, {.packet = p});
}

}  // namespace

TEST_CASE("iprep: operators compare the score of a listed address") {
  struct Row {
    const char *condition, *source;
    bool match;
  };
  for (const Row& row : {Row{">,49", "10.0.0.1", true},       Row{">,50", "10.0.0.1", false},
                         Row{">=,50", "10.0.0.1", true},      Row{">=,51", "10.0.0.1", false},
                         Row{"=,50", "10.0.0.1", true},       Row{"=,0", "10.0.0.1", false},
                         Row{"<,51", "10.0.0.1", true},       Row{"<,50", "10.0.0.1", false},
                         Row{"<=,50", "10.0.0.1", true},      Row{"<=,49", "10.0.0.1", false},
                         Row{"isset", "10.0.0.1", true},      Row{"isnotset", "10.0.0.1", false},
                         Row{"=,0", "10.9.0.1", true},        Row{">=,0", "10.9.0.1", true},
                         Row{"isset", "10.9.0.1", true},      Row{"isnotset", "10.9.0.1", false},
                         Row{"<,127", "192.0.2.1", false},    Row{">=,0", "192.0.2.1", false},
                         Row{"isset", "192.0.2.1", false},    Row{"isnotset", "192.0.2.1", true},
                         Row{"=,127", "2001:db8::1", true},   Row{"isset", "2001:db9::1", false},
                         Row{"isnotset", "2001:db9::1", true}}) {
    CAPTURE(row.condition);
    CAPTURE(row.source);
    CHECK(holds(std::string("src,bad,") + row.condition, row.source, "192.0.2.200") == row.match);
  }
  CHECK(holds("src,empty,isnotset", "10.0.0.1", "192.0.2.200"));
}

TEST_CASE("iprep: the side says which of the addresses are meant") {
  struct Row {
    const char* side;
    bool both, first, second, none;
  };
  for (const Row& row : {Row{"src", true, true, false, false}, Row{"dst", true, false, true, false},
                         Row{"any", true, true, true, false}, Row{"both", true, false, false, false}}) {
    CAPTURE(row.side);
    const std::string argument = std::string(row.side) + " , bad, > , 10";
    CHECK(holds(argument, "10.0.0.1", "10.0.0.1") == row.both);
    CHECK(holds(argument, "10.0.0.1", "192.0.2.1") == row.first);
    CHECK(holds(argument, "192.0.2.1", "10.0.0.1") == row.second);
    CHECK(holds(argument, "192.0.2.1", "192.0.2.2") == row.none);
  }
}

TEST_CASE("iprep: what cannot be read is refused with the text that is wrong") {
  struct Row {
    const char *options, *error;
  };
  for (const Row& row :
       {Row{"iprep:src,bad;", "iprep: needs a side, a category and an operator (src,bad)"},
        Row{"iprep:left,bad,>,1;", "iprep: the side is any, src, dst or both (left)"},
        Row{"iprep:src,Bad,>,1;", "iprep: reputation-categories-file has no category of this name (Bad)"},
        Row{"iprep:src,bad,!=,1;", "iprep: the operator is <, <=, =, >=, >, isset or isnotset (!=)"},
        Row{"iprep:src,bad,>,128;", "iprep: a score is a number from 0 to 127 (128)"},
        Row{"iprep:src,bad,>,-1;", "iprep: a score is a number from 0 to 127 (-1)"},
        Row{"iprep:src,bad,>;", "iprep: needs one score behind the operator (src,bad,>)"},
        Row{"iprep:src,bad,>,1,2;", "iprep: needs one score behind the operator (src,bad,>,1,2)"},
        Row{"iprep:src,bad,isset,1;", "iprep: takes no score (src,bad,isset,1)"}}) {
    CAPTURE(row.options);
    const auto one = load(row.options);
    CHECK(one.signature == nullptr);
    CHECK(one.error == row.error);
  }
  CHECK(test::with_options("iprep:src,bad,>,1;").signature == nullptr);  // without categories
}

TEST_CASE("iprep: a rule with it is made anew at a reload, and can match on records") {
  const auto one = load("iprep:any,bad,isset;");
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  CHECK(one.signature->has_outside_parts);
  CHECK(why_not_on_records(*one.signature).empty());
}
