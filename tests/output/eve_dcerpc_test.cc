#include <doctest/doctest.h>

#include "decoders/app/dcerpc/transaction.h"
#include "output/eve_tx.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;
using dcerpc::DcerpcTransaction;
using dcerpc::PduType;

namespace {

std::string written_dcerpc(const DcerpcTransaction& tx) {
  const auto writer = eve_dcerpc.configure(FakeSettings{});
  JsonWriter out;
  {
    const auto event = out.object();
    CHECK(writer->write(out, tx));
  }
  return std::string(out.text());
}

void set(dcerpc::Part& part, PduType type, std::uint64_t stub_bytes) {
  part.type = type;
  part.fragments = 2;
  part.stub_bytes = stub_bytes;
}

}  // namespace

TEST_CASE("eve dcerpc: a bind and the interfaces that it asks for") {
  DcerpcTransaction tx(0, Direction::to_server);
  set(tx.call.request(), PduType::bind, 0);
  tx.call.call_id = 4;
  const auto uuid = *dcerpc::parse_uuid("e1af8308-5d1f-11c9-91a4-08002b14a0fa");
  tx.call.interfaces.push_back(
      {.uuid = uuid, .version = 3, .minor_version = 1, .result = dcerpc::Result{2, 1}});
  CHECK(
      written_dcerpc(tx) ==
      R"({"dcerpc":{"request":"BIND","interfaces":[{"uuid":"e1af8308-5d1f-11c9-91a4-08002b14a0fa","version":"3.1",)"
      R"("ack_result":2}],"response":"UNREPLIED","call_id":4,"rpc_version":"5.0"}})");
}

TEST_CASE("eve dcerpc: a call, and what is missing of one") {
  DcerpcTransaction tx(0, Direction::to_server);
  set(tx.call.request(), PduType::request, 60);
  tx.call.opnum = 15;
  set(tx.call.answer(), PduType::response, 52);
  CHECK(
      written_dcerpc(tx) ==
      R"({"dcerpc":{"request":"REQUEST","req":{"opnum":15,"frag_cnt":2,"stub_data_size":60},)"
      R"("response":"RESPONSE","res":{"frag_cnt":2,"stub_data_size":52},"call_id":0,"rpc_version":"5.0"}})");
  tx.call.request().fragments = 0;
  set(tx.call.answer(), PduType::fault, 52);
  CHECK(written_dcerpc(tx) ==
        R"({"dcerpc":{"request":"REQUEST_LOST","response":"FAULT","call_id":0,"rpc_version":"5.0"}})");
  tx.call.answer().fragments = 0;
  tx.call.answer().lost = true;
  CHECK(written_dcerpc(tx).find(R"("response":"RESPONSE_LOST")") != std::string::npos);
}

TEST_CASE("eve dcerpc: a datagram's activity, and which way its call went") {
  DcerpcTransaction tx(0, Direction::to_client);
  set(tx.call.request(), PduType::request, 1);
  tx.call.activity = *dcerpc::parse_uuid("ecbaabdb-001d-4354-b250-0b01630abafd");
  tx.call.call_id = 8;
  CHECK(written_dcerpc(tx).ends_with(
      R"("activityuuid":"ecbaabdb-001d-4354-b250-0b01630abafd","seqnum":8,"rpc_version":"4.0"}})"));
  CHECK(eve_dcerpc.configure(FakeSettings{})->direction(tx) == Direction::to_client);
}
