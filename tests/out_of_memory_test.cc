// Allocations that fail, one after the other and many at once, while packets are inspected: nothing breaks, policies
// decide, and what comes when there is memory again is judged as ever. A program of its own, as it replaces operator
// new, and what OpenSSL allocates with. Under AddressSanitizer slabs are plain heap, so that there every allocation is a place to fail at.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <openssl/crypto.h>

#include "decoders/app/file_writer.h"
#include "decoders/digest.h"
#include "engine/capture/capture_source.h"
#include "tests/engine/pipeline/inline_run.h"

namespace {

// Of this thread: allocations so far, and those that fail.
struct Failures {
  bool armed = false;
  std::uint64_t count = 0, first = 0, last = 0;
};
thread_local constinit Failures failures;

bool fails() {
  if (!failures.armed) return false;
  const std::uint64_t n = failures.count++;
  return n >= failures.first && n < failures.last;
}
void* allocate(std::size_t bytes) {
  return fails() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
}

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t bytes) {
  if (void* const at = allocate(bytes)) return at;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes); }
[[gnu::noinline]] void operator delete(void* at) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete(void* at, std::size_t) noexcept { std::free(at); }

namespace {

// Only before OpenSSL allocates for the first time.
const bool openssl_asks_us =
    CRYPTO_set_mem_functions([](std::size_t bytes, const char*, int) { return allocate(bytes); },
                             [](void* at, std::size_t bytes, const char*, int) {
                               return fails() ? nullptr : std::realloc(at, bytes);
                             },
                             [](void* at, const char*, int) { std::free(at); }) == 1;

}  // namespace

using namespace weir;
using namespace weir::engine;
using weir::test::Connection;
using weir::test::FrameAddress;
using weir::test::InlineRun;

namespace {

constexpr std::string_view kRules =
    "alert ip any any -> any any (msg:\"any\"; itype:8; sid:1;)\n"
    "drop http any any -> any any (msg:\"secret\"; flow:established,to_server; http.uri; content:\"/secret\"; sid:2;)\n"
    "alert http any any -> any any (msg:\"page\"; http.uri; content:\"/\"; flowbits:set,page; sid:3;)\n"
    "alert http any any -> any any (msg:\"body\"; flowbits:isset,page; file.data; content:\"e\"; pcre:\"/[a-z]+e/\"; sid:4;)\n"
    "alert http any any -> any any (msg:\"header\"; http.header; to_lowercase; content:\"e\"; xbits:set,x,track ip_src,expire 9; sid:5;)\n"
    "alert dns any any -> any any (msg:\"name\"; dns.query; content:\"example\"; threshold:type limit,track by_src,count 2,seconds 9; sid:6;)\n"
    "alert tls any any -> any any (msg:\"tls\"; tls.sni; content:\"e\"; sid:7;)\n"
    "alert tcp any any -> any any (msg:\"stream\"; flow:established; content:\"HTTP\"; content:\"e\"; distance:0; sid:8;)\n"
    "drop udp any any -> any 5000 (msg:\"datagram\"; content:\"forbidden\"; sid:9;)\n"
    "alert tcp any any -> any any (msg:\"replaced\"; content:\"wonderful day\"; replace:\"tolerable eve\"; sid:10;)\n";

// Frames of the captures among the examples, and some that are not in them: fragments, segments out of order, a drop.
std::vector<std::string> traffic() {
  std::vector<std::string> out;
  auto source = open_capture_files({.paths = {WEIR_EXAMPLE_CAPTURES}, .bpf = {}});
  REQUIRE(source.has_value());
  for (RawPacket raw; (*source)->next(raw) == CaptureSource::Next::packet;)
    out.emplace_back(reinterpret_cast<const char*>(raw.bytes.data()), raw.bytes.size());
  Connection c({0x0a000005, 41000}, {0x0a000006, 80});
  for (std::string& frame : c.handshake()) out.push_back(std::move(frame));
  const std::string request = "GET /late HTTP/1.1\r\nHost: example.com\r\nCookie: a wonderful day\r\n\r\n";
  const std::string first = c.client(request.substr(0, 20)), second = c.client(request.substr(20));
  out.insert(out.end(), {second, first, second});
  out.push_back(c.server("HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + std::string(1300, 'e')));
  for (int i = 0; i < 4; ++i) {
    const std::string skipped = c.server(std::string(700, 'e'));
    out.push_back(c.server(std::string(900, 'x')));
    out.push_back(skipped);
  }
  out.push_back(test::udp_frame({0x0a000005, 999}, {0x0a000006, 5000}, "forbidden words"));
  const std::string datagram = test::udp_frame({0x0a000005, 998}, {0x0a000006, 5000}, std::string(48, 'a') + "forbidden");
  for (const bool last : {true, false}) {  // its two fragments, the wrong way round
    std::string fragment = datagram.substr(0, 34) + (last ? datagram.substr(34 + 32) : datagram.substr(34, 32));
    fragment[17] = static_cast<char>(fragment.size() - 14);
    fragment[20] = static_cast<char>(last ? 0 : 0x20);
    fragment[21] = static_cast<char>(last ? 4 : 0);
    out.push_back(fragment);
  }
  return out;
}

// A connection that asks for what rules drop, and one that does not.
struct Probe {
  std::string page, secret;  // verdicts
};
std::string ask(InlineRun& run, std::uint16_t port, std::string_view page) {
  Connection c({0x0a000007, port}, {0x0a000006, 80});
  std::string out = run.play_all(c.handshake());
  out += run.play(c.client(std::string("GET ").append(page).append(" HTTP/1.1\r\nHost: a\r\n\r\n")));
  return out;
}
Probe probe(InlineRun& run) { return {.page = ask(run, 42000, "/page"), .secret = ask(run, 42001, "/secret")}; }

using Parts = std::shared_ptr<const test::InlineParts>;
Parts with_policy(std::string_view policy) {
  return std::make_shared<const test::InlineParts>(
      kRules, std::string("stream: {midstream: yes, midstream-policy: ignore}\nexception-policy: ").append(policy));
}
const Parts& open_parts() {
  static const Parts parts = with_policy("ignore");
  return parts;
}
const Parts& closed_parts() {
  static const Parts parts = with_policy("drop-flow");
  return parts;
}

// The last two frames are the fragments of a datagram that is dropped.
struct Result {
  std::string verdicts;
  std::uint64_t allocations = 0, out_of_memory = 0, alerts_behind = 0;
  Probe probe;
};

// Allocations [first, last) of the inspection fail.
Result play(const std::vector<std::string>& frames, const Parts& parts, std::uint64_t first, std::uint64_t last) {
  Result out;
  InlineRun run(parts);
  out.verdicts.reserve(frames.size());
  run.lines.reserve(100'000);
  failures = {.armed = true, .count = 0, .first = first, .last = last};
  for (const std::string& frame : frames) out.verdicts.push_back(run.play(frame));
  if (last == UINT64_MAX) run.finish();
  failures.armed = false;
  out.allocations = failures.count;
  out.out_of_memory = run.pipeline.counters().out_of_memory;
  const std::uint64_t before = run.pipeline.counters().detect_alert;
  out.probe = probe(run);
  out.alerts_behind = run.pipeline.counters().detect_alert - before;
  run.finish();
  return out;
}

// About `rounds` places to fail at, spread over all of them.
template <class F>
void at_places(std::uint64_t allocations, std::uint64_t rounds, F&& f) {
  const std::uint64_t step = std::max<std::uint64_t>(allocations / rounds, 1);
  for (std::uint64_t n = 0; n < allocations; n += step) f(n);
}

constexpr std::uint64_t kRounds = 400;

}  // namespace

TEST_CASE("out of memory: one allocation that fails stops nobody's traffic with open policies") {
  const auto frames = traffic();
  const Result normal = play(frames, open_parts(), 0, 0);
  REQUIRE(normal.probe.secret == "aaad");
  REQUIRE(normal.out_of_memory == 0);
  at_places(normal.allocations, kRounds, [&](std::uint64_t n) {
    CAPTURE(n);
    const Result got = play(frames, open_parts(), n, n + 1);
    for (std::size_t i = 0; i < frames.size(); ++i) {
      CAPTURE(i);
      if (normal.verdicts[i] == 'a') CHECK(got.verdicts[i] == 'a');
    }
    CHECK(got.probe.page == "aaaa");
    CHECK(got.probe.secret == "aaad");
    CHECK(got.alerts_behind == normal.alerts_behind);
  });
}

TEST_CASE("out of memory: what would be dropped does not pass uninspected with closed policies") {
  const auto frames = traffic();
  const Result normal = play(frames, closed_parts(), 0, 0);
  at_places(normal.allocations, kRounds, [&](std::uint64_t n) {
    for (const std::uint64_t failing : {std::uint64_t{1}, std::uint64_t{50}}) {
      CAPTURE(n);
      CAPTURE(failing);
      const Result got = play(frames, closed_parts(), n, n + failing);
      const std::size_t fragments = frames.size() - 2;
      for (std::size_t i = 0; i < fragments; ++i) {
        CAPTURE(i);
        if (normal.verdicts[i] != 'a') CHECK(got.verdicts[i] != 'a');
      }
      CHECK(got.verdicts.substr(fragments) != "aa");  // one alone is no datagram
      CHECK(got.probe.secret == "aaad");
    }
  });
}

TEST_CASE("out of memory: a time without any memory is lived through, counted, and over when it is over") {
  const auto frames = traffic();
  const Result normal = play(frames, open_parts(), 0, 0);
  at_places(normal.allocations, kRounds / 8, [&](std::uint64_t n) {
    CAPTURE(n);
    for (const Parts& parts : {open_parts(), closed_parts()}) {
      const Result got = play(frames, parts, n, UINT64_MAX);
      CHECK(got.verdicts.size() == frames.size());
      CHECK(got.verdicts.find('r') == std::string::npos);
      if (n == 0) CHECK(got.out_of_memory > 0);  // later ones may be refused as at memory caps
      CHECK(got.probe.page == "aaaa");
      CHECK(got.probe.secret == "aaad");
      CHECK(got.alerts_behind == normal.alerts_behind);
    }
  });
}

TEST_CASE("out of memory: every flow ends with its run, and its event is written or counted as lost") {
  constexpr std::uint16_t kFlows = 200;
  InlineRun run(open_parts());
  for (std::uint16_t port = 1000; port < 1000 + kFlows; ++port)
    run.play(test::udp_frame({0x0a000009, port}, {0x0a000006, 5001}, "some words"));
  REQUIRE(run.pipeline.flows().size() == kFlows);
  run.lines.reserve(100'000);
  failures = {.armed = true, .count = 0, .first = 0, .last = UINT64_MAX};
  run.finish();
  failures.armed = false;
  CHECK(run.pipeline.flows().size() == 0);
  CHECK(run.pipeline.counters().flow_end_new + run.pipeline.counters().out_of_memory >= kFlows);
}

TEST_CASE("out of memory: with closed policies no frame passes that could not be normalised") {
  std::string frame = test::udp_frame({0x0a000009, 999}, {0x0a000006, 5001}, "some words");
  frame[20] = static_cast<char>(0x80);  // the reserved flag of IP
  bool reached = false;
  for (std::uint64_t n = 0; n < 40; ++n) {
    CAPTURE(n);
    InlineRun run(closed_parts());
    failures = {.armed = true, .count = 0, .first = n, .last = n + 1};
    const char verdict = run.play(frame);
    failures.armed = false;
    const bool is_rewritten = run.pipeline.outcome().replaced;
    CHECK((verdict != 'a') == !is_rewritten);
    reached |= is_rewritten;
    const Counters& counters = run.pipeline.counters();
    CHECK(counters.ips_accepted + counters.ips_replaced == (verdict == 'a' ? 1 : 0));
    CHECK(counters.ips_blocked == (verdict == 'a' ? 0 : 1));
  }
  CHECK(reached);
}

namespace {

// f() with each of its allocations failing once, up to the run in which all of them succeed. It comes to its end, or says by an
// exception that it did not.
template <class F>
void with_each_failing(F&& f) {
  for (std::uint64_t n = 0;; ++n) {
    CAPTURE(n);
    REQUIRE(n < 1000);
    failures = {.armed = true, .count = 0, .first = n, .last = n + 1};
    bool done = false;
    try {
      f();
      done = true;
    } catch (const std::bad_alloc&) {
    }
    failures.armed = false;
    const bool failed = failures.count > n;
    CHECK(done != failed);
    if (!failed) break;
  }
}

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

TEST_CASE("out of memory: a hash that OpenSSL has no memory for is not left out without a word") {
  REQUIRE(openssl_asks_us);
  look_up_digests();
  constexpr std::string_view kOfAbc = "a9993e364706816aba3e25717850c26c9cd0d89d";  // FIPS 180-4, its example
  with_each_failing([&] {
    RunningDigest running(Hash::sha1);
    running.add(bytes_of("a"));
    running.add(bytes_of("bc"));
    const DigestValue value = running.finish();
    failures.armed = false;
    CHECK(hex(value.view()) == std::string(kOfAbc));
  });
  with_each_failing([&] {
    const DigestValue value = digest(Hash::sha1, bytes_of("abc"));
    failures.armed = false;
    CHECK(hex(value.view()) == std::string(kOfAbc));
  });
}

TEST_CASE(
    "out of memory: pieces of a file that wait or are kept are counted as long as they are there, and no "
    "longer") {
  for (std::uint64_t n = 0; n < 60; ++n) {
    CAPTURE(n);
    FlowFiles flow;
    const auto budget = flow.budget();
    {
      FileList files;
      FileWriter writer;
      const FileFacts wanted{.md5 = true, .store = true, .store_all = true};
      failures = {.armed = true, .count = 0, .first = n, .last = n + 1};
      for (int step = 0; step < 5; ++step) {
        try {
          switch (step) {
            case 0: writer.open(files, flow, {.name = "a"}, {.time = 0, .wanted = wanted}); break;
            case 1: writer.piece(20, bytes_of("which is later")); break;
            case 2: writer.piece(10, bytes_of("later, too")); break;
            case 3: writer.piece(0, bytes_of("the begin.")); break;
            default: writer.close(FileState::closed);
          }
        } catch (const std::bad_alloc&) {
        }
      }
      failures.armed = false;
    }
    CHECK(budget->used() == 0);
  }
}
