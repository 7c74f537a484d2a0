// Header blocks to messages, which show what HTTP/1 would write.
#include <algorithm>
#include <span>
#include <string_view>

#include "decoders/app/http/head.h"
#include "decoders/app/http/uri.h"
#include "decoders/app/http2/parser.h"
#include "decoders/text.h"

namespace weir::http2 {

using http::Field;
using http::HttpTransaction;
using http::Message;
using http::Slice;
using http::State;

namespace {

constexpr std::size_t kMaxJoined = 64;  // fields of one name that are put together
constexpr std::size_t kMaxNamesOfHash = 4;  // that are looked at; more have been made to have the same
constexpr std::uint32_t kNoHash = 0;    // of a field that is not looked for

// Puts the fields of a block into a message, as far as there is room in it.
class FieldSink final : public HpackSink {
 public:
  FieldSink(Message& message, http::FramedSide& facts, bool trailers)
      : message_(message), facts_(facts), trailers_(trailers) {}

  void field(std::string_view name, std::string_view value) override {
    const std::size_t bytes = name.size() + value.size() + 4;
    SlabString& text = message_.raw_headers;
    const bool room = message_.fields.size() < http::kMaxFields && bytes <= http::kMaxHeaderBytes &&
                      text.size() <= http::kMaxHeaderBytes - bytes;
    cut_ = cut_ || !room;
    if (!room) return;
    const auto at = static_cast<std::uint32_t>(text.size());
    const auto name_size = static_cast<std::uint32_t>(name.size());
    text.append(name).append(": ").append(value).append("\r\n");
    message_.fields.push_back({.name = {at, name_size},
                               .value = {at + name_size + 2, static_cast<std::uint32_t>(value.size())},
                               .name_hash = http::field_name_hash(name),
                               .trailer = trailers_});
  }
  void table_size(std::uint64_t bytes) override { http::FramedExchange::keep(facts_.table_sizes, bytes); }
  // Some found none.
  [[nodiscard]] bool cut() const { return cut_; }

 private:
  Message& message_;
  http::FramedSide& facts_;
  bool trailers_;
  bool cut_ = false;
};

// Fields of one name as one: RFC 9110, 5.2; cookies: RFC 9113, 8.2.3. `places` of at least two fields.
void join(Message& m, std::span<const std::uint32_t> places) {
  Field whole = m.fields[places.front()];
  whole.value_joined = whole.repeated = true;
  whole.value.at = static_cast<std::uint32_t>(m.joined.size());
  const std::string_view between = equals_nocase(m.name(whole), "cookie") ? "; " : ", ";
  for (const std::uint32_t place : places.first(std::min(places.size(), kMaxJoined))) {
    Field& f = m.fields[place];
    f.repeated = true;
    if (place != places.front()) m.joined.append(between);
    m.joined.append(m.value(f));
  }
  whole.value.size = static_cast<std::uint32_t>(m.joined.size()) - whole.value.at;
  m.joined_fields.push_back(whole);
}

// Of fields whose names have the same hash, which are most often one name. `places` in their order; they are taken off.
void join_run(Message& m, SlabVector<std::uint32_t> places) {
  SlabVector<std::uint32_t> same;
  for (std::size_t names = 0; names < kMaxNamesOfHash && places.size() > 1; ++names) {
    same.clear();
    const std::string_view name = m.name(m.fields[places.front()]);
    std::erase_if(places, [&](std::uint32_t place) {
      const bool is_same = http::same_field_name(m.name(m.fields[place]), name);
      if (is_same) same.push_back(place);
      return is_same;
    });
    if (same.size() > 1) join(m, same);
  }
}

void join_repeated(Message& m) {
  SlabVector<std::uint32_t> places;
  for (std::uint32_t i = 0; i < m.fields.size(); ++i)
    if (m.fields[i].name_hash != kNoHash) places.push_back(i);
  const auto hash = [&m](std::uint32_t place) { return m.fields[place].name_hash; };
  std::stable_sort(places.begin(), places.end(), [&](auto a, auto b) { return hash(a) < hash(b); });
  for (auto run = places.begin(); run != places.end();) {
    const auto end = std::find_if(run, places.end(), [&](auto place) { return hash(place) != hash(*run); });
    if (end - run > 1) join_run(m, {run, end});
    run = end;
  }
}

Slice append(SlabString& line, std::string_view part) {
  const auto at = static_cast<std::uint32_t>(line.size());
  line.append(part);
  return {at, static_cast<std::uint32_t>(part.size())};
}

// "GET /x HTTP/2"
void make_request_line(http::Request& r) {
  r.method = append(r.line, r.header(":method").value_or(""));
  r.line.append(" ");
  r.uri = append(r.line, r.header(":path").value_or(""));
  r.line.append(" ");
  r.protocol_text = append(r.line, "HTTP/2");
}

// "HTTP/2 200"
void make_status_line(http::Response& r) {
  const std::string_view status = r.header(":status").value_or("");
  r.protocol_text = append(r.line, "HTTP/2");
  r.line.append(" ");
  r.status = append(r.line, status);
  const bool digits = status.size() == 3 &&
                      std::all_of(status.begin(), status.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits)
    r.status_number =
        static_cast<std::uint16_t>((status[0] - '0') * 100 + (status[1] - '0') * 10 + status[2] - '0');
}

}  // namespace

HpackResult Http2Parser::read_block(Bytes block, HpackDecoder& hpack, Direction d, HttpTransaction& tx,
                                    bool trailers) {
  FieldSink sink(tx.message(d), tx.framed->side(d), trailers);
  const HpackResult out = hpack.decode(block, sink);
  if (sink.cut()) raise(tx, Event::reassembly_limit_reached);
  return out;
}

// As its headers would have come here. By their names they have been looked for in HTTP/1, and are not found again.
void Http2Parser::copy_request(const http::Request& from, HttpTransaction& tx) {
  FieldSink sink(tx.request, tx.framed->side(Direction::to_server), false);
  sink.field(":method", from.method.of(from.line));
  sink.field(":path", from.uri.of(from.line));
  sink.field(":authority", from.header("host").value_or(""));
  for (const Field& f : from.fields)
    if (!equals_nocase(from.name(f), "host") && !equals_nocase(from.name(f), "http2-settings"))
      sink.field(from.name(f), from.value(f));
  for (Field& f : tx.request.fields)
    if (!tx.request.name(f).starts_with(':')) f.name_hash = kNoHash;
}

// What came was an interim response (RFC 9110, 15.2).
void Http2Parser::begin_anew(HttpTransaction& tx) {
  http::Response& r = tx.response;
  r.line.clear();
  r.raw_headers.clear();
  r.joined.clear();
  r.fields.clear();
  r.joined_fields.clear();
  r.status = r.protocol_text = {};
  r.status_number = 0;
}

void Http2Parser::end_head(Direction d, HttpTransaction& tx) const {
  Message& m = tx.message(d);
  join_repeated(m);
  if (d == Direction::to_server) {
    make_request_line(tx.request);
    http::normalise_uri(settings_.http, tx);
    const auto authority = tx.request.header(":authority");
    if (authority) http::apply_host(tx, *authority);
    if (authority && authority->find('@') != std::string_view::npos) raise(tx, Event::userinfo_in_uri);
    if (const auto host = tx.request.header("host")) http::apply_host(tx, *host);
  } else {
    make_status_line(tx.response);
  }
  const bool informs =
      d == Direction::to_client && tx.response.status_number >= 100 && tx.response.status_number < 200;
  if (!informs) reach(tx, d, State::headers);
}

}  // namespace weir::http2
