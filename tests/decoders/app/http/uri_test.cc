#include <doctest/doctest.h>

#include "decoders/app/http/uri.h"
#include "tests/decoders/app/http/http_test_util.h"

using namespace http_test;

TEST_CASE("http uri: what rules see of it") {
  const struct {
    std::string_view wire, normal;
  } rows[] = {
      {"/", "/"},
      {"/a/b?c=d", "/a/b?c=d"},
      {"/%41%6d", "/Am"},
      {"/a%2fb", "/a/b"},
      {"/a%zz%4", "/a%zz%4"},
      {"/%u0041%uff21", "/AA"},
      {"/a\\b", "/a/b"},
      {"//a///b", "/a/b"},
      {"/a/./b/../c", "/a/c"},
      {"/../../etc", "/etc"},
      {"/a/..", "/"},
      {"/a/.", "/a/"},
      {"/a?x=%41%2f..%2f", "/a?x=A/../"},
      {"/a?x+y", "/a?x+y"},
      {"/a#frag", "/a"},
      {"/a?", "/a?"},
      {"http://user@Host:80/p?q", "/p?q"},
      {"http://host", ""},
      {"*", "*"},
      {"host:8080/x", "host:8080/x"},
      {"/%2541", "/%41"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.wire);
    Flow flow;
    flow.request(fmt::format("GET {} HTTP/1.1\r\nHost: h\r\n\r\n", row.wire));
    CHECK(flow.tx().request.normalised_uri == row.normal);
    CHECK(flow.tx().request.uri.of(flow.tx().request.line) == row.wire);
  }
}

TEST_CASE("http uri: decoding twice when asked to") {
  http::HttpSettings twice;
  twice.double_decode_path = twice.double_decode_query = true;
  Flow flow{twice};
  flow.request("GET /%2541?%2542 HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(flow.tx().request.normalised_uri == "/A?B");
  CHECK(events(flow.tx()) == " double_encoded_uri");
  Flow once{twice};
  once.request("GET /%41?%42 HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(events(once.tx()).empty());
}

TEST_CASE("http uri: hosts and ports") {
  const struct {
    std::string_view uri, host_header, host, events;
    std::int32_t port;
  } rows[] = {
      {"/", "Example.Org.", "example.org", "", -1},
      {"/", "h:8080", "h", "", 8080},
      {"/", "[::1]:81", "[::1]", "", 81},
      {"/", "h:x", "h", " request_header_host_invalid", -1},
      {"/", "bad host", "bad host", " request_header_host_invalid", -1},
      {"http://a.b:90/", "a.b:90", "a.b", "", 90},
      {"http://a.b:90/", "a.b:91", "a.b", " host_header_ambiguous", 90},
      {"http://a..b/", "a..b", "a..b", " request_uri_host_invalid request_header_host_invalid", -1},
  };
  for (const auto& row : rows) {
    CAPTURE(row.host_header);
    Flow flow;
    flow.request(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", row.uri, row.host_header));
    CHECK(flow.tx().request.hostname == row.host);
    CHECK(flow.tx().request.port == row.port);
    CHECK(events(flow.tx()) == row.events);
  }
}
