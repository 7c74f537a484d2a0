// EVE's http events of HTTP/2: one a stream, and one a frame about the connection that has something to say.
#include "decoders/app/http2/names.h"

#include "decoders/app/http/transaction.h"
#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using http::Field;
using http::FramedSide;
using http::HttpTransaction;
using http::Message;

void write_settings(JsonWriter& out, const FramedSide& side) {
  const std::size_t start = out.mark();
  {
    const auto list = out.array("settings");
    for (const http::Setting& setting : side.settings) {
      const std::string_view name = name_in(http2::kSettingEveNames, setting.id);
      if (name.empty()) continue;
      const auto item = out.object();
      out.string("settings_id", name);
      out.number("settings_value", setting.value);
    }
  }
  out.drop_if_empty(start);
}

// Both are there, also that of a side with nothing to say.
void write_side(JsonWriter& out, JsonKey key, const FramedSide& side, bool priority) {
  const auto object = out.object(key);
  write_settings(out, side);
  if (!side.errors.empty()) {
    const std::string_view name = name_in(http2::kErrorEveNames, side.errors.front());
    if (name.empty())
      out.string("error_code", std::to_string(side.errors.front()));
    else
      out.string("error_code", name);
  }
  if (priority && !side.priorities.empty()) out.number("priority", side.priorities.front());
  if (side.errors.size() > 1)
    out.string("has_multiple", "error_code");
  else if (priority && side.priorities.size() > 1)
    out.string("has_multiple", "priority");
}

void write_headers(JsonWriter& out, JsonKey key, const Message& m, const FramedSide& side) {
  const std::size_t start = out.mark();
  {
    const auto list = out.array(key);
    for (const std::uint64_t size : side.table_sizes) {
      const auto item = out.object();
      out.number("table_size_update", size);
    }
    for (const Field& f : m.fields) {
      const auto item = out.object();
      out.bytes("name", m.name(f));
      out.bytes("value", m.value(f));
    }
  }
  out.drop_if_empty(start);
}

void write_header(JsonWriter& out, JsonKey key, const Message& m, std::string_view name) {
  if (const auto value = m.header(name)) out.bytes(key, *value);
}

void write_messages(JsonWriter& out, const HttpTransaction& tx) {
  const http::Request& request = tx.request;
  const http::Response& response = tx.response;
  write_headers(out, "request_headers", request, tx.framed->side(Direction::to_server));
  write_headers(out, "response_headers", response, tx.framed->side(Direction::to_client));
  if (!request.hostname.empty()) out.bytes("hostname", request.hostname);
  if (request.port >= 0) out.number("http_port", static_cast<std::uint64_t>(request.port));
  if (request.uri.size != 0) out.bytes("url", request.uri.of(request.line));
  write_header(out, "http_user_agent", request, "user-agent");
  write_header(out, "xff", request, "x-forwarded-for");
  write_header(out, "http_refer", request, "referer");
  write_header(out, "http_content_type", response, "content-type");
  if (request.method.size != 0) out.bytes("http_method", request.method.of(request.line));
  if (response.status_number != 0) out.number("status", response.status_number);
  out.number("length", response.wire_body_bytes);
}

class Http2Writer final : public EveTxWriter {
 public:
  bool write(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<HttpTransaction>(transaction);
    if (tx.framed == nullptr) return false;
    const bool has_messages = !tx.request.fields.empty() || !tx.response.fields.empty();
    const auto says = [&](Direction d) {
      const FramedSide& s = tx.framed->side(d);
      return !s.settings.empty() || !s.errors.empty() || (!s.priorities.empty() && d == Direction::to_server);
    };
    if (!has_messages && !says(Direction::to_server) && !says(Direction::to_client)) return false;
    const auto object = out.object("http");
    out.string("version", "2");
    if (has_messages) write_messages(out, tx);
    const auto framed = out.object("http2");
    out.number("stream_id", tx.framed->stream);
    write_side(out, "request", tx.framed->side(Direction::to_server), true);
    write_side(out, "response", tx.framed->side(Direction::to_client), false);
    return true;
  }
  std::string_view request_header(const Transaction& tx, std::string_view name) const override {
    return tx_cast<HttpTransaction>(tx).request.header(name).value_or("");
  }
};

std::unique_ptr<const EveTxWriter> configure(const Settings&) {
  return std::make_unique<Http2Writer>();
}

constexpr auto kComplete = static_cast<std::uint8_t>(http::State::complete);

}  // namespace

const EveTxLogger eve_http2{AppProto::http2, "http2", "http", kComplete, kComplete, configure};

}  // namespace weir::output
