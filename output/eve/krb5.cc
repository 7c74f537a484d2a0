#include "decoders/app/krb5/krb5.h"

#include <fmt/format.h>

#include "decoders/app/protocol_ids.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using krb5::Krb5Transaction;
using krb5::Message;

void write_name(JsonWriter& out, JsonKey key, const krb5::Name& name) {
  if (name.empty()) return out.plain(key, "<empty>");
  std::string joined;
  for (const SlabString& part : name) joined.append(joined.empty() ? "" : "/").append(part);
  out.bytes(key, joined);
}

void write_realm(JsonWriter& out, std::string_view realm) {
  if (realm.empty())
    out.plain("realm", "<empty>");
  else
    out.bytes("realm", realm);
}

void write_encryption(JsonWriter& out, JsonKey name, JsonKey weak, std::int32_t type) {
  const std::string_view known = krb5::encryption_name(type);
  if (known.empty())
    out.plain(name, fmt::format("EncryptionType({})", type));
  else
    out.plain(name, known);
  out.boolean(weak, krb5::is_weak(type));
}

void write_error(JsonWriter& out, const Krb5Transaction& tx) {
  out.plain("failed_request", tx.failed_request ? message_type_name(*tx.failed_request) : "UNKNOWN");
  const std::int32_t code = *tx.message->error;
  const std::string_view known = krb5::error_name(code);
  if (known.empty())
    out.plain("error_code", fmt::format("ErrorCode({})", code));
  else
    out.plain("error_code", known);
}

class Krb5Writer final : public EveTxWriter {
 public:
  bool write(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<Krb5Transaction>(transaction);
    if (!tx.message) return false;
    const Message& m = *tx.message;
    const auto object = out.object("krb5");
    out.plain("msg_type", message_type_name(m.type));
    if (m.error) write_error(out, tx);
    write_name(out, "cname", m.client);
    write_realm(out, m.realm);
    write_name(out, "sname", m.server);
    if (m.encryption) {
      write_encryption(out, "encryption", "weak_encryption", *m.encryption);
      write_encryption(out, "ticket_encryption", "ticket_weak_encryption", *m.ticket_encryption);
    } else {
      out.plain("encryption", "<none>");
      out.boolean("weak_encryption", false);
    }
    return true;
  }
};

std::unique_ptr<const EveTxWriter> configure(const Settings&) {
  return std::make_unique<Krb5Writer>();
}

}  // namespace

const EveTxLogger eve_krb5{.protocol = AppProto::krb5,
                           .config_name = "krb5",
                           .event_type = "krb5",
                           .progress_to_server = krb5::kComplete,
                           .progress_to_client = krb5::kComplete,
                           .configure = configure,
                           .packet_direction = true};

}  // namespace weir::output
