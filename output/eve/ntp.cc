#include "decoders/app/ntp/ntp.h"
#include "decoders/app/protocol_ids.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using ntp::NtpTransaction;

class NtpWriter final : public EveTxWriter {
 public:
  bool write(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<NtpTransaction>(transaction);
    if (!tx.message) return false;
    const auto object = out.object("ntp");
    out.number("version", tx.message->version);
    out.number("mode", static_cast<unsigned>(tx.message->mode));
    if (!tx.message->tells_time) return true;
    out.number("stratum", tx.message->stratum);
    out.hex("reference_id", tx.message->reference_id);
    return true;
  }
  Direction direction(const Transaction& tx) const override {
    return tx_cast<NtpTransaction>(tx).direction();
  }
};

std::unique_ptr<const EveTxWriter> configure(const Settings&) {
  return std::make_unique<NtpWriter>();
}

}  // namespace

const EveTxLogger eve_ntp{.protocol = AppProto::ntp,
                          .config_name = "ntp",
                          .event_type = "ntp",
                          .progress_to_server = ntp::kComplete,
                          .progress_to_client = ntp::kComplete,
                          .configure = configure};

}  // namespace weir::output
