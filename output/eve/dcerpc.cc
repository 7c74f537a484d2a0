#include "decoders/app/dcerpc/transaction.h"

#include <fmt/format.h>

#include "decoders/app/protocol_ids.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using dcerpc::Call;
using dcerpc::DcerpcTransaction;
using dcerpc::Interface;
using dcerpc::Part;

std::string_view text_of(const std::array<char, 36>& uuid) {
  return {uuid.data(), uuid.size()};
}

void write_interfaces(JsonWriter& out, const Call& call) {
  if (call.interfaces.empty()) return;
  const auto list = out.array("interfaces");
  for (const Interface& item : call.interfaces) {
    const auto object = out.object();
    out.plain("uuid", text_of(dcerpc::uuid_text(item.uuid)));
    out.plain("version", fmt::format("{}.{}", item.version, item.minor_version));
    out.number("ack_result", item.result ? item.result->result : 0);
  }
}

void write_sizes(JsonWriter& out, const Part& part) {
  out.number("frag_cnt", part.fragments);
  out.number("stub_data_size", part.stub_bytes);
}

void write_request(JsonWriter& out, const Call& call) {
  const Part& part = call.request();
  if (part.fragments == 0) return out.plain("request", "REQUEST_LOST");
  out.plain("request", pdu_type_name(part.type));
  if (!call.calls_operation()) return write_interfaces(out, call);
  const auto object = out.object("req");
  out.number("opnum", call.opnum);
  write_sizes(out, part);
}

void write_answer(JsonWriter& out, const Call& call) {
  const Part& part = call.answer();
  if (part.fragments == 0) return out.plain("response", part.lost ? "RESPONSE_LOST" : "UNREPLIED");
  out.plain("response", pdu_type_name(part.type));
  if (part.type != dcerpc::PduType::response) return;
  const auto object = out.object("res");
  write_sizes(out, part);
}

class DcerpcWriter final : public EveTxWriter {
 public:
  bool write(JsonWriter& out, const Transaction& transaction) const override {
    const Call& call = tx_cast<DcerpcTransaction>(transaction).call;
    const auto object = out.object("dcerpc");
    write_request(out, call);
    write_answer(out, call);
    if (call.activity) {
      out.plain("activityuuid", text_of(dcerpc::uuid_text(*call.activity)));
      out.number("seqnum", call.call_id);
    } else {
      out.number("call_id", call.call_id);
    }
    out.plain("rpc_version", call.activity ? "4.0" : "5.0");
    return true;
  }
  Direction direction(const Transaction& tx) const override {
    return tx_cast<DcerpcTransaction>(tx).call.request_direction;
  }
};

std::unique_ptr<const EveTxWriter> configure(const Settings&) {
  return std::make_unique<DcerpcWriter>();
}

}  // namespace

const EveTxLogger eve_dcerpc{.protocol = AppProto::dcerpc,
                             .config_name = "dcerpc",
                             .event_type = "dcerpc",
                             .progress_to_server = static_cast<std::uint8_t>(dcerpc::State::complete),
                             .progress_to_client = static_cast<std::uint8_t>(dcerpc::State::complete),
                             .configure = configure};

}  // namespace weir::output
