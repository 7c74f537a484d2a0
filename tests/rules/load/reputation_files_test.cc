#include "rules/load/reputation_files.h"

#include <string>

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::rules;

namespace {

std::vector<std::string> texts(const ReputationProblems& problems) {
  std::vector<std::string> out;
  for (const RuleDiagnostic& d : problems) out.push_back(to_string(d));
  return out;
}

}  // namespace

TEST_CASE("reputation files: what is wrong costs its line, and is told with its place") {
  IpReputation table;
  const auto categories =
      texts(read_reputation_categories("# mine\n"
                                       "1,BadHosts,Known bad hosts, and more\r\n"
                                       "\n"
                                       " 2 , Google , Known google host\n"
                                       "0,Zero,no\n"
                                       "61,TooMany,no\n"
                                       "3,,no name\n"
                                       "2,Other,again\n"
                                       "60,Last",
                                       "cat", table));
  CHECK(categories ==
        std::vector<std::string>{
            "cat:5:1: error: reputation-categories-file: a category is a number from 1 to 60 (0)",
            "cat:6:1: error: reputation-categories-file: a category is a number from 1 to 60 (61)",
            "cat:7:3: error: reputation-categories-file: a category has a short name of 1 to 64 bytes",
            "cat:8:1: error: reputation-categories-file: a category of this number or name is there already "
            "(2,Other,again)"});
  CHECK(table.categories() == 3);
  CHECK(table.category("Google") == std::optional<std::uint8_t>(2));
  const auto lists =
      texts(read_reputations("192.0.2.1,1,101\r\n"
                             "192.0.2.0/24, 60, 0\n"
                             "192.0.2.0/33,1,5\n"
                             "host,1,5\n"
                             "192.0.2.2,x,5\n"
                             "192.0.2.2,1,128\n"
                             "192.0.2.2,1\n"
                             "192.0.2.2,1,5,6\n"
                             "192.0.2.2,7,5\n"
                             "#192.0.2.2,1,5\n"
                             "2001:db8::/32,2,127",
                             "list", table));
  CHECK(
      lists ==
      std::vector<std::string>{
          "list:3:1: error: reputation-files: the line does not begin with an address or a network, such as "
          "192.0.2.0/24 (192.0.2.0/33)",
          "list:4:1: error: reputation-files: the line does not begin with an address or a network, such as "
          "192.0.2.0/24 (host)",
          "list:5:11: error: reputation-files: a category is a number from 1 to 60 (x)",
          "list:6:13: error: reputation-files: a score is a number from 0 to 127 (128)",
          "list:7:12: error: reputation-files: a score is a number from 0 to 127",
          "list:8:13: error: reputation-files: a score is a number from 0 to 127 (5,6)",
          "list:9:11: warning: reputation-files: reputation-categories-file has no category of this number "
          "(7)"});
  CHECK(table.size() == 3);
  CHECK(table.score(*weir::parse_address("192.0.2.9"), 60) == std::optional<std::uint8_t>(0));
}

TEST_CASE("reputation files: of many wrong lines the first are told, then how many more there are") {
  IpReputation table;
  REQUIRE(table.name_category(1, "bad"));
  std::string text = "192.0.2.1,1,1\n";
  for (int i = 0; i < 25; ++i) text += "wrong\n";
  const ReputationProblems told = read_reputations(text + "192.0.2.2,1,1\n", "list", table);
  REQUIRE(told.size() == kMaxReputationProblems + 1);
  CHECK(to_string(told.back()) ==
        "list:22: error: reputation-files: this and later lines cannot be used: 5 more");
  CHECK(table.size() == 2);
}

TEST_CASE("reputation files: one that cannot be read is an error of the file") {
  IpReputation table;
  const ReputationProblems told = load_reputations("/nonexistent/bad.list", table);
  REQUIRE(told.size() == 1);
  CHECK(told[0].line == 0);
  CHECK_FALSE(told[0].is_warning());
  CHECK(told[0].file == "/nonexistent/bad.list");
}
