#include <doctest/doctest.h>

#include "decoders/app/nfs/transaction.h"
#include "output/eve_tx.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;
using nfs::NfsTransaction;

namespace {

std::string nfs_event(const NfsTransaction& tx, bool in_alert = false) {
  const auto writer = eve_nfs.configure(FakeSettings{});
  JsonWriter out;
  {
    const auto event = out.object();
    if (in_alert)
      writer->write_in_alert(out, tx);
    else if (!writer->write(out, tx))
      return {};
  }
  return std::string(out.text());
}

}  // namespace

TEST_CASE("eve nfs: a call that was answered, and one that was not") {
  NfsTransaction tx(6);
  tx.xid = 77;
  tx.version = 3;
  tx.procedure = 14;
  tx.name = "old\"";
  CHECK(
      nfs_event(tx) ==
      R"({"rpc":{"xid":77,"auth_type":"NULL"},"nfs":{"version":3,"procedure":"RENAME","filename":"old\"","id":7,)"
      R"("file_tx":false,"type":"request"}})");
  tx.caller = {.flavor = nfs::AuthFlavor::sys, .identity = nfs::Caller::Identity{"desk", 1000, 100}};
  tx.accepted = true;
  tx.status = 2;
  tx.new_name = "new";
  tx.handle_hash = 0xabcdef;
  CHECK(
      nfs_event(tx) ==
      R"({"rpc":{"xid":77,"status":"ACCEPTED","auth_type":"UNIX","creds":{"machine_name":"desk","uid":1000,"gid":100}},)"
      R"("nfs":{"version":3,"procedure":"RENAME","filename":"old\"","hhash":"00abcdef","id":7,"file_tx":false,)"
      R"("type":"response","status":"ERR_NOENT","rename":{"from":"old\"","to":"new"}}})");
  tx.accepted = false;
  tx.caller.flavor = static_cast<nfs::AuthFlavor>(390003);
  CHECK(nfs_event(tx).find(R"("status":"DENIED","auth_type":"390003")") != std::string::npos);
  tx.status = 1094795585;
  CHECK(nfs_event(tx).find(R"("status":"1094795585")") != std::string::npos);
}

TEST_CASE("eve nfs: a file as it is read or written") {
  NfsTransaction tx(0);
  tx.version = 4;
  tx.procedure = static_cast<std::uint32_t>(nfs::Operation::write);
  tx.transfer = nfs::Transfer{.direction = Direction::to_server, .pieces = 3};
  CHECK(nfs_event(tx).find(R"("procedure":"WRITE","filename":"","id":1,"file_tx":true,"type":"request",)"
                           R"("write":{"first":true,"last":false,"last_xid":0,"chunks":3}})") !=
        std::string::npos);
  tx.transfer->direction = Direction::to_client;
  tx.transfer->last_xid = 9;
  CHECK(nfs_event(tx).find(R"("read":{"first":true,"last":true,"last_xid":9,"chunks":3}})") !=
        std::string::npos);
}

TEST_CASE("eve nfs: questions for attributes are shown in alerts only, an event without a call nowhere") {
  NfsTransaction tx(0);
  tx.version = 3;
  tx.procedure = 1;
  CHECK(nfs_event(tx).empty());
  CHECK(nfs_event(tx, true).find(R"("procedure":"GETATTR")") != std::string::npos);
  tx.program = nfs::kNfsAclProgram;
  CHECK(nfs_event(tx).find(R"("procedure":"GETACL")") != std::string::npos);
  tx.procedure = 3;
  CHECK(nfs_event(tx).empty());
  tx.is_nameless = true;
  CHECK(nfs_event(tx, true) == "{}");
}
