#include <doctest/doctest.h>

#include <string>

#include "decoders/app/http/parser.h"
#include "output/eve_tx.h"

using namespace weir;
using namespace weir::output;

namespace {

Bytes bytes_of(std::string_view s) {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

struct Given final : Settings {
  std::string all, bodies;
  std::vector<std::string> custom;
  bool extended = true;
  [[nodiscard]] std::optional<std::string> text(std::string_view path) const override {
    if (path == "extended") return extended ? "yes" : "no";
    if (path == "dump-all-headers" && !all.empty()) return all;
    if (path == "alert.http-body" && bodies == "plain") return "yes";
    if (path == "alert.http-body-printable" && bodies == "printable") return "yes";
    return std::nullopt;
  }
  [[nodiscard]] std::vector<std::string> list(std::string_view path) const override {
    return path == "custom" ? custom : std::vector<std::string>{};
  }
  [[nodiscard]] bool has(std::string_view) const override { return false; }
};

std::string event(std::string_view request, std::string_view response, const Settings& settings,
                  bool in_alert = false) {
  const http::HttpSettings http_settings;
  http::HttpParser parser{http_settings};
  if (!request.empty()) (void)parser.parse({.direction = Direction::to_server, .data = bytes_of(request)});
  if (!response.empty()) (void)parser.parse({.direction = Direction::to_client, .data = bytes_of(response)});
  JsonWriter out;
  {
    const auto document = out.object();
    const auto writer = eve_http.configure(settings);
    if (in_alert)
      writer->write_in_alert(out, *parser.transactions().find(0));
    else
      CHECK(writer->write(out, *parser.transactions().find(0)));
  }
  return std::string(out.text());
}

constexpr std::string_view kRequest =
    "GET /a?b HTTP/1.1\r\nHost: H.org:81\r\nUser-Agent: ua\r\nReferer: r\r\nCookie: c\r\nX-Forwarded-For: "
    "1.2.3.4\r\n\r\n";
constexpr std::string_view kResponse =
    "HTTP/1.1 206 Part\r\nContent-Type: text/html; charset=x\r\nContent-Range: bytes "
    "0-1/9\r\nContent-Length: 2\r\n\r\nab";

}  // namespace

TEST_CASE("eve http: the extended event") {
  CHECK(event(kRequest, kResponse, no_settings()) ==
        R"({"http":{"hostname":"h.org","http_port":81,"url":"/a?b","http_user_agent":"ua","xff":"1.2.3.4",)"
        R"("http_content_type":"text/html","content_range":{"raw":"bytes 0-1/9","start":0,"end":1,"size":9},)"
        R"("http_refer":"r","http_method":"GET","protocol":"HTTP/1.1","status":206,"length":2}})");
}

TEST_CASE("eve http: the short event, and alerts that are extended all the same") {
  Given settings;
  settings.extended = false;
  CHECK(
      event(kRequest, "", settings) ==
      R"({"http":{"hostname":"h.org","http_port":81,"url":"/a?b","http_user_agent":"ua","xff":"1.2.3.4"}})");
  CHECK(event("GET / HTTP/1.0\r\n\r\n", "", settings, true) ==
        R"({"http":{"http_port":0,"url":"/","http_method":"GET","protocol":"HTTP/1.0","length":0}})");
}

TEST_CASE("eve http: single headers and all of them") {
  Given settings;
  settings.extended = false;
  settings.custom = {"cookie", "date"};
  settings.all = "response";
  CHECK(
      event("GET / HTTP/1.0\r\nCookie: c\r\n\r\n", "HTTP/1.0 200 OK\r\nA: 1\r\nB: 2\r\n\r\n", settings) ==
      R"({"http":{"http_port":0,"url":"/","request_headers":[{"name":"Cookie","value":"c"}],"response_headers":[{"name":"A","value":"1"},{"name":"B","value":"2"}]}})");
}

TEST_CASE(
    "eve http: chosen headers are lists of their side, spelled as they came, and nothing where there are "
    "none") {
  Given settings;
  settings.extended = false;
  settings.custom = {"x-id", "Server", "etag", "www-authenticate"};
  CHECK(event("GET / HTTP/1.0\r\nX-ID: 1\r\nServer: none\r\nx-id: 2\r\n\r\n",
              "HTTP/1.0 200 OK\r\nWWW-Authenticate: a\r\nServer: s\r\n\r\n", settings) ==
        R"({"http":{"http_port":0,"url":"/","request_headers":[{"name":"X-ID","value":"1, 2"}],)"
        R"("response_headers":[{"name":"Server","value":"s"},{"name":"WWW-Authenticate","value":"a"}]}})");
  CHECK(event("GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n", settings) ==
        R"({"http":{"http_port":0,"url":"/"}})");
}

TEST_CASE("eve http: alerts show bodies when they are asked to, events do not") {
  constexpr std::string_view kPost = "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\na\nb";
  constexpr std::string_view kPage = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi";
  const std::string common =
      R"({"http":{"http_port":0,"url":"/","http_method":"POST","protocol":"HTTP/1.0","status":200,"length":2)";
  Given settings;
  CHECK(event(kPost, kPage, settings, true) == common + "}}");
  settings.bodies = "printable";
  CHECK(event(kPost, kPage, settings, true) ==
        common + R"(,"http_request_body_printable":"a\nb","http_response_body_printable":"hi"}})");
  settings.bodies = "plain";
  CHECK(event(kPost, kPage, settings, true) ==
        common + R"(,"http_request_body":"YQpi","http_response_body":"aGk="}})");
  CHECK(event(kPost, kPage, settings) == common + "}}");
}

TEST_CASE("eve http: redirects, odd states and requests that were not seen") {
  CHECK(
      event("GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 301 x\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n",
            no_settings()) ==
      R"({"http":{"http_port":0,"url":"/","http_method":"GET","protocol":"HTTP/1.0","status":301,"redirect":"/y","length":0}})");
  CHECK(
      event("GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 2xx x\r\n\r\n", no_settings()) ==
      R"({"http":{"http_port":0,"url":"/","http_method":"GET","protocol":"HTTP/1.0","status_string":"2xx","length":0}})");
  CHECK(event("", "HTTP/1.0 200 x\r\nContent-Length: 0\r\n\r\n", no_settings()) ==
        R"({"http":{"http_port":0,"url":"/libhtp::request_uri_not_seen","status":200,"length":0}})");
}
