#include <doctest/doctest.h>

#include "decoders/app/dcerpc/transaction.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;

namespace {

constexpr std::string_view kInterface = "e1af8308-5d1f-11c9-91a4-08002b14a0fa";

rules::test::One load_dcerpc(const std::string& options, const std::string& protocol = "dcerpc") {
  return rules::test::load("alert " + protocol + " any any -> any any (" + options + " sid:1;)");
}

dcerpc::DcerpcTransaction& make_request(dcerpc::DcerpcTransaction& tx, std::uint16_t opnum,
                                        std::uint16_t version) {
  tx.call.opnum = opnum;
  tx.call.interface =
      dcerpc::Interface{.uuid = *dcerpc::parse_uuid(kInterface), .version = version, .result = {}};
  dcerpc::Part& request = tx.call.request();
  request.fragments = 1;
  request.first_seen = request.done = true;
  request.stub = "asked";
  tx.call.answer().stub = "told";
  return tx;
}

}  // namespace

TEST_CASE("dcerpc keywords: the interface of a call, and its version") {
  dcerpc::DcerpcTransaction call(0, Direction::to_server), late(1, Direction::to_server),
      none(2, Direction::to_server);
  make_request(call, 7, 3);
  make_request(late, 7, 3).call.request().first_seen = false;
  struct Row {
    const char* behind;
    bool call, late;
  };
  for (const Row& row : {Row{"", true, false}, Row{",any_frag", true, true}, Row{",>2", true, false},
                         Row{",<3", false, false}, Row{", !3", false, false}, Row{",!4,any_frag", true, true},
                         Row{",=3", true, false}, Row{",any_frag,=2", false, false}})
    for (const char* name : {"dcerpc.iface:", "dce_iface:"}) {
      const auto rule =
          load_dcerpc(name + std::string("E1AF8308-5d1f-11c9-91a4-08002b14a0fa") + row.behind + ";");
      CAPTURE(row.behind);
      REQUIRE(rule.error == "");
      const TxCheck& check = *rule.signature->tx_checks.at(0).check;
      CHECK(check.matches(call, Direction::to_server) == row.call);
      CHECK(check.matches(call, Direction::to_client) == row.call);
      CHECK(check.matches(late, Direction::to_server) == row.late);
      CHECK_FALSE(check.matches(none, Direction::to_server));
    }
  const auto other = load_dcerpc("dcerpc.iface:5d2b62aa-ee0a-4a95-91ae-b064fdb471fc;");
  CHECK_FALSE(other.signature->tx_checks.at(0).check->matches(call, Direction::to_server));
}

TEST_CASE("dcerpc keywords: operations by number, lists and ranges") {
  dcerpc::DcerpcTransaction call(0, Direction::to_server), none(1, Direction::to_server);
  make_request(call, 17, 3);
  struct Row {
    const char* numbers;
    bool matches;
  };
  for (const Row& row :
       {Row{"17", true}, Row{"16", false}, Row{"1,2, 17", true}, Row{"1,10-20", true}, Row{"17-18", true},
        Row{"16 - 17,3", true}, Row{"=17", true}, Row{">17", false}, Row{">=17", true}, Row{"!17", false}})
    for (const char* name : {"dcerpc.opnum:", "dce_opnum:"}) {
      CAPTURE(row.numbers);
      const auto rule = load_dcerpc(name + std::string(row.numbers) + ";");
      REQUIRE(rule.error == "");
      CHECK(rule.signature->tx_checks.at(0).check->matches(call, Direction::to_server) == row.matches);
      CHECK_FALSE(rule.signature->tx_checks.at(0).check->matches(none, Direction::to_server));
    }
}

TEST_CASE("dcerpc keywords: stub data of both sides, also in rules about SMB and TCP") {
  dcerpc::DcerpcTransaction call(0, Direction::to_server);
  make_request(call, 7, 3);
  for (const char* protocol : {"dcerpc", "smb", "tcp"})
    for (const char* name : {"dcerpc.stub_data", "dce_stub_data"}) {
      const auto rule = load_dcerpc(
          std::string("dce_opnum:7; ") + name + "; content:\"t\"; byte_test:4,>,1,0,dce;", protocol);
      REQUIRE(rule.error == "");
      CHECK(rules::test::buffer_values(*rule.signature, call, Direction::to_server).at(0) == "asked");
      CHECK(rules::test::buffer_values(*rule.signature, call, Direction::to_client).at(0) == "told");
    }
}

TEST_CASE("dcerpc keywords: what is refused") {
  for (const char* wrong : {"dcerpc.iface:x;", "dcerpc.iface:e1af8308-5d1f-11c9-91a4-08002b14a0fa,3;",
                            "dcerpc.iface:e1af8308-5d1f-11c9-91a4-08002b14a0fa,>65536;",
                            "dcerpc.iface:e1af8308-5d1f-11c9-91a4-08002b14a0fa,>1,<9;", "dcerpc.opnum:65536;",
                            "dcerpc.opnum:9-3;", "dcerpc.opnum:=x;", "dcerpc.opnum:1,,2;", "dcerpc.opnum:x;",
                            "content:\"1\"; byte_test:1,=,1,0,string,dec,dce;"}) {
    CAPTURE(wrong);
    CHECK(load_dcerpc(wrong).error != "");
  }
  CHECK(load_dcerpc("dcerpc.opnum:1;", "dns").error != "");
}
