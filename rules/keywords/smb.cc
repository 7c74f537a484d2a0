// SMB: trees that are connected, who logs in, the version of a message.
#include "decoders/app/smb/transaction.h"

#include "decoders/app/protocol_ids.h"
#include "rules/compile/keyword_table.h"

namespace weir::rules {
namespace {

using smb::SessionSetup;
using smb::SmbTransaction;
using smb::State;
using smb::TreeConnect;

const SmbTransaction& smb_tx(const Transaction& tx) {
  return tx_cast<SmbTransaction>(tx);
}

const TreeConnect* tree(const BufferRequest& r) {
  return r.index == 0 ? smb_tx(r.tx).about<TreeConnect>() : nullptr;
}
// What a tree is only its answer says; up to then it is a share, whatever its name.
std::optional<BodyView> share(const BufferRequest& r) {
  const auto* const about = tree(r);
  if (about == nullptr) return std::nullopt;
  const bool is_known = about->share_type || about->granted_service;
  return is_known && about->is_pipe ? std::nullopt : whole(about->share);
}
std::optional<BodyView> named_pipe(const BufferRequest& r) {
  const auto* const about = tree(r);
  return about != nullptr && about->is_pipe ? whole(about->share) : std::nullopt;
}

const ntlmssp::Authenticate* login(const BufferRequest& r) {
  const auto* const about = smb_tx(r.tx).about<SessionSetup>();
  return r.index == 0 && about != nullptr && about->ntlmssp ? &*about->ntlmssp : nullptr;
}
std::optional<BodyView> user(const BufferRequest& r) {
  const auto* const who = login(r);
  return who == nullptr ? std::nullopt : whole(who->user);
}
std::optional<BodyView> domain(const BufferRequest& r) {
  const auto* const who = login(r);
  return who == nullptr ? std::nullopt : whole(who->domain);
}

Number version(const Transaction& tx, Direction) {
  return smb_tx(tx).is_nameless ? Number{} : Number{static_cast<std::uint64_t>(smb_tx(tx).version)};
}

template <TxBufferFunction get>
constexpr auto& kRequest = kOneSide<AppProto::smb, Direction::to_server, State::complete, get>;

constexpr BufferSpec kSmbBuffers[] = {
    {.name = "smb.named_pipe",
     .summary = "path of a tree of named pipes that an SMB client connects to",
     .alias = "smb_named_pipe",
     .sources = kRequest<named_pipe>},
    {.name = "smb.share",
     .summary = "path of a share that an SMB client connects to",
     .alias = "smb_share",
     .sources = kRequest<share>},
    {.name = "smb.ntlmssp_user", .summary = "user that logs in to SMB by NTLM", .sources = kRequest<user>},
    {.name = "smb.ntlmssp_domain",
     .summary = "domain of the user that logs in to SMB by NTLM",
     .sources = kRequest<domain>},
};

constexpr TxNumber kSmbNumbers[] = {
    {.name = "smb.version",
     .summary = "version of an SMB request: 1, or 2, which stands for SMB 3, too",
     .protocol = AppProto::smb,
     .most = UINT8_MAX,
     .progress_to_server = static_cast<std::uint8_t>(State::complete),
     .progress_to_client = static_cast<std::uint8_t>(State::complete),
     .get = version},
};

}  // namespace

const KeywordFile keywords_smb{.buffers = kSmbBuffers, .tx_numbers = kSmbNumbers};

}  // namespace weir::rules
