// Events of FTP: control connections and, by the same entry of the configuration, data connections.
#include "decoders/app/ftp/transaction.h"
#include "decoders/app/ftp_data/ftp_data.h"
#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using ftp::FtpTransaction;
using ftp_data::FtpDataTransaction;

void write_command(JsonWriter& out, const FtpTransaction& tx) {
  if (!tx.command.empty()) out.bytes("command", tx.command);
  if (tx.command_data.empty()) return;
  out.bytes("command_data", tx.command_data);
  out.boolean("command_truncated", tx.command_truncated);
}

void write_replies(JsonWriter& out, const FtpTransaction& tx) {
  if (!tx.codes.empty()) {
    const auto list = out.array("completion_code");
    for (const ftp::ReplyCode& code : tx.codes) out.string({code.data(), code.size()});
  }
  if (tx.replies.empty()) return;
  const auto list = out.array("reply");
  for (const SlabString& text : tx.replies) out.bytes(as_bytes(text));
}

class FtpWriter final : public EveTxWriter {
 public:
  bool write(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<FtpTransaction>(transaction);
    const auto object = out.object("ftp");
    write_command(out, tx);
    write_replies(out, tx);
    if (tx.dynamic_port != 0) {
      out.number("dynamic_port", tx.dynamic_port);
      out.plain("mode", tx.is_passive ? "passive" : "active");
    }
    out.plain("reply_received", tx.reply_received ? "yes" : "no");
    out.boolean("reply_truncated", tx.reply_truncated);
    return true;
  }
};

class FtpDataWriter final : public EveTxWriter {
 public:
  bool write(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<FtpDataTransaction>(transaction);
    if (tx.command.empty()) return false;
    const auto object = out.object("ftp_data");
    if (!tx.name.empty()) out.bytes("filename", tx.name);
    out.bytes("command", tx.command);
    return true;
  }
};

template <class Writer>
std::unique_ptr<const EveTxWriter> configure(const Settings&) {
  return std::make_unique<Writer>();
}

}  // namespace

const EveTxLogger eve_ftp{.protocol = AppProto::ftp,
                          .config_name = "ftp",
                          .event_type = "ftp",
                          .progress_to_server = static_cast<std::uint8_t>(ftp::ClientState::complete),
                          .progress_to_client = static_cast<std::uint8_t>(ftp::ServerState::complete),
                          .configure = configure<FtpWriter>};

const EveTxLogger eve_ftp_data{.protocol = AppProto::ftp_data,
                               .config_name = "ftp",
                               .event_type = "ftp_data",
                               .progress_to_server = static_cast<std::uint8_t>(ftp_data::State::complete),
                               .progress_to_client = static_cast<std::uint8_t>(ftp_data::State::complete),
                               .configure = configure<FtpDataWriter>};

}  // namespace weir::output
