// Feeds messages to an HTTP parser and prints what became of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "decoders/app/http/parser.h"
#include "decoders/app/protocol.h"

namespace http_test {

using namespace weir;
using http::HttpTransaction;

inline Bytes bytes(std::string_view s) {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}
inline std::string text(Bytes b) {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}

// A flow: what is not consumed is kept and shown again with the next bytes, as the engine does.
class Flow {
 public:
  explicit Flow(const http::HttpSettings& s = {}) : settings(s), parser(settings) {}

  ParseOutcome feed(Direction d, std::string_view chunk, bool eof = false) {
    std::string& held = held_[index(d)];
    held.append(chunk);
    const ParseOutcome out = parser.parse({.direction = d,
                                           .data = bytes(held),
                                           .eof = eof,
                                           .time = 1,
                                           .requested = &requested,
                                           .joiner = joiner});
    held.erase(0, out.consumed);
    if (out.status == ParseOutcome::Status::error) failed = true;
    return out;
  }
  ParseOutcome request(std::string_view chunk) { return feed(Direction::to_server, chunk); }
  ParseOutcome response(std::string_view chunk) { return feed(Direction::to_client, chunk); }
  void close() {
    feed(Direction::to_server, "", true);
    feed(Direction::to_client, "", true);
  }
  [[nodiscard]] HttpTransaction& tx(std::uint64_t id = 0) {
    return *static_cast<HttpTransaction*>(parser.transactions().find(id));
  }
  [[nodiscard]] std::uint64_t count() const { return parser.transactions().next_id(); }
  [[nodiscard]] std::size_t held(Direction d) const { return held_[index(d)].size(); }

  http::HttpSettings settings;
  http::HttpParser parser;
  bool failed = false;
  PartJoiner* joiner = nullptr;
  Requested requested;

 private:
  std::array<std::string, 2> held_;
};

inline std::string body(const http::Message& m) {
  return text(m.body.view().data);
}

inline std::string events(const HttpTransaction& tx) {
  std::string out;
  for (const AppEvent& e : tx.events) out.append(" ").append(proto_http.events[e.code].rule);
  return out;
}

inline std::string dump_fields(const http::Message& m) {
  std::string out;
  for (const http::Field& f : m.fields) out += fmt::format("{}={};", m.name(f), m.value(f));
  return out;
}

// "METHOD uri host protocol | headers | body >> status | headers | body ! events"
inline std::string dump(const HttpTransaction& tx) {
  const http::Request& q = tx.request;
  const http::Response& a = tx.response;
  return fmt::format("{} {} {} {} | {} | {} {} >> {} {} | {} | {} {} !{}", q.method.of(q.line),
                     q.normalised_uri, q.hostname, q.protocol(), dump_fields(q), body(q), tx.progress[0],
                     a.protocol(), a.status.of(a.line), dump_fields(a), body(a), tx.progress[1], events(tx));
}

inline std::string dump(Flow& flow) {
  std::string out;
  for (std::uint64_t id = 0; id < flow.count(); ++id) out += dump(flow.tx(id)) + "\n";
  return out;
}

inline std::string response_body(std::string_view response) {
  Flow flow;
  flow.request("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  flow.response(response);
  flow.close();
  return body(flow.tx().response);
}

}  // namespace http_test
