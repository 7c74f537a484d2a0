#include <doctest/doctest.h>

#include "engine/cli/cli_options.h"
#include "engine/cli/progress.h"
#include "engine/query/human_text.h"

using namespace weir::engine;

namespace {

constexpr Command kScan{"detect", "", "", true, true, true, false, nullptr};
constexpr Command kBlock{"prevent", "", "", true, true, true, false, nullptr, false, nullptr, true};
constexpr Command kWords{"keywords", "", "", false, false, false, true, nullptr};

CliOptions options(std::vector<std::string> arguments) {
  const auto parsed = parse_options(kScan, arguments);
  REQUIRE_MESSAGE(parsed.has_value(), (parsed ? "" : parsed.error()));
  return parsed->options;
}

std::string error(std::vector<std::string> arguments, const Command& command = kScan) {
  const auto parsed = parse_options(command, arguments);
  return parsed ? "no error" : parsed.error();
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("command line: every option reaches its place, repeated ones add up") {
  const CliOptions o =
      options({"-r",       "a.pcap",  "dir",         "-S",     "x.rules",      "-S",        "y/*.rules",
               "-s",       "z.rules", "-c",          "w.yaml", "--set",        "a.b=1",     "--set",
               "c=d",      "-l",      "out",         "-k",     "none",         "--threads", "3",
               "--strict", "-f",      "tcp port 80", "-v",     "--data-dir=/d"});
  CHECK(o.captures == Texts{"a.pcap", "dir"});
  CHECK(o.rules.exclusive == Texts{"x.rules", "y/*.rules"});
  CHECK(o.rules.additional == Texts{"z.rules"});
  CHECK(o.rules.data_dir == "/d");
  CHECK(o.config == "w.yaml");
  CHECK(o.settings == Texts{"a.b=1", "c=d"});
  CHECK(o.log_dir == "out");
  CHECK(o.checksums == "none");
  CHECK(o.threads == 3);
  CHECK(o.strict);
  CHECK(o.verbose);
  CHECK(o.bpf == "tcp port 80");
}

TEST_CASE("command line: defaults") {
  const CliOptions o = options({});
  CHECK(o.log_dir == ".");
  CHECK(o.checksums == "auto");
  CHECK(o.threads == 0);
  CHECK_FALSE(o.strict);
  CHECK_FALSE(o.rules.no_rules);
}

TEST_CASE("command line: common spellings of Suricata's mean the same") {
  CHECK(options({"--init-errors-fatal"}).strict);
  CHECK(options({"--disable-detection"}).rules.no_rules);
  CHECK(options({"--simulate-ips", "--runmode", "single"}).prevent);
}

TEST_CASE("command line: what is wrong with a call is said, with what may have been meant") {
  CHECK(error({"--thread", "3"}) == "unknown option --thread; did you mean --threads?");
  CHECK(error({"--no-such-thing-at-all"}) == "unknown option --no-such-thing-at-all");
  CHECK(error({"-Z"}).starts_with("unknown option"));
  CHECK(error({"-k", "maybe"}) == "-k maybe: expected all, none or auto");
  CHECK(error({"--threads", "many"}) == "--threads many: expected a number up to 1024");
  CHECK(error({"--threads", "99999"}) == "--threads 99999: expected a number up to 1024");
  CHECK(error({"stray"}) == "'stray' is not an option; capture files follow -r");
  CHECK(error({"--no-rules", "-S", "x"}) == "--no-rules and -S or -s exclude each other");
  CHECK(error({"-c", "a", "-c", "b"}) != "no error");
  CHECK(error({"-c"}) != "no error");
}

TEST_CASE("command line: --pcap-out goes with prevent -r, however that is said") {
  const auto parsed = parse_options(kBlock, {"-r", "a.pcap", "--pcap-out", "b.pcap"});
  REQUIRE(parsed.has_value());
  CHECK(parsed->options.pcap_out == "b.pcap");
  CHECK(options({"-r", "a.pcap", "--simulate-ips", "--pcap-out", "b.pcap"}).pcap_out == "b.pcap");
  CHECK(error({"-r", "a.pcap", "--pcap-out", "b.pcap"}) == "--pcap-out goes with prevent -r");
  CHECK(error({"-q", "0", "--pcap-out", "b.pcap"}, kBlock) == "--pcap-out goes with prevent -r");
  CHECK(error({"--pcap-out", "b.pcap"}, kBlock) == "--pcap-out goes with prevent -r");
  CHECK(error({"-r", "a.pcap", "--pcap-out", ""}, kBlock) == "--pcap-out names no file");
  CHECK(error({"--pcap-out", "b.pcap"}, kWords) != "no error");
  CHECK(describe_options(kBlock).find("--pcap-out") != std::string::npos);
  CHECK(describe_options(kScan).find("--pcap-out") == std::string::npos);
}

TEST_CASE("command line: words are for commands that take them") {
  const auto parsed = parse_options(kWords, {"msg", "sid"});
  REQUIRE(parsed.has_value());
  CHECK(parsed->options.words == Texts{"msg", "sid"});
  CHECK_FALSE(parse_options(kWords, {"-r", "x"}).has_value());
}

TEST_CASE("command line: help names every option of the command and hides the aliases") {
  const std::string help = describe_options(kScan);
  for (const char* option :
       {"--read", "--filter", "--checksums", "--rules", "--add-rules", "--no-rules", "--data-dir", "--strict",
        "--config", "--set", "--log-dir", "--threads", "--verbose", "--help"})
    CHECK(help.find(option) != std::string::npos);
  CHECK(help.find("init-errors-fatal") == std::string::npos);
}

TEST_CASE("progress: sizes, times and the line are written for people") {
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(999) == "999 B");
  CHECK(human_bytes(1234) == "1.2 kB");
  CHECK(human_bytes(442'000'000) == "442 MB");
  CHECK(human_bytes(9.96e9) == "10.0 GB");
  CHECK(human_time(-1) == "0 s");
  CHECK(human_time(59.4) == "59 s");
  CHECK(human_time(200) == "3 min 20 s");
  CHECK(human_time(7500) == "2 h 5 min");
  CHECK(ProgressLine::text({1000, 50'000'000, 200'000'000}, 2.0) ==
        "50.0 MB of 200 MB (25 %), 25.0 MB/s, 6 s left");
  CHECK(ProgressLine::text({1000, 50'000'000, 0}, 2.0) == "50.0 MB, 25.0 MB/s");
}
