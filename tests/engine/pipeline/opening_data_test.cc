// Data that come while a connection opens: rules about established connections see them when they come, and only then.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/engine/pipeline/inline_run.h"

using namespace weir;
using weir::test::Connection;
using weir::test::FrameAddress;
using weir::test::InlineRun;

namespace {

constexpr FrameAddress kOpeningClient{0x0a000001, 40000}, kOpenedServer{0x0a000002, 80};
constexpr std::uint8_t kOpenAck = tcp_flag::ack, kOpenData = tcp_flag::ack | tcp_flag::psh;
constexpr std::uint32_t kOpeningIsn = 1000, kOpenedIsn = 5000;
constexpr std::string_view kOpeningRequest = "GET /forbidden HTTP/1.1\r\nHost: a\r\n\r\n";
const std::vector<std::string_view> kOpeningRules{
    "drop http any any -> any any (flow:established,to_server; http.uri; content:\"/forbidden\"; sid:1;)",
    "drop tcp any any -> any any (flow:established,to_server; content:\"/forbidden\"; sid:2;)",
    "drop tcp any any -> any any (flow:established,to_server; pcre:\"/forb?idden/\"; sid:3;)",
    "drop http any any -> any any (flow:established,to_server; frame:http1.request; content:\"/forbidden\"; "
    "sid:4;)",
    "drop tcp any any -> any any (flow:established,to_server; app-layer-protocol:http; sid:5;)",
};

std::string from_client(std::uint8_t flags, std::string_view data = "", std::size_t before = 0,
                        std::string_view options = "") {
  const std::uint32_t at =
      kOpeningIsn + ((flags & tcp_flag::syn) != 0 ? 0 : 1) + static_cast<std::uint32_t>(before);
  const std::uint32_t ack = (flags & kOpenAck) != 0 ? kOpenedIsn + 1 : 0;
  return weir::test::tcp_frame(kOpeningClient, kOpenedServer, flags, at, ack, data, options);
}

std::string from_server(std::uint8_t flags, std::size_t confirmed = 0, std::string_view data = "") {
  const std::uint32_t at = kOpenedIsn + ((flags & tcp_flag::syn) != 0 ? 0 : 1);
  return weir::test::tcp_frame(kOpenedServer, kOpeningClient, flags, at,
                               kOpeningIsn + 1 + static_cast<std::uint32_t>(confirmed), data);
}
constexpr std::string_view kFastOpenOption =
    "\x22\x0a"
    "cookie!!\x01\x01";  // RFC 7413 4.1, padded

std::vector<std::string> begun_handshake() {
  return {from_client(tcp_flag::syn), from_server(tcp_flag::syn | kOpenAck)};
}

// How each of these frames ends under each of the rules, alone: the verdicts, when they are the same for all.
std::string opening_verdicts(const std::vector<std::string>& frames, std::string_view settings = "") {
  std::string common;
  for (const std::string_view rule : kOpeningRules) {
    CAPTURE(rule);
    InlineRun run(rule, settings);
    const std::string of_rule = run.play_all(frames);
    if (common.empty()) common = of_rule;
    CHECK(of_rule == common);
  }
  return common;
}

}  // namespace

TEST_CASE("opening data: a request that completes the handshake is one of an established connection") {
  std::vector<std::string> frames = begun_handshake();
  frames.push_back(from_client(kOpenData, kOpeningRequest));
  CHECK(opening_verdicts(frames) == "aad");
}

TEST_CASE("opening data: a request that overtakes the bare acknowledgment is dropped, and what follows it") {
  std::vector<std::string> frames = begun_handshake();
  frames.push_back(from_client(kOpenData, kOpeningRequest));
  frames.push_back(from_client(kOpenAck));
  CHECK(opening_verdicts(frames) == "aadd");
}

TEST_CASE("opening data: so is one that ends its side at once") {
  std::vector<std::string> frames = begun_handshake();
  frames.push_back(from_client(kOpenData | tcp_flag::fin, kOpeningRequest));
  CHECK(opening_verdicts(frames) == "aad");
}

TEST_CASE("opening data: a request in the SYN is seen by all rules about established connections") {
  const std::vector<std::string> frames{from_client(tcp_flag::syn, kOpeningRequest, 0, kFastOpenOption),
                                        from_server(tcp_flag::syn | kOpenAck, kOpeningRequest.size()),
                                        from_client(kOpenAck, "", kOpeningRequest.size())};
  CHECK(opening_verdicts(frames) == "ddd");
}

TEST_CASE("opening data: a SYN with a request is still one that opens a connection") {
  InlineRun run("drop tcp any any -> any any (flow:not_established,to_server; flags:S; sid:1;)");
  CHECK(run.play(from_client(tcp_flag::syn, kOpeningRequest, 0, kFastOpenOption)) == 'd');
}

TEST_CASE("opening data: the first segment of a connection that was picked up is looked at as any other") {
  CHECK(opening_verdicts({from_client(kOpenData, kOpeningRequest)}, "stream: {midstream: yes}\n") == "d");
}

TEST_CASE(
    "opening data: an answer that comes before the client's acknowledgment is of an established connection") {
  constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nforbidden";
  for (const std::string_view rule :
       {"drop http any any -> any any (flow:established,to_client; file.data; content:\"forbidden\"; sid:1;)",
        "drop tcp any any -> any any (flow:established,to_client; content:\"forbidden\"; sid:2;)"}) {
    CAPTURE(rule);
    InlineRun run(rule);
    CHECK(run.play_all({from_client(tcp_flag::syn, kOpeningRequest, 0, kFastOpenOption),
                        from_server(tcp_flag::syn | kOpenAck, kOpeningRequest.size()),
                        from_server(kOpenData, kOpeningRequest.size(), answer)}) == "aad");
  }
}

namespace {

// Alerts in detect mode on the forbidden path in a URI, and in the stream.
std::string opening_alerts(const std::vector<std::string>& frames) {
  InlineRun run(
      "alert http any any -> any any (flow:established,to_server; http.uri; content:\"/forbidden\"; sid:1;)\n"
      "alert tcp any any -> any any (flow:established; content:\"/forbidden\"; sid:2;)",
      "", false);
  run.play_all(frames);
  run.finish();
  return std::string(run.count("\"signature_id\":1,"), '1') +
         std::string(run.count("\"signature_id\":2,"), '2');
}

}  // namespace

TEST_CASE("opening data: what the receiver left of a SYN does not hide what is sent in its place") {
  std::string decoy(kOpeningRequest);
  decoy.replace(decoy.find("forbidden"), 9, "innocent!");
  const std::size_t size = kOpeningRequest.size();
  for (const std::string_view options : {std::string_view(), kFastOpenOption})
    CHECK(opening_alerts({from_client(tcp_flag::syn, decoy, 0, options),
                          from_server(tcp_flag::syn | kOpenAck), from_client(kOpenAck),
                          from_client(kOpenData, kOpeningRequest), from_server(kOpenAck, size)}) == "12");
  // It took them, so these are the ones that it has.
  CHECK(opening_alerts({from_client(tcp_flag::syn, decoy, 0, kFastOpenOption),
                        from_server(tcp_flag::syn | kOpenAck, size), from_client(kOpenAck, "", size),
                        from_client(kOpenData, kOpeningRequest), from_server(kOpenAck, size)})
            .empty());
}

TEST_CASE("opening data: whether a SYN's data count its receiver says, not an option") {
  const std::size_t first = 8, size = kOpeningRequest.size();
  CHECK(opening_alerts({from_client(tcp_flag::syn, kOpeningRequest.substr(0, first)),
                        from_server(tcp_flag::syn | kOpenAck, first), from_client(kOpenAck, "", first),
                        from_client(kOpenData, kOpeningRequest.substr(first), first),
                        from_server(kOpenAck, size)}) == "12");
  InlineRun run(kOpeningRules[0]);
  CHECK(run.play_all({from_client(tcp_flag::syn, "GET /all"), from_server(tcp_flag::syn | kOpenAck, first),
                      from_client(kOpenAck, "", first)}) == "aaa");
}

TEST_CASE("opening data: rules see a SYN's data that nobody answers") {
  for (const bool prevent : {false, true}) {
    InlineRun run(
        "alert tcp any any -> any any (content:\"GET\"; startswith; content:\"|0d 0a|\"; endswith; sid:1;)",
        "", prevent);
    run.play(from_client(tcp_flag::syn, kOpeningRequest));
    run.finish();
    CHECK(run.count("\"signature_id\":1,") == 1);
  }
}

TEST_CASE("opening data: so it is with those of a SYN and acknowledgment") {
  const std::string page = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n/forbidden";
  std::string decoy = page;
  decoy.replace(decoy.find("forbidden"), 9, "innocent!");
  const auto of_client = [](std::size_t confirmed) {
    return weir::test::tcp_frame(kOpeningClient, kOpenedServer, kOpenAck, kOpeningIsn + 1,
                                 kOpenedIsn + 1 + static_cast<std::uint32_t>(confirmed));
  };
  CHECK(opening_alerts({from_client(tcp_flag::syn), from_server(tcp_flag::syn | kOpenAck, 0, page),
                        of_client(page.size())}) == "2");
  CHECK(opening_alerts({from_client(tcp_flag::syn), from_server(tcp_flag::syn | kOpenAck, 0, decoy),
                        of_client(0), from_server(kOpenData, 0, page), of_client(page.size())}) == "2");
  CHECK(opening_alerts({from_client(tcp_flag::syn), from_server(tcp_flag::syn | kOpenAck, 0, decoy),
                        of_client(page.size()), from_server(kOpenData, 0, page), of_client(page.size())})
            .empty());
}

TEST_CASE("opening data: of several SYNs those of the one that is answered count") {
  const auto other = [](std::uint8_t flags, std::uint32_t at, std::uint32_t ack, std::string_view data) {
    return weir::test::tcp_frame(kOpeningClient, kOpenedServer, flags, 70000 + at, ack, data);
  };
  const auto size = static_cast<std::uint32_t>(kOpeningRequest.size());
  CHECK(
      opening_alerts(
          {from_client(tcp_flag::syn, kOpeningRequest), other(tcp_flag::syn, 0, 0, "ABCD"),
           weir::test::tcp_frame(kOpenedServer, kOpeningClient, tcp_flag::syn | kOpenAck, kOpenedIsn, 70005),
           other(kOpenData, 5, kOpenedIsn + 1, kOpeningRequest),
           weir::test::tcp_frame(kOpenedServer, kOpeningClient, kOpenAck, kOpenedIsn + 1, 70005 + size)})
          .ends_with("2"));
}

TEST_CASE("opening data: inline nobody takes those of a SYN that was not looked at") {
  constexpr std::uint32_t later = 70000;
  const auto size = static_cast<std::uint32_t>(kOpeningRequest.size());
  CHECK(opening_verdicts({from_client(tcp_flag::syn),
                          weir::test::tcp_frame(kOpeningClient, kOpenedServer, tcp_flag::syn, later, 0,
                                                kOpeningRequest, kFastOpenOption),
                          weir::test::tcp_frame(kOpenedServer, kOpeningClient, tcp_flag::syn | kOpenAck,
                                                kOpenedIsn, later + 1 + size)}) == "aad");
}

TEST_CASE("opening data: a server may have taken the shorter of two copies of a SYN") {
  constexpr std::size_t kTaken = 4;
  const std::string_view rest = kOpeningRequest.substr(kTaken);
  CHECK(opening_alerts({from_client(tcp_flag::syn, kOpeningRequest.substr(0, kTaken), 0, kFastOpenOption),
                        from_client(tcp_flag::syn, kOpeningRequest.substr(0, 8), 0, kFastOpenOption),
                        from_server(tcp_flag::syn | kOpenAck, kTaken), from_client(kOpenAck, "", kTaken),
                        from_client(kOpenData, rest, kTaken),
                        from_server(kOpenAck, kOpeningRequest.size())}) == "12");
}
