#include <tuple>

#include <doctest/doctest.h>

#include <string>

#include "decoders/app/http/parser.h"
#include "decoders/app/protocol_ids.h"
#include "rules/compile/file_check.h"
#include "rules/keywords/http_buffers.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;
using test::bytes_of;
using test::http_with;

namespace {

constexpr std::string_view kRequest =
    "POST /A%42/../c.php?q=%31 HTTP/1.1\r\nHost: WWW.Example.com:8080\r\nUser-Agent: agent\r\nCookie: k=v\r\n"
    "Accept: a/b\r\nX: 1\r\nX: 2\r\nReferer: ref\r\nContent-Type: text/plain\r\nContent-Length: "
    "4\r\n\r\nbody";
constexpr std::string_view kResponse =
    "HTTP/1.1 302 Found it\r\nServer: srv\r\nLocation: /there\r\nSet-Cookie: s=1\r\nContent-Length: "
    "5\r\n\r\nreply";

struct Talk {
  http::HttpSettings settings;
  http::HttpParser parser{settings};
  BufferArena arena;
  Talk() {
    (void)parser.parse({.direction = Direction::to_server, .data = bytes_of(kRequest)});
    (void)parser.parse({.direction = Direction::to_client, .data = bytes_of(kResponse)});
  }
  Transaction& tx() { return *parser.transactions().find(0); }

  // The buffer's instance as text, or "-" when there is none.
  std::string value(std::string_view keyword, Direction d, std::uint32_t index = 0) {
    for (const BufferSource& s : buffer_named(keyword).sources) {
      if (s.protocol != AppProto::http || s.direction != d) continue;
      if (const auto view = s.get({tx(), d, index, arena}))
        return {reinterpret_cast<const char*>(view->data.data()), view->data.size()};
    }
    return "-";
  }
};

bool file_matches(std::string_view options, const Transaction& tx, Direction d) {
  const auto one = http_with(options);
  REQUIRE_MESSAGE(one.signature != nullptr, one.error);
  REQUIRE(one.signature->tx_checks.size() == 1);
  return one.signature->tx_checks[0].check->matches(tx, d);
}

}  // namespace

TEST_CASE("http buffers: what each of them shows") {
  Talk talk;
  const Direction ts = Direction::to_server, tc = Direction::to_client;
  const struct {
    std::string_view buffer;
    Direction direction;
    std::string_view expected;
  } rows[] = {
      {"http.uri", ts, "/c.php?q=1"},
      {"http.uri.raw", ts, "/A%42/../c.php?q=%31"},
      {"http.method", ts, "POST"},
      {"http.request_line", ts, "POST /A%42/../c.php?q=%31 HTTP/1.1"},
      {"http.host", ts, "www.example.com"},
      {"http.host.raw", ts, "WWW.Example.com:8080"},
      {"http.user_agent", ts, "agent"},
      {"http.referer", ts, "ref"},
      {"http.accept", ts, "a/b"},
      {"http.accept_enc", ts, "-"},
      {"http.content_type", ts, "text/plain"},
      {"http.content_type", tc, "-"},
      {"http.content_len", ts, "4"},
      {"http.content_len", tc, "5"},
      {"http.cookie", ts, "k=v"},
      {"http.cookie", tc, "s=1"},
      {"http.protocol", ts, "HTTP/1.1"},
      {"http.request_body", ts, "body"},
      {"http.response_body", tc, "reply"},
      {"file.data", ts, "body"},
      {"file.data", tc, "reply"},
      {"file.name", ts, "/c.php"},
      {"http.stat_code", tc, "302"},
      {"http.stat_msg", tc, "Found it"},
      {"http.response_line", tc, "HTTP/1.1 302 Found it"},
      {"http.location", tc, "/there"},
      {"http.server", tc, "srv"},
      {"http.header", tc, "Server: srv\r\nLocation: /there\r\nContent-Length: 5\r\n"},
      {"http.header.raw", tc,
       "Server: srv\r\nLocation: /there\r\nSet-Cookie: s=1\r\nContent-Length: 5\r\n\r\n"},
      {"http.header_names", tc, "\r\nServer\r\nLocation\r\nSet-Cookie\r\nContent-Length\r\n\r\n"},
      {"http.start", tc,
       "HTTP/1.1 302 Found it\r\nServer: srv\r\nLocation: /there\r\nSet-Cookie: s=1\r\nContent-Length: "
       "5\r\n\r\n"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.buffer);
    CHECK(talk.value(row.buffer, row.direction) == row.expected);
    CHECK(talk.value(row.buffer, row.direction, 9) == "-");
  }
  CHECK(talk.value("http.request_header", ts, 4) == "X: 1, 2");
  CHECK(talk.value("http.response_header", tc, 1) == "Location: /there");
}

TEST_CASE("http buffers: a body that was looked at shows nothing more until there is more") {
  Talk talk;
  talk.tx().after_detection(Direction::to_client);
  CHECK(talk.value("http.response_body", Direction::to_client) == "-");
  CHECK(talk.value("file.data", Direction::to_client) == "-");
  CHECK(talk.value("http.request_body", Direction::to_server) == "body");
}

TEST_CASE("http keywords: patterns that could never match are refused") {
  for (const char* options :
       {"http.host; content:\"Example\";", "http.host; content:\"example\"; nocase;",
        "http.method; content:\"GET \";", "http.uri; urilen:x;", "urilen:5,other;", "urilen:70000;"}) {
    CAPTURE(options);
    CHECK(http_with(options).signature == nullptr);
  }
}

TEST_CASE("http keywords: lengths and contents of the URI") {
  for (const char* options :
       {"urilen:3<>20;", "urilen:<20,raw;", "uricontent:\"one\";", "uricontent:!\"one\"; nocase;",
        "content:\"a\"; http_uri; content:\"b\"; http_raw_uri;"}) {
    CAPTURE(options);
    const auto one = http_with(options);
    REQUIRE_MESSAGE(one.signature != nullptr, one.error);
    CHECK(one.signature->payload.empty());
    CHECK_FALSE(one.signature->buffers.empty());
  }
}

TEST_CASE("file keywords: all conditions are about the same file") {
  Talk talk;
  const Direction ts = Direction::to_server;
  CHECK(file_matches("fileext:\"PHP\";", talk.tx(), ts));
  CHECK_FALSE(file_matches("fileext:\"hp\";", talk.tx(), ts));
  CHECK(file_matches("fileext:!\"exe\";", talk.tx(), ts));
  CHECK(file_matches("filename:\"C.P\";", talk.tx(), ts));
  CHECK(file_matches("filesize:4;", talk.tx(), ts));
  CHECK_FALSE(file_matches("filesize:>4;", talk.tx(), ts));
  CHECK(file_matches("filename:\"c\"; fileext:\"php\"; filesize:<1KB;", talk.tx(), ts));
  CHECK_FALSE(file_matches("filename:\"c\"; fileext:\"exe\";", talk.tx(), ts));
}

TEST_CASE("filestore: direction and scope are read, and the rule has something to match on") {
  using Side = Filestore::Side;
  using Scope = Filestore::Scope;
  const std::tuple<const char*, Side, Scope, std::size_t> rows[] = {
      {"filestore;", Side::of_match, Scope::file, 1},
      {"filestore:request;", Side::to_server, Scope::file, 1},
      {"filestore:to_client, file;", Side::to_client, Scope::file, 1},
      {"filestore:both,tx;", Side::both, Scope::tx, 1},
      {"http.uri; content:\"a\"; filestore:response,tx;", Side::to_client, Scope::tx, 0},
      {"filestore:both,ssn;", Side::both, Scope::flow, 1},
      {"content:\"a\"; filestore:to_server,flow;", Side::to_server, Scope::flow, 0},
  };
  for (const auto& row : rows) {
    const auto [options, side, scope, checks] = row;
    CAPTURE(std::get<0>(row));
    const auto one = http_with(options);
    REQUIRE_MESSAGE(one.signature != nullptr, one.error);
    REQUIRE(one.signature->filestore.has_value());
    CHECK(one.signature->filestore->side == side);
    CHECK(one.signature->filestore->scope == scope);
    CHECK(one.signature->tx_checks.size() == checks);
    CHECK(one.signature->file_facts.store_chosen);
  }
  for (const char* options : {"filestore:up;", "filestore:both,all;", "filestore:both,tx,x;", "filestore; filestore;"}) {
    CAPTURE(options);
    CHECK(http_with(options).signature == nullptr);
  }
}

TEST_CASE("file keywords: what is refused") {
  for (const char* options : {"fileext:;", "filesize:large;", "filesize:sideways,<3;", "filemd5:/etc/passwd;",
                              "filesize:to_client,1; filesize:to_server,1;"}) {
    CAPTURE(options);
    CHECK(http_with(options).signature == nullptr);
  }
  CHECK(test::load("alert dns any any -> any any (fileext:\"a\"; sid:1;)").signature == nullptr);
}
