#include <doctest/doctest.h>

#include "decoders/app/nfs/transaction.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;
using nfs::NfsTransaction;

namespace {

rules::test::One load_nfs(const std::string& options) {
  return rules::test::load("alert nfs any any -> any any (" + options + " sid:1;)");
}

bool nfs_holds(const std::string& options, std::uint32_t version, std::uint32_t procedure,
               std::uint32_t program = nfs::kNfsProgram) {
  const rules::test::One rule = load_nfs(options);
  REQUIRE(rule.error == "");
  NfsTransaction tx(0);
  tx.version = version;
  tx.procedure = procedure;
  tx.program = program;
  return rule.signature->tx_checks.at(0).check->matches(tx, Direction::to_server);
}

}  // namespace

TEST_CASE("nfs keywords: a procedure by number, in every form; ranges include their ends") {
  for (const char* holds : {"5", "=5", "!4", "<6", "<=5", ">4", ">=5", "5-9", "1-5", "4<>5", "0x5"}) {
    CAPTURE(holds);
    CHECK(nfs_holds("nfs_procedure:" + std::string(holds) + ";", 3, 5));
  }
  for (const char* not_so : {"4", "!5", "<5", ">5", "6-9", "1<>4", " 6 - 9 "}) {
    CAPTURE(not_so);
    CHECK_FALSE(nfs_holds("nfs_procedure:" + std::string(not_so) + ";", 3, 5));
  }
}

TEST_CASE("nfs keywords: a procedure by name is that of each version") {
  CHECK(nfs_holds("nfs_procedure:getattr;", 2, 1));
  CHECK(nfs_holds("nfs_procedure:getattr;", 3, 1));
  CHECK(nfs_holds("nfs_procedure:GETATTR;", 4, 9));
  CHECK_FALSE(nfs_holds("nfs_procedure:getattr;", 4, 1));
  CHECK(nfs_holds("nfs_procedure:STATFS;", 2, 17));
  CHECK_FALSE(nfs_holds("nfs_procedure:STATFS;", 3, 17));
  CHECK(nfs_holds("nfs_procedure:!STATFS;", 3, 17));
  CHECK_FALSE(nfs_holds("nfs_procedure:! statfs;", 2, 17));
}

TEST_CASE("nfs keywords: the numbers of access lists are none of NFS") {
  CHECK_FALSE(nfs_holds("nfs_procedure:getattr;", 3, 1, nfs::kNfsAclProgram));
  CHECK_FALSE(nfs_holds("nfs_procedure:1;", 3, 1, nfs::kNfsAclProgram));
  CHECK(nfs_holds("nfs_procedure:null;", 3, 0, nfs::kNfsAclProgram));
}

TEST_CASE("nfs keywords: the version, by both names") {
  CHECK(nfs_holds("nfs.version:3;", 3, 5));
  CHECK(nfs_holds("nfs_version:3-4;", 3, 5));
  CHECK_FALSE(nfs_holds("nfs.version:>3;", 3, 5));
  CHECK(nfs_holds("nfs.version:!2;", 3, 5));
}

TEST_CASE("nfs keywords: an event without a call has neither") {
  const rules::test::One rule = load_nfs("nfs.version:<9; nfs_procedure:<9;");
  REQUIRE(rule.error == "");
  NfsTransaction tx(0);
  tx.is_nameless = true;
  REQUIRE(rule.signature->tx_checks.size() == 2);
  for (const auto& check : rule.signature->tx_checks)
    CHECK_FALSE(check.check->matches(tx, Direction::to_server));
}

TEST_CASE("nfs keywords: rules that cannot hold are refused") {
  for (const char* wrong :
       {"nfs_procedure:nosuch;", "nfs_procedure;", "nfs_procedure:9-5;", "nfs_procedure:4-4;",
        "nfs_procedure:5000000000;", "nfs.version:x;", "nfs.version:3-;", "nfs.version:-3;"}) {
    CAPTURE(wrong);
    CHECK(load_nfs(wrong).error != "");
  }
}
