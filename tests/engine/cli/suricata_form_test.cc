#include "engine/cli/suricata_form.h"

#include <doctest/doctest.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/temporary_folder.h"

using namespace weir::engine;

namespace {

// The sub-command and its arguments, separated by blanks; or what is wrong.
std::string weir_call(const std::vector<std::string>& arguments) {
  const auto call = read_suricata_call(arguments);
  return call ? fmt::format("{}", fmt::join(call->arguments, " ")) : "error: " + call.error();
}

}  // namespace

TEST_CASE("suricata's form: the call leads to the sub-command that does it") {
  struct Row {
    std::vector<std::string> given;
    const char* wanted;
  };
  for (const Row& row : {
           Row{{"-r", "a.pcap"}, "detect --read=a.pcap"},
           Row{{"-c", "s.yaml", "-i", "eth0"}, "detect --config=s.yaml --interface=eth0"},
           Row{{"-cs.yaml", "-ieth0", "-vv"}, "detect --config=s.yaml --interface=eth0 --verbose --verbose"},
           Row{{"-q", "0", "-q", "1:3"}, "prevent --queue=0 --queue=1:3"},
           Row{{"-vq0"}, "prevent --verbose --queue=0"},
           Row{{"--af-packet"}, "detect --af-packet"},
           Row{{"--af-packet=eth0", "--runmode", "workers"}, "detect --af-packet=eth0"},
           Row{{"--pcap=eth0", "--runmode=single"}, "detect --pcap=eth0 --threads=1"},
           Row{{"-r", "a", "-S", "x", "-s", "y", "-l", "out", "-k", "none", "--set", "a.b=c", "--set=d=e"},
               "detect --read=a --rules=x --add-rules=y --log-dir=out --checksums=none --set=a.b=c "
               "--set=d=e"},
           Row{{"-r", "a", "--pcap-file-recursive", "--data-dir=/d", "--init-errors-fatal",
                "--disable-detection"},
               "detect --read=a --data-dir=/d --strict --no-rules"},
           Row{{"-r", "a", "tcp", "port", "80"}, "detect --read=a --filter=tcp port 80"},
           Row{{"-r", "a", "--", "-not", "an", "option"}, "detect --read=a --filter=-not an option"},
           Row{{"-i", "eth0", "--user", "u", "--group=g", "--simulate-ips"},
               "detect --interface=eth0 --user=u --group=g --simulate-ips"},
           Row{{"-T", "-c", "s.yaml", "-S", "x", "-l", "out", "-i", "eth0", "-v"},
               "check --config=s.yaml --rules=x --verbose"},
           Row{{"--engine-analysis", "-S", "x", "-r", "a"}, "check --rules=x"},
           Row{{"-c", "s.yaml", "--dump-config", "--set", "a=b", "-v"}, "config --config=s.yaml --set=a=b"},
           Row{{"-r", "a", "--include", "b.yaml", "--include=c.yaml"},
               "detect --read=a --set=include=b.yaml --set=include=c.yaml"},
           Row{{"--list-keywords"}, "keywords"},
           Row{{"--list-keywords=all"}, "keywords"},
           Row{{"--list-keywords=csv"}, "keywords --csv"},
           Row{{"--list-keywords=dns.query", "-c", "s.yaml"}, "keywords dns.query"},
           Row{{"--list-app-layer-protos"}, "protocols --names"},
       }) {
    CAPTURE(row.wanted);
    CHECK(weir_call(row.given) == row.wanted);
  }
}

TEST_CASE("suricata's form: what cannot be taken says what to use") {
  struct Row {
    std::vector<std::string> given;
    const char* part;
  };
  for (const Row& row : {
           Row{{"-r"}, "-r needs a value"},
           Row{{"--runmode", "magic"}, "there are workers, autofp and single"},
           Row{{"--dpdk"}, "interfaces (-i)"},
           Row{{"--netmap=eth0"}, "interfaces (-i)"},
           Row{{"-d", "8000"}, "prevent -q"},
           Row{{"--list-runmodes"}, "--threads"},
           Row{{"--erf-in", "x"}, "weir detect -r"},
           Row{{"-u"}, "tests/run.sh"},
           Row{{"-T", "--dump-config"}, "-T and --dump-config exclude each other"},
           Row{{"-T", "tcp"}, "-T takes no filter (tcp)"},
           Row{{"--nonsense"}, "unknown option --nonsense"},
           Row{{"-Z"}, "unknown option -Z"},
           Row{{"--build-info=x"}, "takes no value"},
           Row{{"-F", "/nonexistent"}, "-F /nonexistent: cannot be opened"},
       }) {
    CAPTURE(row.part);
    CHECK(weir_call(row.given).find(row.part) != std::string::npos);
    CHECK(weir_call(row.given).starts_with("error: "));
  }
}

TEST_CASE("suricata's form: a filter comes from a file without its comments") {
  const weir::test::TemporaryFolder folder;
  folder.write("bpf", "# web only\ntcp port 80 # plain\n\n  or tcp port 8080\n");
  CHECK(weir_call({"-r", "a", "-F", folder / "bpf"}) ==
        "detect --read=a --filter=tcp port 80 or tcp port 8080");
}

TEST_CASE("suricata's form: version and build are answered, the background and its file kept for the run") {
  for (const char* option : {"-V", "--build-info"}) {
    const auto call = read_suricata_call({option});
    REQUIRE(call.has_value());
    CHECK(call->arguments.empty());
    CHECK(call->answer.starts_with("This is Suricata version 8."));
  }
  const auto run = read_suricata_call({"-D", "-i", "eth0", "--pidfile", "/run/x.pid", "--disable-hashing"});
  REQUIRE(run.has_value());
  CHECK(run->in_background);
  CHECK(run->pid_file == "/run/x.pid");
  CHECK(run->ignored == std::vector<std::string>{"--disable-hashing"});
  const auto test = read_suricata_call({"-T", "-D", "--pidfile", "/run/x.pid"});
  REQUIRE(test.has_value());
  CHECK_FALSE(test->in_background);
  CHECK(test->pid_file.empty());
}
