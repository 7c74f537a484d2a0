// Rules replaced between packets, with flows alive.
#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "rules/set/program.h"
#include "tests/engine/reload_bench.h"

using namespace weir;
using namespace weir::engine;
using weir::test::FrameAddress;
using weir::test::ReloadBench;
using weir::test::Talk;
using weir::test::tcp_frame;
using weir::test::udp_frame;

namespace {

constexpr FrameAddress kClient{0x0a000001, 40000}, kOther{0x0a000005, 40001}, kServer{0x0a000002, 9000},
    kWeb{0x0a000003, 80};

// A rule that matches nothing: put in front it moves the numbers of all others.
constexpr std::string_view kShift = "pass udp any any -> any any (content:\"never-there\"; sid:900;)\n";

std::string shifted(std::string_view rules) {
  return std::string(kShift).append(rules);
}

}  // namespace

TEST_CASE(
    "reload: flow bits and variables that were set before mean the same afterwards, whatever their order") {
  ReloadBench b(
      "alert udp any any -> any any (content:\"set\"; flowbits:set,first; flowint:count,=,7; sid:1;)\n"
      "alert udp any any -> any any (content:\"bits\"; flowbits:isset,first; sid:2;)\n");
  b.frame(udp_frame(kClient, kServer, "set"));
  CHECK(b.sids() == "1");
  b.reload(
      "alert udp any any -> any any (content:\"x\"; flowbits:isset,other; sid:3;)\n"
      "alert udp any any -> any any (content:\"bits\"; flowbits:isset,first; flowint:count,==,7; sid:4;)\n"
      "alert udp any any -> any any (content:\"bits\"; flowbits:isset,another; sid:5;)\n");
  b.frame(udp_frame(kClient, kServer, "bits x"));
  CHECK(b.sids() == "4");
  b.reload(kShift);
  b.reload("alert udp any any -> any any (content:\"bits\"; flowbits:isset,first; sid:6;)\n");
  b.frame(udp_frame(kClient, kServer, "bits"));
  CHECK(b.sids() == "6");
}

TEST_CASE("reload: bits on hosts and thresholds go on") {
  constexpr std::string_view kRules =
      "alert udp any any -> any any (content:\"mark\"; xbits:set,bad,track ip_src,expire 100; sid:1;)\n"
      "alert udp any any -> any any (content:\"look\"; xbits:isset,bad,track ip_src; sid:2;)\n"
      "alert udp any any -> any any (content:\"third\"; threshold:type threshold,track by_src,count "
      "3,seconds 100; "
      "sid:3;)\n";
  ReloadBench b(kRules);
  b.frame(udp_frame(kClient, kServer, "mark"));
  b.frame(udp_frame(kClient, kServer, "third"));
  b.frame(udp_frame(kClient, kServer, "third"));
  CHECK(b.sids() == "1");
  b.reload("alert udp any any -> any any (content:\"q\"; xbits:isset,elsewhere,track ip_src; sid:4;)\n" +
           std::string(kRules));
  b.frame(udp_frame(kClient, kServer, "look third q"));
  CHECK(b.sids() == "2 3");
}

TEST_CASE("reload: a rule that was taken out is silent, a changed one has its new text, a new one is there") {
  ReloadBench b(
      "alert udp any any -> any any (content:\"gone\"; sid:1;)\n"
      "alert udp any any -> any any (content:\"old\"; sid:2; rev:1;)\n");
  b.frame(udp_frame(kClient, kServer, "gone old new fresh"));
  CHECK(b.sids() == "1 2");
  b.reload(
      "alert udp any any -> any any (content:\"new\"; sid:2; rev:2;)\n"
      "alert udp any any -> any any (content:\"fresh\"; sid:3;)\n");
  b.frame(udp_frame(kClient, kServer, "gone old"));
  CHECK(b.sids() == "");
  b.frame(udp_frame(kClient, kServer, "new fresh"));
  CHECK(b.sids() == "2 3");
}

TEST_CASE("reload: what began before it in a stream is found when it is completed") {
  constexpr std::string_view kRule = "alert tcp any any -> any any (content:\"needle\"; sid:1;)\n";
  for (const std::string& next : {std::string(kRule), shifted(kRule)}) {
    ReloadBench b(kRule);
    Talk talk(b, kClient, kServer);
    talk.open();
    talk.client("hay nee");
    b.reload(next);
    talk.client("dle hay");
    CHECK(b.sids() == "1");
    b.reload(kRule);
    talk.client("more hay");
    talk.close();
    b.finish();
    CHECK(b.sids() == "");
  }
}

TEST_CASE("reload: a new rule sees what of the stream is still there") {
  ReloadBench b(kShift);
  Talk talk(b, kClient, kServer);
  talk.open();
  talk.client("hay nee");
  b.reload("alert tcp any any -> any any (content:\"needle\"; sid:1;)\n");
  talk.client("dle hay");
  CHECK(b.sids() == "1");
}

TEST_CASE(
    "reload: rules that wait for more of a transaction go on waiting, those that alerted do not again") {
  constexpr std::string_view kRules =
      "alert http any any -> any any (http.uri; content:\"/login\"; sid:1;)\n"
      "alert http any any -> any any (http.uri; content:\"/login\"; http.request_body; content:\"secret\"; "
      "sid:2;)\n"
      "alert http any any -> any any (http.method; content:\"POST\"; http.request_body; content:\"nothing\"; "
      "sid:3;)\n";
  const std::vector<std::vector<std::string>> reloads{
      {}, {std::string(kRules)}, {shifted(kRules)}, {shifted(kRules), std::string(kRules), shifted(kRules)}};
  for (const auto& texts : reloads) {
    ReloadBench b(kRules);
    Talk talk(b, kClient, kWeb);
    talk.open();
    talk.client("POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nuser=a&pa");
    CHECK(b.sids() == "1");
    for (const std::string& text : texts) b.reload(text);
    talk.client("ss=secret!!");
    CHECK(b.sids() == "2");
    talk.server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    talk.close();
    b.finish();
    CHECK(b.sids() == "");
  }
}

TEST_CASE("reload: a flow that slept through very many reloads is known all the same") {
  constexpr std::string_view kRules =
      "alert http any any -> any any (http.uri; content:\"/login\"; sid:1;)\n";
  ReloadBench b(kRules);
  Talk talk(b, kClient, kWeb);
  talk.open();
  talk.client("POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nuser=a&pa");
  CHECK(b.sids() == "1");
  for (std::size_t i = 0; i < 50; ++i) b.reload(i % 2 == 0 ? shifted(kRules) : std::string(kRules));
  talk.client("ss=secret!!");
  CHECK(b.sids() == "");
}

TEST_CASE("reload: new rules are looked at on a transaction that is half there") {
  ReloadBench b(kShift);
  Talk talk(b, kClient, kWeb);
  talk.open();
  talk.client("POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nuser=a&pa");
  b.reload(
      "alert http any any -> any any (http.uri; content:\"/login\"; http.request_body; content:\"secret\"; "
      "sid:1;)\n");
  talk.client("ss=secret!!");
  CHECK(b.sids() == "1");
}

TEST_CASE("reload: rules that run once a flow run on flows that are there only when they are new") {
  const std::string old_rules =
      "alert ip 10.0.0.1 any -> any any (sid:1;)\n"
      "alert tcp any any -> any any (app-layer-protocol:http; sid:2;)\n";
  ReloadBench b(old_rules);
  Talk talk(b, kClient, kWeb);
  talk.open();
  talk.client("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  std::string first = b.sids();
  CHECK(std::count(first.begin(), first.end(), '1') == 1);
  CHECK(first.find('2') != std::string::npos);
  b.reload(shifted(old_rules));
  talk.client("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(b.sids() == "");
  b.reload(old_rules +
           "alert ip 10.0.0.1 any -> any any (sid:3;)\n"
           "alert tcp any any -> any any (flow:to_server; app-layer-protocol:http; sid:4;)\n");
  talk.client("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(b.sids() == "3 4");
  talk.client("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(b.sids() == "");
}

TEST_CASE("reload: what was decided of a flow stays when the rule that said so goes") {
  constexpr std::string_view kNext = "alert tcp any any -> any any (content:\"more\"; sid:9;)\n";
  SUBCASE("drop") {
    ReloadBench b("drop tcp any any -> any any (content:\"evil\"; sid:1;)\n");
    Talk talk(b, kClient, kServer);
    talk.open();
    CHECK(talk.client("evil") == Verdict::drop);
    b.reload(kNext);
    CHECK(talk.client("harmless") == Verdict::drop);
  }
  SUBCASE("pass") {
    ReloadBench b("pass tcp any any -> any any (content:\"friend\"; sid:1;)\n");
    Talk talk(b, kClient, kServer);
    talk.open();
    talk.client("friend");
    b.reload(kNext);
    talk.client("more");
    CHECK(b.sids() == "");
    Talk fresh(b, kOther, kServer);
    fresh.open();
    fresh.client("more");
    CHECK(b.sids() == "9");
  }
}

TEST_CASE("reload: what a rule has bypassed stays bypassed when the rule goes") {
  ReloadBench b("alert tcp any any -> any any (content:\"large\"; bypass; sid:1;)\n");
  Talk talk(b, kClient, kServer);
  talk.open();
  talk.client("large");
  CHECK(b.outcome().bypass);
  CHECK(b.sids() == "1");
  b.reload("drop tcp any any -> any any (content:\"more\"; sid:9;)\n");
  CHECK(talk.client("more") == Verdict::accept);  // the kernel need not have heard of it yet
  CHECK(b.outcome().bypass);
  CHECK(b.sids() == "");
  Talk fresh(b, kOther, kServer);
  fresh.open();
  CHECK(fresh.client("more") == Verdict::drop);
  CHECK(b.sids() == "9");
}

TEST_CASE("reload: a flow that was dropped by hand stays dropped") {
  ReloadBench b(kShift);
  Talk talk(b, kClient, kServer);
  talk.open();
  CHECK(talk.client("one") == Verdict::accept);
  b.drop_flows();
  b.reload("pass tcp any any -> any any (content:\"two\"; sid:9;)\n");
  CHECK(talk.client("two") == Verdict::drop);
}

TEST_CASE("reload: a pipeline can be destroyed in the midst of things, between rule sets too") {
  constexpr std::string_view kRules =
      "alert http any any -> any any (http.uri; content:\"/login\"; http.request_body; content:\"secret\"; sid:1;)\n"
      "alert tcp any any -> any any (content:\"a\"; content:\"z\"; flowbits:set,x; sid:2;)\n";
  for (const bool inline_mode : {false, true}) {
    ReloadBench b(kRules, inline_mode);
    Talk half(b, kClient, kWeb), plain(b, kOther, kServer);
    half.open();
    plain.open();
    half.client("POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nuser=a&pa");
    plain.client(std::string(3000, 'a'));
    b.reload(kShift);
    (void)b.frame(tcp_frame(kOther, kServer, tcp_flag::ack, 99'999, 1, "far ahead"));
    b.abandon();
  }
}

TEST_CASE("reload: data sets without a file keep the values that rules put in") {
  constexpr std::string_view kRules =
      "alert http any any -> any any (http.user_agent; dataset:set,agents,type string; sid:1;)\n";
  ReloadBench b(kRules);
  Talk talk(b, kClient, kWeb);
  talk.open();
  talk.client("GET / HTTP/1.1\r\nUser-Agent: x\r\n\r\n");
  CHECK(b.sids() == "1");
  b.reload(shifted(kRules));
  talk.client("GET / HTTP/1.1\r\nUser-Agent: x\r\n\r\n");
  CHECK(b.sids() == "");
  talk.client("GET / HTTP/1.1\r\nUser-Agent: y\r\n\r\n");
  CHECK(b.sids() == "1");
}

namespace {

// Connections of several kinds, interleaved, some of them left open.
void play(ReloadBench& bench, std::uint16_t connections, const std::function<void()>& between) {
  std::vector<Talk> talks;
  for (std::uint16_t i = 0; i < connections; ++i)
    talks.emplace_back(bench, FrameAddress{kClient.ip + i, static_cast<std::uint16_t>(41000 + i)},
                       i % 3 == 0 ? kServer : kWeb);
  const std::vector<std::string_view> requests{
      "POST /login?user=a HTTP/1.1\r\nHost: exam",
      "ple.com\r\nUser-Agent: curl\r\nContent-Length: 28\r\n\r\n0123456789", "pass=sec",
      "ret!6789abGET /second HTTP/1.1\r\n", "Host: b\r\n\r\n"};
  const std::vector<std::string_view> raw{"hello nee", "dle and nee", "dle", "flag", "check flag"};
  for (Talk& talk : talks) {
    talk.open();
    between();
  }
  for (std::size_t step = 0; step < requests.size(); ++step)
    for (std::size_t i = 0; i < talks.size(); ++i) {
      talks[i].client(i % 3 == 0 ? raw[step] : requests[step]);
      between();
      if (i % 3 != 0 && step == 3) talks[i].server("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello ");
      between();
      if (i % 3 != 0 && step == 4)
        talks[i].server("needleHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
      bench.frame(udp_frame({kClient.ip + static_cast<std::uint32_t>(i), 5353}, kServer, "ping ping"));
      between();
    }
  for (std::size_t i = 0; i < talks.size(); i += 2) talks[i].close();
  bench.finish();
}

// No rule here reads a flow bit that another one sets after it was looked at: such a one may match when its
// transaction is looked at again.
constexpr std::string_view kMixedRules =
    "alert tcp any any -> any any (content:\"needle\"; sid:1;)\n"
    "alert tcp any any -> any 9000 (content:\"flag\"; flowbits:set,f; flowbits:noalert; sid:2;)\n"
    "alert tcp any any -> any 9000 (content:\"check\"; flowbits:isset,f; sid:3;)\n"
    "alert http any any -> any any (http.uri; content:\"/login\"; http.request_body; content:\"secret\"; "
    "sid:4;)\n"
    "alert http any any -> any any (http.host; content:\"example\"; sid:5;)\n"
    "alert http any any -> any any (file.data; content:\"hello needle\"; sid:6;)\n"
    "alert http any any -> any any (http.stat_code; content:\"404\"; sid:7;)\n"
    "alert ip 10.0.0.1 any -> any any (sid:8;)\n"
    "alert http any any -> any any (flow:to_server; sid:9;)\n"
    "alert udp any any -> any any (content:\"ping\"; threshold:type threshold,track by_dst,count 7,seconds "
    "60; sid:10;)\n"
    "alert http any any -> any any (http.method; content:\"GET\"; http.uri; content:!\"x\"; sid:11;)\n"
    "alert http any any => any any (http.uri; content:\"/login\"; http.stat_code; content:\"200\"; sid:12;)\n"
    "alert tcp any any -> any 80 (dsize:8; sid:13;)\n";

}  // namespace

TEST_CASE("reload: the same rules again, at any time and however numbered, find the same") {
  struct Row {
    std::uint16_t connections;
    unsigned every;  // packets, roughly; never so often that a flow misses more reloads than are remembered
  };
  for (const bool inline_mode : {true, false})
    for (const Row row : {Row{2, 1}, Row{3, 2}, Row{6, 3}, Row{12, 7}, Row{12, 50}}) {
      CAPTURE(inline_mode);
      CAPTURE(row.every);
      ReloadBench plain(kMixedRules, inline_mode);
      play(plain, row.connections, [] {});
      const std::string expected = plain.sids();
      if (row.connections == 12)
        for (int sid = 1; sid <= 13; ++sid) {
          CAPTURE(sid);
          const bool found =
              (" " + expected + " ").find(" " + std::to_string(sid) + " ") != std::string::npos;
          CHECK(found == (sid != 2));
        }
      ReloadBench b(kMixedRules, inline_mode);
      unsigned n = 0, reloads = 0;
      play(b, row.connections, [&] {
        if (++n % row.every == 0)
          b.reload(++reloads % 2 == 0 ? std::string(kMixedRules) : shifted(kMixedRules));
      });
      CHECK(reloads >= 3);
      CHECK(b.sids() == expected);
    }
}

namespace {

// One rule set on its way from the thread that builds to the one that takes.
class Handover {
 public:
  using Rules = std::shared_ptr<const rules::RuleSet>;
  // Waits until the last one was taken; false: nobody takes any more.
  bool give(Rules rules) {
    std::unique_lock guard(lock_);
    changed_.wait(guard, [this] { return over_ || waiting_ == nullptr; });
    waiting_ = std::move(rules);
    changed_.notify_all();
    return !over_;
  }
  // Null when there is none, unless it has to wait for one.
  Rules take(bool wait) {
    std::unique_lock guard(lock_);
    if (wait) changed_.wait(guard, [this] { return waiting_ != nullptr; });
    changed_.notify_all();
    return std::exchange(waiting_, nullptr);
  }
  void end() {
    const std::lock_guard guard(lock_);
    over_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  Rules waiting_;
  bool over_ = false;
};

}  // namespace

TEST_CASE("reload: rules built on another thread are taken over while packets are looked at") {
  ReloadBench plain(kMixedRules);
  play(plain, 12, [] {});
  const std::string expected = plain.sids();

  ReloadBench b(kMixedRules);
  Handover handover;
  std::thread builder([&handover, current = test::rules_from(shifted(kMixedRules), &b.rules())]() mutable {
    std::vector<Handover::Rules> old;  // freed here, when the worker has let go of them
    for (bool shift = false; handover.give(current); shift = !shift) {
      auto next = test::rules_from(shift ? shifted(kMixedRules) : std::string(kMixedRules), current.get());
      old.push_back(std::exchange(current, std::move(next)));
      std::erase_if(old, [](const auto& rules) { return rules.use_count() == 1; });
    }
  });
  unsigned n = 0, swaps = 0;
  play(b, 12, [&] {
    if (++n % 7 != 0) return;  // a flow that misses too many reloads would say things twice
    auto next = handover.take(swaps < 3);
    if (next == nullptr) return;
    b.reload(std::move(next));
    ++swaps;
  });
  handover.end();
  builder.join();
  CHECK(swaps >= 3);
  CHECK(b.sids() == expected);
}
