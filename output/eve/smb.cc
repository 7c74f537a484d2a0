#include "decoders/app/smb/transaction.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "decoders/app/protocol_ids.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using namespace smb;

// --- what requests are about, each with what `types` calls it

void write(JsonWriter&, const std::monostate&) {}

void write(JsonWriter& out, const Negotiation& n) {
  {
    const auto list = out.array("client_dialects");
    for (const SlabString& dialect : n.client_dialects) out.bytes_item(dialect);
  }
  if (n.client_guid) out.plain("client_guid", guid_text(*n.client_guid));
  if (n.server_guid)
    out.plain("server_guid", guid_text(*n.server_guid));
  else
    out.plain("server_guid", "");
  if (n.max_read_bytes != 0) out.number("max_read_size", n.max_read_bytes);
  if (n.max_write_bytes != 0) out.number("max_write_size", n.max_write_bytes);
}

void write(JsonWriter& out, JsonKey key, const Software& software) {
  const auto object = out.object(key);
  out.bytes("native_os", software.native_os);
  out.bytes("native_lm", software.native_lm);
}

void write(JsonWriter& out, const SessionSetup& s) {
  if (s.kerberos) {
    const auto object = out.object("kerberos");
    out.bytes("realm", s.kerberos->realm);
    const auto list = out.array("snames");
    for (const SlabString& name : s.kerberos->names) out.bytes_item(name);
  }
  if (s.ntlmssp) {
    const auto object = out.object("ntlmssp");
    out.bytes("domain", s.ntlmssp->domain);
    out.bytes("user", s.ntlmssp->user);
    out.bytes("host", s.ntlmssp->host);
    if (s.ntlmssp->version) out.plain("version", s.ntlmssp->version->text());
    if (s.ntlmssp->is_unusual_order) out.boolean("warning", true);
  }
  if (s.client) write(out, "request", *s.client);
  if (s.server) write(out, "response", *s.server);
}

void write(JsonWriter& out, const TreeConnect& t) {
  out.bytes(t.is_pipe ? JsonKey("named_pipe") : JsonKey("share"), t.share);
  if (!t.requested_service) return out.plain("share_type", share_type_name(t.share_type.value_or(0)));
  const auto object = out.object("service");
  out.bytes("request", *t.requested_service);
  if (t.granted_service) out.bytes("response", *t.granted_service);
}

void write(JsonWriter& out, const Create& c) {
  constexpr std::string_view kRoot = "<share_root>";
  const std::string_view name = c.name.empty() ? kRoot : std::string_view(c.name);
  out.bytes(c.is_directory && !c.name.empty() ? JsonKey("directory") : JsonKey("filename"), name);
  out.plain("disposition", disposition_name(c.disposition));
  out.plain("access", c.delete_on_close ? "delete on close" : "normal");
  out.number("created", c.created_s);
  out.number("accessed", c.accessed_s);
  out.number("modified", c.modified_s);
  out.number("changed", c.changed_s);
  out.number("size", c.size_bytes);
  out.plain("fuid", c.id ? c.id->text() : SlabString{});
}

void write(JsonWriter& out, const Transfer& t) {
  out.bytes("filename", t.name);
  out.bytes("share", t.share);
  out.plain("fuid", t.id.text());
}

void write(JsonWriter& out, const SetInfo& s) {
  out.bytes("filename", s.name);
  out.plain("access", s.delete_on_close ? "delete on close" : "normal");
  if (!s.subcommand.empty()) {
    out.plain("subcmd", s.subcommand);
    out.plain("level_of_interest", s.level);
  }
  if (s.id) out.plain("fuid", s.id->text());
}

void write(JsonWriter& out, const Rename& r) {
  if (!r.subcommand.empty()) {
    out.plain("subcmd", r.subcommand);
    out.plain("level_of_interest", r.level);
  } else if (!r.level.empty()) {
    const auto object = out.object("set_info");
    out.plain("class", r.info_class);
    out.plain("info_level", r.level);
  }
  {
    const auto object = out.object("rename");
    out.bytes("from", r.from);
    out.bytes("to", r.to);
  }
  out.plain("fuid", r.id ? r.id->text() : SlabString{});
}

void write(JsonWriter& out, const Ioctl& i) {
  out.plain("function", function_name(i.function));
}

void write_sizes(JsonWriter& out, JsonKey key, const dcerpc::Part& part) {
  const auto object = out.object(key);
  out.number("frag_cnt", part.fragments);
  out.number("stub_data_size", part.stub_bytes);
}

void write_interfaces(JsonWriter& out, const SlabVector<dcerpc::Interface>& interfaces, bool with_results) {
  if (interfaces.empty()) return;
  const auto list = out.array("interfaces");
  for (const dcerpc::Interface& item : interfaces) {
    const auto object = out.object();
    const auto uuid = dcerpc::uuid_text(item.uuid);
    out.plain("uuid", {uuid.data(), uuid.size()});
    out.plain("version", fmt::format("{}.{}", item.version, item.minor_version));
    if (!item.result || !with_results) continue;
    out.number("ack_result", item.result->result);
    out.number("ack_reason", item.result->reason);
  }
}

std::string_view said(const dcerpc::Part& part, std::string_view nothing) {
  return part.fragments == 0 ? nothing : dcerpc::pdu_type_name(part.type);
}

void write(JsonWriter& out, const PipeCall& p) {
  const auto object = out.object("dcerpc");
  const dcerpc::Call& call = p.call;
  out.plain("request", said(call.request(), "REQUEST_LOST"));
  out.plain("response", said(call.answer(), call.answer().lost ? "RESPONSE_LOST" : "UNREPLIED"));
  if (call.calls_operation()) {
    out.number("opnum", call.opnum);
    write_sizes(out, "req", call.request());
    write_interfaces(out, p.interfaces, false);
  } else {
    write_interfaces(out, call.interfaces, true);
  }
  if (call.answer().fragments != 0 && call.answer().type == dcerpc::PduType::response)
    write_sizes(out, "res", call.answer());
  out.number("call_id", call.call_id);
}

// In the order of SmbTransaction::Content.
constexpr std::array<std::string_view, std::variant_size_v<SmbTransaction::Content>> kTypes = {
    "generic", "negotiate",          "session_setup", "tree_connect", "create",
    "file",    "set_file_path_info", "rename",        "ioctl",        "dcerpc"};

class SmbWriter final : public EveTxWriter {
 public:
  explicit SmbWriter(const Settings& settings) {
    const auto wanted = settings.list("types");
    for (std::size_t i = 0; i < kTypes.size(); ++i)
      tells_[i] = wanted.empty() || std::find(wanted.begin(), wanted.end(), kTypes[i]) != wanted.end();
  }

  bool write(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<SmbTransaction>(transaction);
    if (tx.is_nameless || !tells_[tx.content.index()]) return false;
    write_all(out, tx);
    return true;
  }
  void write_in_alert(JsonWriter& out, const Transaction& transaction) const override {
    if (const auto& tx = tx_cast<SmbTransaction>(transaction); !tx.is_nameless) write_all(out, tx);
  }

 private:
  static void write_all(JsonWriter& out, const SmbTransaction& tx) {
    const auto object = out.object("smb");
    out.number("id", tx.id + 1);
    out.bytes("dialect", tx.dialect);
    out.plain("command", command_name(tx.version, tx.command));
    if (tx.status) {
      out.plain("status", tx.status->name());
      out.plain("status_code", tx.status->number());
    }
    out.number("session_id", tx.session_id);
    out.number("tree_id", tx.tree_id);
    std::visit([&out](const auto& about) { output::write(out, about); }, tx.content);
  }

  std::array<bool, kTypes.size()> tells_{};
};

std::unique_ptr<const EveTxWriter> configure(const Settings& settings) {
  return std::make_unique<SmbWriter>(settings);
}

}  // namespace

const EveTxLogger eve_smb{.protocol = AppProto::smb,
                          .config_name = "smb",
                          .event_type = "smb",
                          .progress_to_server = static_cast<std::uint8_t>(smb::State::complete),
                          .progress_to_client = static_cast<std::uint8_t>(smb::State::complete),
                          .configure = configure};

}  // namespace weir::output
