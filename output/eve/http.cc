// EVE's http events (also inside alerts and fileinfo events, always in the extended form there).
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "decoders/app/http/transaction.h"
#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"
#include "output/eve_tx.h"

namespace weir::output {
namespace {

using http::Field;
using http::HttpTransaction;
using http::Message;
using http::Request;
using http::Response;

// Headers that `custom:` may ask for on the response's side; all others are the request's.
constexpr std::array<std::string_view, 29> kResponseFields{"accept-range",
                                                           "age",
                                                           "allow",
                                                           "connection",
                                                           "content-encoding",
                                                           "content-language",
                                                           "content-length",
                                                           "content-location",
                                                           "content-md5",
                                                           "content-range",
                                                           "content-type",
                                                           "date",
                                                           "etag",
                                                           "expires",
                                                           "last-modified",
                                                           "link",
                                                           "location",
                                                           "proxy-authenticate",
                                                           "referrer",
                                                           "refresh",
                                                           "retry-after",
                                                           "server",
                                                           "set-cookie",
                                                           "trailer",
                                                           "transfer-encoding",
                                                           "upgrade",
                                                           "vary",
                                                           "warning",
                                                           "www-authenticate"};

// What is written of one side's headers.
struct ShownHeaders {
  bool all = false;
  std::vector<std::string> names;  // if not all
};

struct HttpOptions {
  bool extended = true;
  ShownHeaders request, response;
  bool body = false, printable_body = false;  // in alerts
};

HttpOptions read_options(const Settings& s) {
  HttpOptions o;
  o.extended = s.flag("extended", true);
  const std::string all = s.text("dump-all-headers").value_or("none");
  o.request.all = all == "both" || all == "request";
  o.response.all = all == "both" || all == "response";
  for (const std::string& name : s.list("custom")) {
    const bool response =
        std::find(kResponseFields.begin(), kResponseFields.end(), lower_case(name)) != kResponseFields.end();
    (response ? o.response : o.request).names.push_back(name);
  }
  o.body = s.flag("alert.http-body", false);
  o.printable_body = s.flag("alert.http-body-printable", false);
  return o;
}

void write_header(JsonWriter& out, JsonKey key, const Message& m, std::string_view name) {
  if (const auto value = m.header(name)) out.bytes(key, *value);
}

// A number up to `end`, or -1 for "*"; false: neither.
bool range_number(std::string_view& text, char end, std::int64_t& value) {
  const std::size_t size = end == '\0' ? text.size() : text.find(end);
  if (size == std::string_view::npos) return false;
  const std::string_view part = text.substr(0, size);
  text.remove_prefix(std::min(text.size(), size + 1));
  value = -1;
  if (part == "*") return true;
  value = parse_number<std::int64_t>(part).value_or(-1);
  return value >= 0;
}

void write_content_range(JsonWriter& out, const Response& r) {
  const auto raw = r.header("content-range");
  if (!raw) return;
  const auto object = out.object("content_range");
  out.bytes("raw", *raw);
  std::string_view text = *raw;
  if (text.substr(0, 5) != "bytes") return;
  text.remove_prefix(5);
  const std::size_t blanks = std::min(text.size(), text.find_first_not_of(' '));
  text.remove_prefix(blanks);
  std::int64_t start = -1, end = -1, size = -1;
  const bool no_range = text.substr(0, 2) == "*/";
  if (no_range)
    text.remove_prefix(2);
  else if (!range_number(text, '-', start) || !range_number(text, '/', end))
    return;
  if (blanks == 0 || !range_number(text, '\0', size)) return;
  if (start >= 0) out.number("start", static_cast<std::uint64_t>(start));
  if (end >= 0) out.number("end", static_cast<std::uint64_t>(end));
  if (size >= 0) out.number("size", static_cast<std::uint64_t>(size));
}

// With the dots at its end that a Host header has, which rules do not see.
void write_hostname(JsonWriter& out, const Request& r) {
  if (r.hostname.empty()) return;
  if (!r.host_text.ends_with('.')) return out.bytes("hostname", r.hostname);
  SlabString name = r.hostname;
  name.append(r.host_text, r.host_text.find_last_not_of('.') + 1);
  out.bytes("hostname", name);
}

void write_basic(JsonWriter& out, const HttpTransaction& tx) {
  const Request& r = tx.request;
  write_hostname(out, r);
  if (r.port >= 0)
    out.number("http_port", static_cast<std::uint64_t>(r.port));
  else if (tx.request_missing || r.hostname.empty())
    out.number("http_port", 0);  // as Suricata has it where nothing names a host
  if (tx.request_missing)
    out.string("url", http::kUnseenUri);
  else if (r.uri.size != 0)
    out.bytes("url", r.uri.of(r.line));
  write_header(out, "http_user_agent", r, "user-agent");
  write_header(out, "xff", r, "x-forwarded-for");
  if (const auto type = tx.response.header("content-type"))
    out.bytes("http_content_type", type->substr(0, type->find(';')));
  write_content_range(out, tx.response);
}

void write_extended(JsonWriter& out, const HttpTransaction& tx) {
  const Request& request = tx.request;
  const Response& response = tx.response;
  write_header(out, "http_refer", request, "referer");
  if (request.method.size != 0) out.bytes("http_method", request.method.of(request.line));
  if (!request.protocol().empty()) out.bytes("protocol", request.protocol());
  if (response.status_number != 0)
    out.number("status", response.status_number);
  else if (response.status.size != 0)
    out.bytes("status_string", response.status.of(response.line));
  if (response.status_number > 300 && response.status_number < 304)
    write_header(out, "redirect", response, "location");
  out.number("length", response.wire_body_bytes);
}

void write_field(JsonWriter& out, const Message& m, const Field& f) {
  const auto item = out.object();
  out.bytes("name", m.name(f));
  out.bytes("value", m.value(f));
}

void write_headers(JsonWriter& out, JsonKey key, const Message& m, const ShownHeaders& shown) {
  if (!shown.all && shown.names.empty()) return;
  const std::size_t start = out.mark();
  {
    const auto list = out.array(key);
    if (shown.all)
      for (const Field& f : m.fields) write_field(out, m, f);
    else
      for (const std::string& name : shown.names)
        if (const Field* const f = m.find(std::string_view(name))) write_field(out, m, *f);
  }
  out.drop_if_empty(start);
}

class HttpWriter final : public EveTxWriter {
 public:
  explicit HttpWriter(HttpOptions options) : o_(std::move(options)) {}

  bool write(JsonWriter& out, const Transaction& transaction) const override {
    write_object(out, tx_cast<HttpTransaction>(transaction), o_.extended);
    return true;
  }
  void write_in_alert(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<HttpTransaction>(transaction);
    const auto object = out.object("http");
    write_basic(out, tx);
    write_extended(out, tx);
    if (o_.printable_body) {
      write_body(tx.request, [&](Bytes b) { out.printable("http_request_body_printable", b); });
      write_body(tx.response, [&](Bytes b) { out.printable("http_response_body_printable", b); });
    }
    if (!o_.body) return;
    write_body(tx.request, [&](Bytes b) { out.base64("http_request_body", b); });
    write_body(tx.response, [&](Bytes b) { out.base64("http_response_body", b); });
  }
  void write_in_fileinfo(JsonWriter& out, const Transaction& transaction) const override {
    const auto& tx = tx_cast<HttpTransaction>(transaction);
    const auto object = out.object("http");
    write_basic(out, tx);
    write_extended(out, tx);
  }

  std::string_view request_header(const Transaction& tx, std::string_view name) const override {
    return tx_cast<HttpTransaction>(tx).request.header(name).value_or("");
  }

 private:
  // What rules can still look at of it.
  template <class Write>
  static void write_body(const Message& m, const Write& write) {
    if (const Bytes kept = m.body.view().data; !kept.empty()) write(kept);
  }

  void write_object(JsonWriter& out, const HttpTransaction& tx, bool extended) const {
    const auto object = out.object("http");
    write_basic(out, tx);
    write_headers(out, "request_headers", tx.request, o_.request);
    write_headers(out, "response_headers", tx.response, o_.response);
    if (extended) write_extended(out, tx);
  }

  HttpOptions o_;
};

std::unique_ptr<const EveTxWriter> configure(const Settings& settings) {
  return std::make_unique<HttpWriter>(read_options(settings));
}

constexpr auto kComplete = static_cast<std::uint8_t>(http::State::complete);

}  // namespace

const EveTxLogger eve_http{AppProto::http, "http", "http", kComplete, kComplete, configure};

}  // namespace weir::output
