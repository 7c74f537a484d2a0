#include <doctest/doctest.h>

#include "decoders/app/smb/transaction.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;
using smb::SmbTransaction;

namespace {

constexpr Direction kAsks = Direction::to_server;

rules::test::One load_smb(const std::string& options) {
  return rules::test::load("alert smb any any -> any any (" + options + " sid:1;)");
}

std::vector<std::string> smb_values(const std::string& buffer, const Transaction& tx) {
  const rules::test::One rule = load_smb(buffer + "; content:\"x\";");
  REQUIRE(rule.error == "");
  return rules::test::buffer_values(*rule.signature, tx, kAsks);
}

bool smb_holds(const std::string& options, const Transaction& tx) {
  const rules::test::One rule = load_smb(options);
  REQUIRE(rule.error == "");
  return rule.signature->tx_checks.at(0).check->matches(tx, kAsks);
}

}  // namespace

TEST_CASE("smb keywords: a tree is a share until its answer says that it is one of pipes") {
  SmbTransaction tx(0, smb::Version::smb2, 3);
  tx.content = smb::TreeConnect{.share = "\\\\h\\IPC$", .is_pipe = true};
  const std::vector<std::string> path{"\\\\h\\IPC$"};
  CHECK(smb_values("smb.share", tx) == path);
  CHECK(smb_values("smb.named_pipe", tx) == path);
  CHECK(smb_values("smb_named_pipe", tx) == path);
  std::get<smb::TreeConnect>(tx.content).share_type = 2;
  CHECK(smb_values("smb.share", tx).empty());
  CHECK(smb_values("smb_named_pipe", tx) == path);
  tx.content = smb::TreeConnect{.share = "\\\\h\\s", .granted_service = "A:"};
  CHECK(smb_values("smb_share", tx) == std::vector<std::string>{"\\\\h\\s"});
  CHECK(smb_values("smb.named_pipe", tx).empty());
  tx.content = smb::Create{.name = "x"};
  CHECK(smb_values("smb.share", tx).empty());
}

TEST_CASE("smb keywords: who logs in, by NTLM") {
  SmbTransaction tx(0, smb::Version::smb2, 1);
  smb::SessionSetup about;
  tx.content = about;
  CHECK(smb_values("smb.ntlmssp_user", tx).empty());
  about.ntlmssp = ntlmssp::Authenticate{.domain = "DOM", .user = "me", .host = "PC", .version = {}};
  tx.content = about;
  CHECK(smb_values("smb.ntlmssp_user", tx) == std::vector<std::string>{"me"});
  CHECK(smb_values("smb.ntlmssp_domain", tx) == std::vector<std::string>{"DOM"});
}

TEST_CASE("smb keywords: the version of a message") {
  const SmbTransaction one(0, smb::Version::smb1, 3), two(1, smb::Version::smb2, 3);
  SmbTransaction none(2, smb::Version::smb2, 3);
  none.is_nameless = true;
  CHECK(smb_holds("smb.version:1;", one));
  CHECK_FALSE(smb_holds("smb.version:1;", two));
  CHECK(smb_holds("smb.version:>1;", two));
  CHECK_FALSE(smb_holds("smb.version:2;", none));
}

TEST_CASE("smb keywords: calls over pipes are calls of DCE/RPC") {
  SmbTransaction tx(0, smb::Version::smb2, 9);
  tx.content = smb::PipeCall{Direction::to_server};
  dcerpc::Call& call = std::get<smb::PipeCall>(tx.content).call;
  call.request().type = dcerpc::PduType::request;
  call.request().fragments = 1;
  call.request().stub = "stub";
  call.opnum = 15;
  CHECK(smb_holds("dcerpc.opnum:10-20;", tx));
  CHECK_FALSE(smb_holds("dcerpc.opnum:16;", tx));
  CHECK(smb_values("dcerpc.stub_data", tx).at(0) == "stub");
  CHECK_FALSE(smb_holds("dcerpc.opnum:15;", SmbTransaction(1, smb::Version::smb2, 9)));
}

TEST_CASE("smb keywords: rules that cannot hold are refused") {
  for (const char* wrong :
       {"flow:to_client; smb.share; content:\"x\";", "smb.version:x;", "smb.version:256;", "smb.version;"}) {
    CAPTURE(wrong);
    CHECK(load_smb(wrong).error != "");
  }
}
