#include "engine/cli/digest.h"

#include <doctest/doctest.h>
#include <simdjson.h>

#include "engine/cli/digest_report.h"

using namespace weir::engine;

namespace {

std::string an_alert(int sid, int severity, const std::string& source, const std::string& destination,
                     const std::string& more = "") {
  return R"({"timestamp":"2026-07-01T22:42:07.199672+0000","event_type":"alert","src_ip":")" + source +
         R"(","src_port":40000,"dest_ip":")" + destination +
         R"(","dest_port":80,"proto":"TCP","app_proto":"http","alert":{"action":"allowed","gid":1,"signature_id":)" +
         std::to_string(sid) + R"(,"rev":3,"signature":"rule )" + std::to_string(sid) +
         R"(","category":"c","severity":)" + std::to_string(severity) + "}" + more + "}";
}

struct Scan {
  std::string shown;
  Digest digest;
  RunSummary summary;
  CliOptions options;
  Scan() : digest([this](const SeenAlert& alert) { shown += AlertPrinter::text(alert, false); }, true) {
    options.captures = {"a.pcap"};
    summary.packets = 10;
  }
  void line(const std::string& text) { digest.write_line(text, nullptr); }
  [[nodiscard]] Report report(bool logs = false) const { return {digest, summary, options, logs, true}; }
};

}  // namespace

TEST_CASE("digest: rules and hosts come most severe first, then by the number of alerts") {
  Scan scan;
  scan.line(an_alert(1, 3, "10.0.0.1", "10.0.0.9"));
  scan.line(an_alert(2, 1, "10.0.0.2", "10.0.0.9"));
  scan.line(an_alert(3, 1, "10.0.0.3", "10.0.0.9"));
  scan.line(an_alert(3, 1, "10.0.0.3", "10.0.0.9"));
  std::string rules, hosts;
  for (const Digest::Rule* rule : scan.digest.rules())
    rules += std::to_string(rule->sid) + "x" + std::to_string(rule->alerts) + " ";
  for (const auto& [address, host] : scan.digest.hosts())
    hosts += std::string(address) + "x" + std::to_string(host->alerts()) + " ";
  CHECK(rules == "3x2 2x1 1x1 ");
  CHECK(hosts == "10.0.0.9x4 10.0.0.3x2 10.0.0.2x1 10.0.0.1x1 ");
  CHECK(scan.digest.hosts().front().second->as_destination == 4);
  CHECK(scan.digest.hosts().front().second->rules.size() == 3);
}

TEST_CASE("digest: protocols add flows up, files are named once a rule") {
  Scan scan;
  const auto flow = [](const char* app, int bytes) {
    return R"({"event_type":"flow","proto":"UDP",)" + std::string(app) + R"("flow":{"bytes_toserver":)" +
           std::to_string(bytes) + R"(,"bytes_toclient":1}})";
  };
  scan.line(flow(R"("app_proto":"dns",)", 10));
  scan.line(flow(R"("app_proto":"dns",)", 20));
  scan.line(flow(R"("app_proto":"failed",)", 100));
  scan.line(flow("", 100));
  std::string protocols;
  for (const auto& [name, p] : scan.digest.protocols())
    protocols += std::string(name) + " " + std::to_string(p->flows) + " " + std::to_string(p->bytes) + ";";
  CHECK(protocols == "UDP 2 202;dns 2 32;");
  const std::string file = R"(,"files":[{"filename":"x.exe","size":5,"sha256":"ab"}])";
  scan.line(an_alert(1, 1, "10.0.0.1", "10.0.0.2", file));
  scan.line(an_alert(1, 1, "10.0.0.1", "10.0.0.2", file));
  REQUIRE(scan.digest.files().size() == 1);
  CHECK(scan.digest.files()[0].name == "x.exe");
  CHECK(scan.digest.files()[0].alerts == 2);
}

TEST_CASE("digest: an alert is two lines, and nothing in it reaches the terminal as a command") {
  Scan scan;
  scan.line(an_alert(7, 2, "10.0.0.1", "2001:db8::1",
                     R"(,"http":{"hostname":"a\u001b[2Jb","url":"/","status":200})"));
  CHECK(scan.shown ==
        "22:42:07.199672  medium  rule 7 [1:7:3]\n"
        "                 10.0.0.1:40000 -> [2001:db8::1]:80  http  hostname: a\\x1b[2Jb, url: /, status: "
        "200\n");
  CHECK(printable("\xc2\x9b"
                  "31m \xc3\xa4 \x7f") == "\\xc2\\x9b31m \xc3\xa4 \\x7f");
  CHECK(printable("\x80\x1b[2J \xe2\x82") ==
        "\\x80\\x1b[2J \\xe2\\x82");  // no character begins so, or is whole
  CHECK(printable("abcdef", 3) == "abc...");
}

TEST_CASE("digest: the report says what was left out and what to look at next") {
  Scan scan;
  CHECK(report_text(scan.report(), false).find("no rule matched") != std::string::npos);
  scan.line(an_alert(5, 1, "10.0.0.1", "10.0.0.2"));
  scan.summary.notes.push_back(
      {.is_loss = true, .text = "3 packets left out (-k none takes them)", .each = {}});
  scan.summary.notes.push_back({.is_loss = false, .text = "nothing lost", .each = {}});
  const std::string text = report_text(scan.report(), false);
  for (const char* part :
       {"Rules\n", "     1  high    rule 5 [1:5:3]\n", "Hosts in alerts\n", "Left out\n  3 packets left out",
        "Next\n  begin with rule 5", "-f 'host 10.0.0.1'"})
    CHECK_MESSAGE(text.find(part) != std::string::npos, text);
  CHECK(text.find("nothing lost") == std::string::npos);
  CHECK(text.find('\033') == std::string::npos);
  CHECK(report_text(scan.report(), true).find("\033[1;31mhigh  \033[0m") != std::string::npos);
}

TEST_CASE("digest: the JSON document says the same, with the events") {
  Scan scan;
  scan.line(an_alert(5, 1, "10.0.0.1", "10.0.0.2"));
  scan.summary.errors.emplace_back("b.pcap: broken");
  simdjson::dom::parser parser;
  const std::string text = report_json(scan.report());
  CHECK(text.find('\n') == std::string::npos);
  const auto document = parser.parse(text);
  REQUIRE(document.error() == simdjson::SUCCESS);
  CHECK(std::string_view(document["captures"].at(0)) == "a.pcap");
  CHECK(std::uint64_t(document["rules"].at(0)["signature_id"]) == 5);
  CHECK(std::string_view(document["hosts"].at(0)["ip"]) == "10.0.0.1");
  CHECK(std::string_view(document["errors"].at(0)) == "b.pcap: broken");
  CHECK(std::uint64_t(document["events"].at(0)["src_port"]) == 40000);
  CHECK(document["log_dir"].error() != simdjson::SUCCESS);
  CHECK(parser.parse(report_json(scan.report(true)))["log_dir"].error() == simdjson::SUCCESS);
}
