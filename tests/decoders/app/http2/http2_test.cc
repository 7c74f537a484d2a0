#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decoders/app/dns/dns.h"
#include "decoders/app/http2/parser.h"
#include "decoders/app/protocol.h"
#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"

using namespace weir;
using namespace weir::http2;
using http::HttpTransaction;
using Status = ParseOutcome::Status;

namespace {

constexpr Direction kClient = Direction::to_server, kServer = Direction::to_client;
constexpr std::uint8_t kEndStream = 1, kEndHeaders = 4, kPadded = 8, kWithPriority = 0x20;

std::string be(std::uint32_t value, int bytes) {
  std::string out;
  while (bytes-- > 0) out += static_cast<char>(value >> (8 * bytes));
  return out;
}

std::string frame(Type type, std::uint8_t flags, std::uint32_t stream, std::string_view payload = "") {
  return be(static_cast<std::uint32_t>(payload.size()), 3) + static_cast<char>(type) +
         static_cast<char>(flags) + be(stream, 4) + std::string(payload);
}

// Literal fields that stay out of the table.
std::string block(const std::vector<std::pair<std::string_view, std::string_view>>& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out += '\0';
    out.append(1, static_cast<char>(name.size())).append(name);
    out.append(1, static_cast<char>(value.size())).append(value);
  }
  return out;
}

std::string request(std::uint32_t stream, std::string_view path, std::uint8_t flags = kEndStream) {
  return frame(
      Type::headers, static_cast<std::uint8_t>(flags | kEndHeaders), stream,
      block({{":method", "GET"}, {":path", path}, {":scheme", "https"}, {":authority", "A.example:444"}}));
}
std::string response(std::uint32_t stream, std::string_view status, std::uint8_t flags = 0) {
  return frame(Type::headers, static_cast<std::uint8_t>(flags | kEndHeaders), stream,
               block({{":status", status}}));
}

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

struct Peers {
  explicit Peers(const Http2Settings& s = {}) : settings(s), parser(settings) {}

  Peers& say(Direction d, std::string_view text, bool eof = false) {
    do {
      std::string& kept = pending[index(d)];
      kept += text.substr(0, step);
      text.remove_prefix(std::min(step, text.size()));
      do {
        outcome = parser.parse({.direction = d, .data = as_bytes(kept), .eof = eof && text.empty()});
        REQUIRE(outcome.consumed <= kept.size());
        kept.erase(0, outcome.consumed);
        if (outcome.paused) inspected();
      } while (outcome.paused);
    } while (!text.empty() && outcome.status == Status::ok);
    return *this;
  }
  Peers& client(std::string_view text) { return say(kClient, text); }
  Peers& server(std::string_view text) { return say(kServer, text); }
  void inspected() {
    for (Transaction* t = parser.transactions().first(); t != nullptr; t = TransactionList::next(*t)) {
      t->after_detection(kClient);
      t->after_detection(kServer);
    }
    parser.transactions().begin_batch();
  }

  // "stream:request line>status line/bytes of the body" of each transaction, "!event" behind it.
  std::string all() {
    std::string out;
    for (Transaction* t = parser.transactions().first(); t != nullptr; t = TransactionList::next(*t)) {
      auto& tx = *tx_cast<HttpTransaction>(t);
      out += std::to_string(tx.framed->stream) + ":" + std::string(tx.request.line) + ">" +
             std::string(tx.response.line);
      if (tx.response.body_bytes != 0) out += "/" + std::to_string(tx.response.body_bytes);
      for (const AppEvent& e : tx.events)
        out += "!" + std::string(protocol_info(AppProto::http2).events[e.code].rule);
      out += tx.progress == std::array<std::uint8_t, 2>{5, 5} ? ";" : "?";
    }
    return out;
  }
  HttpTransaction& tx(std::uint64_t id) {
    auto* found = tx_cast<HttpTransaction>(parser.transactions().find(id));
    REQUIRE(found != nullptr);
    return *found;
  }

  Http2Settings settings;
  std::size_t step = SIZE_MAX;
  Http2Parser parser;
  std::array<std::string, 2> pending;
  ParseOutcome outcome;
};

}  // namespace

TEST_CASE("http2: streams that run at once are transactions, in pieces of any size") {
  for (std::size_t step = 1; step < 80; ++step) {
    CAPTURE(step);
    Peers p;
    p.step = step;
    p.client(std::string(kPreface) + frame(Type::settings, 0, 0) + request(1, "/a") + request(3, "/b%20c"));
    p.server(frame(Type::settings, 0, 0) + response(3, "200") + response(1, "404"));
    p.server(frame(Type::data, 0, 3, "one") + frame(Type::data, kEndStream, 1, "none"));
    p.server(frame(Type::data, kPadded, 3, std::string("\x02twoxx", 6)) + frame(Type::data, kEndStream, 3));
    CHECK(p.all() == "0:>;1:GET /a HTTP/2>HTTP/2 404/4;3:GET /b%20c HTTP/2>HTTP/2 200/6;0:>;");
    CHECK(p.tx(1).request.hostname == "a.example");
    CHECK(p.tx(1).request.port == 444);
    CHECK(p.tx(1).request.raw_host() == "A.example:444");
    CHECK(p.tx(2).request.normalised_uri == "/b c");
    CHECK(p.tx(2).response.wire_body_bytes == 6);
    REQUIRE(p.tx(2).response.files.size() == 1);
    CHECK(p.tx(2).response.files[0]->size == 6);
    CHECK(p.tx(2).response.files[0]->state == FileState::closed);
  }
}

TEST_CASE("http2: a header block in several frames, and fields that are repeated") {
  Peers p;
  const std::string fields = block(
      {{":method", "POST"}, {":path", "/"}, {"cookie", "a=1"}, {"x", "1"}, {"cookie", "b=2"}, {"x", "2"}});
  p.client(std::string(kPreface) + frame(Type::headers, 0, 1, fields.substr(0, 9)) +
           frame(Type::continuation, 0, 1, fields.substr(9, 20)) +
           frame(Type::continuation, kEndHeaders, 1, fields.substr(29)));
  const http::Request& r = p.tx(0).request;
  CHECK(r.fields.size() == 6);
  CHECK(r.header("cookie") == "a=1; b=2");
  CHECK(r.header("x") == "1, 2");
  CHECK(r.raw_headers == ":method: POST\r\n:path: /\r\ncookie: a=1\r\nx: 1\r\ncookie: b=2\r\nx: 2\r\n");
  CHECK(p.tx(0).framed->side(kClient).types.size() == 3);
  CHECK(p.all() == "1:POST / HTTP/2>?");
}

TEST_CASE("http2: trailers, interim responses, promises and resets") {
  Peers p;
  p.client(std::string(kPreface) + request(1, "/a") + request(3, "/c"));
  p.server(response(1, "103") + response(1, "200") + frame(Type::data, 0, 1, "x") +
           frame(Type::headers, kEndStream | kEndHeaders, 1, block({{"checksum", "7"}})));
  p.server(frame(Type::push_promise, kEndHeaders, 3,
                 be(2, 4) + block({{":method", "GET"}, {":path", "/pushed"}})));
  p.server(response(2, "200", kEndStream));
  p.client(frame(Type::rst_stream, 0, 3, be(8, 4)));
  CHECK(p.all() == "1:GET /a HTTP/2>HTTP/2 200/1;3:GET /c HTTP/2>;2:GET /pushed HTTP/2>HTTP/2 200;");
  CHECK(p.tx(0).response.header("checksum") == "7");
  CHECK(p.tx(0).response.fields.back().trailer);
  CHECK(p.tx(1).framed->side(kClient).errors == std::vector<std::uint32_t>{8});
}

TEST_CASE("http2: frames about the connection, and the numbers in frames") {
  Peers p;
  p.client(std::string(kPreface) + frame(Type::settings, 0, 0, be(1, 2) + be(77, 4) + be(4, 2) + be(9, 4)));
  p.client(frame(Type::window_update, 0, 0, be(0x80000005, 4)) +
           frame(Type::goaway, 0, 0, be(1, 4) + be(11, 4)));
  p.client(frame(Type::headers, kEndHeaders | kWithPriority, 5, be(0, 4) + "\xfe" + block({{":path", "/"}})));
  CHECK(p.tx(0).framed->side(kClient).settings.size() == 2);
  CHECK(p.tx(0).framed->side(kClient).settings[1].value == 9);
  CHECK(p.tx(1).framed->side(kClient).windows == std::vector<std::uint32_t>{5});
  CHECK(p.tx(2).framed->side(kClient).errors == std::vector<std::uint32_t>{11});
  CHECK(p.tx(3).framed->side(kClient).priorities == std::vector<std::uint8_t>{254});
  p.server(frame(Type::settings, 1, 0));  // an acknowledgment says nothing
  CHECK(p.parser.transactions().next_id() == 4);
}

TEST_CASE("http2: a preface that is none is told when all of it could be there, in pieces of any size") {
  for (std::size_t step = 1; step < 30; ++step) {
    Peers p;
    p.step = step;
    p.client("PRI * HTTP/2.0\r\n\r\x0eSM");
    CHECK(p.all().empty());
    p.client("\r\x02 and more of it");
    CHECK(p.all() == "0:>!invalid_client_magic;");
    CHECK(p.outcome.status == Status::error);
  }
}

TEST_CASE("http2: what is wrong has an event") {
  const std::string start(kPreface);
  const auto after = [&](const std::string& text) { return Peers().client(start + text).all(); };
  CHECK(Peers().client("GET / HTTP/1.1\r\nHost: a\r\n\r\n").all() == "0:>!invalid_client_magic;");
  CHECK(after(frame(Type::ping, 0, 0, "1234567")) == "0:>!invalid_frame_length;");
  CHECK(after(frame(Type::settings, 0, 1)) == "1:>!invalid_frame_header;");
  CHECK(after(frame(Type::continuation, kEndHeaders, 1)) == "1:>!invalid_frame_header;");
  CHECK(after(frame(Type::headers, kPadded | kEndHeaders, 1,
                    "\x09"
                    "abc")) == "1:>!invalid_frame_data?");
  CHECK(after(frame(Type::headers, kEndHeaders, 1, "\x80")) == "1:  HTTP/2>!invalid_header?");
  CHECK(after(frame(Type::data, 0, 0, "x")) == "0:>!data_stream_zero;");
  CHECK(after(frame(Type::data, 0, 1, std::string(20000, 'x'))) == "1:>!long_frame_data;");
  CHECK(after(request(3, "/") + frame(Type::rst_stream, 0, 3, be(0, 4)) + request(3, "/again")) ==
        "3:GET / HTTP/2>;3:GET /again HTTP/2>!stream_id_reuse?");
  CHECK(after(frame(Type::headers, kEndHeaders, 1, block({{":authority", "u@a"}, {"host", "b"}}))) ==
        "1:  HTTP/2>!userinfo_in_uri!authority_host_mismatch?");
  CHECK(after(frame(Type::headers, 0, 1, std::string(60000, 'x')) +
              frame(Type::continuation, 0, 1, std::string(60000, 'x'))) == "1:>!reassembly_limit_reached?");
  std::string many = request(1, "/", 0);
  for (int i = 0; i < 70; ++i) many += frame(Type::window_update, 0, 1, be(1, 4));
  CHECK(after(many) == "1:GET / HTTP/2>!too_many_frames?");
}

TEST_CASE("http2: DNS messages in bodies and URIs are transactions of DNS, whatever form they came in") {
  const std::string query("\0\0\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1", 19);
  std::string answer = query;
  answer[2] = '\x81';
  const auto names = [](Peers& p) {
    std::string out;
    for (Transaction* t = p.parser.transactions().first(); t != nullptr; t = TransactionList::next(*t))
      if (const auto* tx = tx_cast<dns::DnsTransaction>(t))
        out += std::string(tx->valid ? "" : "?") + (tx->direction() == kClient ? ">" : "<") +
               std::string(tx->message.view(tx->message.questions.at(0).name)) +
               (tx->protocol() == AppProto::dns ? ";" : "!");
    return out;
  };
  Peers post;
  post.client(std::string(kPreface) +
              frame(Type::headers, kEndHeaders, 1,
                    block({{":method", "POST"}, {"content-type", "application/dns-message"}})) +
              frame(Type::data, 0, 1, query.substr(0, 5)) +
              frame(Type::data, kEndStream, 1, query.substr(5)));
  CHECK(post.outcome.turns_out == AppProto::doh2);
  post.server(frame(Type::headers, kEndHeaders, 1,
                    block({{":status", "200"}, {"content-type", "application/dns-message"}})) +
              frame(Type::data, kEndStream, 1, answer));
  CHECK(names(post) == ">a;<a;");
  Peers get;
  get.client(std::string(kPreface) + frame(Type::headers, kEndHeaders | kEndStream, 1,
                                           block({{":path", "/q?x=1&dns=AAABAAABAAAAAAAAAWEAAAEAAQ"},
                                                  {"accept", "application/dns-message"}})));
  CHECK(names(get) == ">a;");
  Peers other;
  other.client(std::string(kPreface) + request(1, "/q?dns=AAABAAABAAAAAAAAAWEAAAEAAQ"));
  CHECK(names(other).empty());
  CHECK(other.outcome.turns_out == AppProto::unknown);
}

TEST_CASE("http2: bytes that are missing belong to a body, or end the parsing") {
  Peers p;
  p.client(std::string(kPreface) + request(1, "/a"));
  p.server(response(1, "200") + frame(Type::data, kEndStream, 1, "abcdef").substr(0, 11));
  REQUIRE(p.parser.on_gap(kServer, 3));
  p.server("f");
  CHECK(p.all() == "1:GET /a HTTP/2>HTTP/2 200/6;");
  CHECK(p.tx(0).response.files[0]->has_gaps);
  CHECK_FALSE(p.parser.on_gap(kServer, 1));
}

TEST_CASE("http2: the last bytes of a body do not wait for the next frame") {
  Peers p;
  p.client(std::string(kPreface) + request(1, "/a"));
  p.server(response(1, "200") + frame(Type::data, kEndStream, 1, "abcdef").substr(0, 9));
  CHECK(p.outcome.need <= 1);
  p.server("abc").server("def");
  CHECK(p.all() == "1:GET /a HTTP/2>HTTP/2 200/6;");
}

TEST_CASE("http2: every truncation of a conversation ends in good order") {
  const std::string text = std::string(kPreface) + frame(Type::settings, 0, 0, be(1, 2) + be(77, 4)) +
                           request(1, "/a", 0) +
                           frame(Type::data, kEndStream | kPadded, 1,
                                 std::string("\x01"
                                             "body",
                                             5) +
                                     "p");
  for (std::size_t n = 0; n <= text.size(); ++n) {
    CAPTURE(n);
    Peers p;
    p.say(kClient, std::string_view(text).substr(0, n), true);
    CHECK(p.outcome.status == Status::ok);
  }
}

TEST_CASE("http2: no more streams and header bytes are kept than the limits say") {
  Http2Settings few;
  few.max_streams = 4;
  Peers p(few);
  p.client(kPreface);
  for (std::uint32_t id = 1; id < 40; id += 2) p.client(request(id, "/", 0));
  std::size_t open = 0;
  for (Transaction* t = p.parser.transactions().first(); t != nullptr; t = TransactionList::next(*t))
    open += !t->ended();
  CHECK(open <= 4);
}

TEST_CASE("http2: a promise is the server's, and about no request that a client has made") {
  Peers p;
  p.client(std::string(kPreface) + request(1, "/a", 0));
  p.server(frame(Type::push_promise, kEndHeaders, 1, be(1, 4) + block({{":path", "/other"}})));
  CHECK(p.outcome.status == Status::error);
  CHECK(p.all() == "1:GET /a HTTP/2>!invalid_frame_data?");
  Peers client;
  client.client(std::string(kPreface) +
                frame(Type::push_promise, kEndHeaders, 1, be(2, 4) + block({{":path", "/"}})));
  CHECK(client.outcome.status == Status::error);
}

TEST_CASE("http2: frames about streams that have not begun take no place of those that have") {
  Http2Settings few;
  few.max_streams = 4;
  Peers p(few);
  p.client(std::string(kPreface) +
           frame(Type::headers, kEndHeaders, 1, block({{":method", "POST"}, {":path", "/up"}})) +
           frame(Type::data, 0, 1, "one"));
  for (std::uint32_t id = 3; id < 9; id += 2) p.client(frame(Type::priority, 0, id, be(0, 4) + "\x01"));
  p.client(frame(Type::data, kEndStream, 1, "two"));
  CHECK(p.tx(0).request.body_bytes == 6);
}

TEST_CASE("http2: a stream that has a priority is told of when it has ended, as one with what it becomes") {
  const auto priority = [](std::uint32_t id, char weight) {
    return frame(Type::priority, 0, id, be(0, 4) + weight);
  };
  const std::array<std::uint8_t, 2> begun{0, 0};
  Peers p;
  p.client(std::string(kPreface) + priority(3, '\x07') + priority(5, '\x08') + request(3, "/a"));
  REQUIRE(p.parser.transactions().next_id() == 2);
  CHECK(p.tx(0).request.path() == "/a");
  CHECK(p.tx(0).framed->side(kClient).priorities.size() == 1);
  CHECK(p.tx(1).progress == begun);
  p.client(priority(1, '\x09'));  // it can begin no more
  CHECK(p.tx(2).progress != begun);
  for (std::uint32_t id = 101; id < 201; id += 2) p.client(priority(id, '\x09'));
  std::size_t open = 0;
  for (std::uint64_t id = 0; id < p.parser.transactions().next_id(); ++id) open += p.tx(id).progress == begun;
  CHECK(open == kMaxIdleStreams - 1);  // one has begun
}

TEST_CASE("http2: fields of one name are put together whatever hash others have") {
  std::vector<std::pair<std::string_view, std::string_view>> fields{{"b", "0"}, {"a", "1"}};
  for (const auto value : {"2", "3", "4"}) fields.emplace_back("a", value);
  Peers p;
  p.client(std::string(kPreface) + frame(Type::headers, kEndHeaders, 1, block(fields)));
  CHECK(p.tx(0).request.header("a") == "1, 2, 3, 4");
  CHECK(p.tx(0).request.header("b") == "0");
}

TEST_CASE("http2: a message of DNS that is too long, or that has a hole, is none") {
  const std::string type = block({{":method", "POST"}, {"content-type", "application/dns-message"}});
  Peers p;
  p.client(std::string(kPreface) + frame(Type::headers, kEndHeaders, 1, type));
  for (int i = 0; i < 5; ++i) p.client(frame(Type::data, 0, 1, std::string(16000, 'x')));
  p.client(frame(Type::data, kEndStream, 1));
  CHECK(p.parser.transactions().next_id() == 1);
  CHECK(p.tx(0).framed->side(kClient).carried.capacity() == 0);
  CHECK(p.all().find("dns_request_too_long") != std::string::npos);
  Peers hole;
  hole.client(std::string(kPreface) + frame(Type::headers, kEndHeaders, 1, type) +
              frame(Type::data, kEndStream, 1, "0123456789").substr(0, 12));
  CHECK(hole.parser.on_gap(kClient, 7));
  CHECK(hole.parser.transactions().next_id() == 1);
}
