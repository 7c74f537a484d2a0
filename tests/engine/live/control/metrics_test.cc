#include <doctest/doctest.h>

#include "engine/live/control/live_sockets.h"
#include "engine/live/control/metrics.h"
#include "engine/live/control/metrics_server.h"
#include "tests/engine/live/empty_run.h"

using namespace weir::engine;
using std::chrono::milliseconds;

namespace {

struct Fixture {
  Folder folder;
  FdLoop loop;
  EmptyRun run;
  std::unique_ptr<MetricsServer> server;

  Fixture() {
    auto listener = Listener::on_unix_socket({.path = path()});
    REQUIRE(listener.has_value());
    server = std::make_unique<MetricsServer>(std::move(*listener), loop, run);
    loop.add(run.mailbox->fd(), POLLIN, [this](short) { run.mailbox->run(); });
  }
  [[nodiscard]] std::string path() const { return folder / "metrics.sock"; }
  std::string ask(std::string_view request) {
    const Client client(path());
    (void)client.send(request);
    for (int i = 0; i < 5; ++i) loop.wait(milliseconds(0));
    return client.receive();
  }
};

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("prometheus text: names, labels and values as the format has them") {
  PrometheusText out;
  out.family("a_total", "counter", "Back\\slash and\nline.");
  out.sample({}, std::uint64_t{18446744073709551615U});
  out.sample({{"x", "q\"b\\n\n"}, {"y", ""}}, 0.25);
  out.part("_sum", {{"x", "1"}}, 1e-9);
  CHECK(out.take() ==
        "# HELP a_total Back\\\\slash and\\nline.\n# TYPE a_total counter\na_total 18446744073709551615\n"
        "a_total{x=\"q\\\"b\\\\n\\n\",y=\"\"} 0.25\na_total_sum{x=\"1\"} 1e-09\n");
}

TEST_CASE("metrics: times are counted up to each bound") {
  LatencyTicks latency;  // of a nanosecond each
  for (const Ticks t : {500U, 900U, 1500U, 30'000U, 3'000'000U}) latency.add(t);
  latency.add(Ticks{20'000'000'000U});  // longer than the last bound
  const auto counts = within_bounds(latency, 1e-9);
  REQUIRE(counts.size() == std::size(kLatencyBounds));
  CHECK(counts[0] == 1);  // 900 ns may be 1024
  CHECK(counts[1] == 3);
  CHECK(counts[4] == 3);
  CHECK(counts[5] == 4);
  CHECK(counts[10] == 4);
  CHECK(counts[11] == 5);
  CHECK(counts.back() == 5);
  CHECK(within_bounds({}, 1e-9).back() == 0);
}

TEST_CASE("metrics: a page has each family once, and its samples right behind") {
  EmptyRun run;
  run.prevent = true;
  run.rules.version = 3;
  run.rules.loaded = 12;
  std::vector<NamedReport> reports(2);
  reports[0].name = "W-Q0";
  reports[0].state = "running";
  reports[0].report.counters.decoder_pkts = 5;
  reports[0].report.capture.waiting = 4;
  reports[0].report.counters.latency.add(1000);
  reports[1].name = "W-Q1";
  reports[1].state = "no answer";
  const std::string page = metrics_page(run, reports, 1e-9);
  for (const char* line :
       {"\nweir_packets_total{worker=\"W-Q0\"} 5\n", "\nweir_queue_packets{worker=\"W-Q0\"} 4\n",
        "\nweir_worker_up{worker=\"W-Q0\"} 1\nweir_worker_up{worker=\"W-Q1\"} 0\n",
        "\nweir_rule_set_version 3\n", "\nweir_rules{state=\"loaded\"} 12\n",
        "\nweir_inspection_seconds_bucket{worker=\"W-Q0\",le=\"+Inf\"} 1\n",
        "\nweir_inspection_seconds_count{worker=\"W-Q0\"} 1\n",
        "\nweir_verdicts_total{worker=\"W-Q1\",verdict=\"blocked\"} 0\n",
        "\nweir_counter{name=\"decoder.bytes\"} 180\n",
        "\nweir_memory_bytes{worker=\"W-Q0\",table=\"defrag\"} 0\n"})
    CHECK_MESSAGE(page.find(line) != std::string::npos, line);
  CHECK(page.ends_with('\n'));
  CHECK(count_of(page, "# TYPE weir_packets_total ") == 1);
  CHECK(count_of(page, "# TYPE ") == count_of(page, "# HELP "));
}

TEST_CASE("metrics server: GET and HEAD of /metrics, and nothing else") {
  Fixture f;
  const std::string page = f.ask("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(page.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  CHECK(page.find("weir_uptime_seconds 7\n") != std::string::npos);
  CHECK(page.ends_with("(closed)"));
  CHECK(f.ask("GET /metrics?x=1 HTTP/1.0\n\n").starts_with("HTTP/1.1 200 OK"));
  const std::string head = f.ask("HEAD /metrics HTTP/1.1\r\n\r\n");
  CHECK(head.starts_with("HTTP/1.1 200 OK"));
  CHECK(head.ends_with("\r\n\r\n(closed)"));
  CHECK(f.ask("GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
  CHECK(f.ask("POST /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405"));
  for (const char* bad : {"hello\r\n\r\n", "GET /metrics\r\n\r\n", "GET /metrics HTTP/1.1 x\r\n\r\n",
                          "GET /metrics HTTP/2\r\n\r\n", "\r\n\r\n"})
    CHECK_MESSAGE(f.ask(bad).starts_with("HTTP/1.1 400"), bad);
  CHECK(f.ask(std::string(10'000, 'x')).starts_with("HTTP/1.1 431"));
  CHECK(f.ask("GET /metrics HTTP/1.1\r\n").empty());
}

TEST_CASE("metrics settings: off at first, and a mode has to be one") {
  CHECK_FALSE(MetricsSettings::from(*Config::parse("", "test", ""))->enabled);
  const auto on =
      MetricsSettings::from(*Config::parse("weir: {metrics: {enabled: yes, listen: 'unix:/x'}}", "test", ""));
  CHECK(on->enabled);
  CHECK(on->listen == "unix:/x");
  CHECK_FALSE(MetricsSettings::from(*Config::parse("weir: {metrics: {mode: '9'}}", "test", "")).has_value());
}
