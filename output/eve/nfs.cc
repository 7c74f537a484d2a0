// Events of NFS: calls and their replies, files as they are read and written.
#include "decoders/app/nfs/transaction.h"
#include "decoders/app/protocol_ids.h"
#include "output/eve_tx.h"

#include <fmt/format.h>

namespace weir::output {
namespace {

using nfs::NfsTransaction;
using nfs::Transfer;

void write_rpc(JsonWriter& out, const NfsTransaction& tx) {
  const auto object = out.object("rpc");
  out.number("xid", tx.xid);
  if (tx.accepted) out.plain("status", *tx.accepted ? "ACCEPTED" : "DENIED");
  if (const auto name = nfs::auth_name(tx.caller.flavor); !name.empty())
    out.plain("auth_type", name);
  else
    out.plain("auth_type", fmt::format("{}", static_cast<std::uint32_t>(tx.caller.flavor)));
  if (!tx.caller.identity) return;
  const auto creds = out.object("creds");
  out.bytes("machine_name", tx.caller.identity->machine_name);
  out.number("uid", tx.caller.identity->uid);
  out.number("gid", tx.caller.identity->gid);
}

void write_transfer(JsonWriter& out, const Transfer& transfer) {
  const auto object =
      out.object(transfer.direction == Direction::to_client ? JsonKey("read") : JsonKey("write"));
  out.boolean("first", true);
  out.boolean("last", transfer.last_xid.has_value());
  out.number("last_xid", transfer.last_xid.value_or(0));
  out.number("chunks", transfer.pieces);
}

void write_nfs(JsonWriter& out, const NfsTransaction& tx) {
  const auto object = out.object("nfs");
  out.number("version", tx.version);
  out.plain("procedure", tx.procedure_text());
  out.bytes("filename", tx.name);
  if (tx.handle_hash) out.plain("hhash", fmt::format("{:08x}", *tx.handle_hash));
  out.number("id", tx.id + 1);
  out.boolean("file_tx", tx.transfer.has_value());
  out.plain("type", tx.accepted ? "response" : "request");
  if (tx.status) out.plain("status", nfs::status_name(*tx.status));
  if (tx.new_name) {
    const auto rename = out.object("rename");
    out.bytes("from", tx.name);
    out.bytes("to", *tx.new_name);
  }
  if (tx.transfer) write_transfer(out, *tx.transfer);
}

// Clients ask for attributes all the time: those calls are told of in alerts only.
bool is_logged(const NfsTransaction& tx) {
  if (tx.is_nameless) return false;
  constexpr std::uint32_t kGetattr = 1, kAclGetattr = 3;
  const std::uint32_t attributes = tx.program == nfs::kNfsAclProgram ? kAclGetattr
                                   : tx.version < nfs::kNewestVersion
                                       ? kGetattr
                                       : static_cast<std::uint32_t>(nfs::Operation::getattr);
  return tx.procedure != attributes || tx.transfer;
}

class NfsWriter final : public EveTxWriter {
 public:
  bool write(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<NfsTransaction>(transaction);
    if (!is_logged(tx)) return false;
    write_in_alert(out, tx);
    return true;
  }
  void write_in_alert(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<NfsTransaction>(transaction);
    if (tx.is_nameless) return;
    write_rpc(out, tx);
    write_nfs(out, tx);
  }
};

std::unique_ptr<const EveTxWriter> configure(const Settings&) {
  return std::make_unique<NfsWriter>();
}

}  // namespace

const EveTxLogger eve_nfs{.protocol = AppProto::nfs,
                          .config_name = "nfs",
                          .event_type = "nfs",
                          .progress_to_server = static_cast<std::uint8_t>(nfs::State::complete),
                          .progress_to_client = static_cast<std::uint8_t>(nfs::State::complete),
                          .configure = configure,
                          .packet_direction = true};

}  // namespace weir::output
