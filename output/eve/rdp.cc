#include "decoders/app/rdp/rdp.h"

#include <fmt/format.h>

#include "decoders/app/protocol_ids.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using rdp::ClientData;
using rdp::Message;
using rdp::MessageKind;
using rdp::RdpTransaction;

constexpr std::uint16_t kTellsConnection = 0x0020;  // among the capabilities

std::string_view event_name(MessageKind kind) {
  switch (kind) {
    case MessageKind::initial_request: return "initial_request";
    case MessageKind::initial_response: return "initial_response";
    case MessageKind::connect_request: return "connect_request";
    case MessageKind::connect_response: return "connect_response";
    case MessageKind::tls_handshake: return "tls_handshake";
  }
  return {};
}

void write_bits(JsonWriter& out, JsonKey key, std::span<const NumberName> names, std::uint64_t bits) {
  bool any = false;
  for (const NumberName& row : names) any = any || (bits & row.number) != 0;
  if (!any) return;
  const auto list = out.array(key);
  for (const NumberName& row : names)
    if ((bits & row.number) != 0) out.string(row.name);
}

void write_list(JsonWriter& out, JsonKey key, const SlabVector<SlabString>& items) {
  if (items.empty()) return;
  const auto list = out.array(key);
  for (const SlabString& item : items) out.bytes_item(item);
}

void write_name(JsonWriter& out, JsonKey key, std::string_view name, std::uint64_t number) {
  if (name.empty())
    out.plain(key, fmt::format("unknown-{}", number));
  else
    out.plain(key, name);
}

void write_initial_response(JsonWriter& out, const Message& m) {
  if (m.failure) {
    out.number("error_code", *m.failure);
    write_name(out, "reason", rdp::failure_text(*m.failure), *m.failure);
  }
  if (m.supports) write_bits(out, "server_supports", rdp::support_bits(), *m.supports);
  if (m.protocol) write_name(out, "protocol", rdp::protocol_name(*m.protocol), *m.protocol);
}

// What came with later versions of clients.
void write_later_data(JsonWriter& out, const ClientData& c) {
  if (c.product_id) out.number("product_id", *c.product_id);
  if (c.serial_number.value_or(0) != 0) out.number("serial_number", *c.serial_number);
  if (c.capabilities) write_bits(out, "capabilities", rdp::capability_bits(), *c.capabilities);
  if (!c.product_name.empty()) out.bytes("id", c.product_name);
  if (!c.connection || (c.capabilities.value_or(0) & kTellsConnection) == 0) return;
  const std::string_view hint = rdp::connection_name(*c.connection);
  if (!hint.empty()) out.plain("connection_hint", hint);
}

void write_client(JsonWriter& out, const ClientData& c) {
  const auto object = out.object("client");
  write_name(out, "version", rdp::version_name(c.version), c.version);
  out.number("desktop_width", c.desktop_width);
  out.number("desktop_height", c.desktop_height);
  if (c.color_depth != 0) out.number("color_depth", c.color_depth);
  const std::string_view layout = rdp::keyboard_layout_name(c.keyboard_layout);
  out.plain("keyboard_layout", layout.empty() ? "unknown" : layout);
  const std::string_view build = rdp::build_name(c.build);
  out.plain("build", build.empty() ? std::to_string(c.build) : std::string(build));
  if (!c.name.empty()) out.bytes("client_name", c.name);
  const std::string_view keyboard = rdp::keyboard_type_name(c.keyboard_type);
  if (!keyboard.empty()) out.plain("keyboard_type", keyboard);
  if (c.keyboard_subtype != 0) out.number("keyboard_subtype", c.keyboard_subtype);
  if (c.function_keys != 0) out.number("function_keys", c.function_keys);
  write_later_data(out, c);
}

class RdpWriter final : public EveTxWriter {
 public:
  bool write(JsonWriter& out, const Transaction& transaction) const override {
    const Message& m = tx_cast<RdpTransaction>(transaction).message;
    const auto object = out.object("rdp");
    out.number("tx_id", transaction.id + 1);
    out.plain("event_type", event_name(m.kind));
    if (!m.cookie.empty()) out.bytes("cookie", m.cookie);
    if (m.kind == MessageKind::initial_response) write_initial_response(out, m);
    if (m.client) write_client(out, *m.client);
    if (m.kind == MessageKind::connect_request) write_list(out, "channels", m.list);
    if (m.kind == MessageKind::tls_handshake) write_list(out, "x509_serials", m.list);
    return true;
  }
};

std::unique_ptr<const EveTxWriter> configure(const Settings&) {
  return std::make_unique<RdpWriter>();
}

}  // namespace

const EveTxLogger eve_rdp{.protocol = AppProto::rdp,
                          .config_name = "rdp",
                          .event_type = "rdp",
                          .progress_to_server = rdp::kComplete,
                          .progress_to_client = rdp::kComplete,
                          .configure = configure,
                          .packet_direction = true};

}  // namespace weir::output
