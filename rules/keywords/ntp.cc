// Fields of an NTP message: ntp.version, ntp.mode, ntp.stratum, ntp.reference_id.
#include "decoders/app/ntp/ntp.h"

#include "decoders/app/protocol_ids.h"
#include "rules/compile/keyword_table.h"

namespace weir::rules {
namespace {

using ntp::Message;
using ntp::NtpTransaction;

const Message* message(const Transaction& transaction, Direction d) {
  const auto& tx = tx_cast<NtpTransaction>(transaction);
  return tx.direction() == d && tx.message ? &*tx.message : nullptr;
}

Number version(const Transaction& tx, Direction d) {
  const Message* m = message(tx, d);
  return m == nullptr ? Number{} : m->version;
}
Number mode(const Transaction& tx, Direction d) {
  const Message* m = message(tx, d);
  return m == nullptr ? Number{} : static_cast<std::uint64_t>(m->mode);
}
Number stratum(const Transaction& tx, Direction d) {
  const Message* m = message(tx, d);
  return m == nullptr || !m->tells_time ? Number{} : m->stratum;
}

std::optional<BodyView> reference_id(const BufferRequest& r) {
  const Message* m = message(r.tx, r.direction);
  if (r.index != 0 || m == nullptr || !m->tells_time) return std::nullopt;
  return whole(m->reference_id);
}

constexpr BufferSpec kNtpBuffers[] = {
    {.name = "ntp.reference_id",
     .summary = "the four bytes that name an NTP sender's reference, or a kiss code",
     .sources = kBothSides<AppProto::ntp, ntp::kComplete, ntp::kComplete, reference_id>},
};

constexpr NumberName kModes[] = {
    {0, "reserved"}, {1, "symmetric_active"}, {2, "symmetric_passive"}, {3, "client"},
    {4, "server"},   {5, "broadcast"},        {6, "control"},           {7, "private"},
};
std::span<const NumberName> modes() {
  return kModes;
}

constexpr TxNumber kNtpNumbers[] = {
    {.name = "ntp.version",
     .summary = "version of an NTP message",
     .protocol = AppProto::ntp,
     .most = UINT8_MAX,
     .progress_to_server = ntp::kComplete,
     .progress_to_client = ntp::kComplete,
     .get = version},
    {.name = "ntp.mode",
     .summary = "mode of an NTP message: a number or its name (client, server, control ...)",
     .protocol = AppProto::ntp,
     .most = UINT8_MAX,
     .progress_to_server = ntp::kComplete,
     .progress_to_client = ntp::kComplete,
     .get = mode,
     .names = modes},
    {.name = "ntp.stratum",
     .summary = "how far the sender of an NTP message is from a reference clock",
     .protocol = AppProto::ntp,
     .most = UINT8_MAX,
     .progress_to_server = ntp::kComplete,
     .progress_to_client = ntp::kComplete,
     .get = stratum},
};

}  // namespace

const KeywordFile keywords_ntp{.buffers = kNtpBuffers, .tx_numbers = kNtpNumbers};

}  // namespace weir::rules
