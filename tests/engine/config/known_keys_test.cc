#include "engine/config/known_keys.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "engine/config/config.h"

using namespace weir::engine;

namespace {

Config parsed(const char* yaml, const std::vector<std::string>& settings = {}) {
  auto config = Config::parse(yaml, "t", "");
  REQUIRE(config);
  for (const std::string& s : settings) REQUIRE(config->set(s));
  return std::move(*config);
}

// "unknown t:3:5 stream.midstrem ~midstream", one a line.
std::string problems(const char* yaml, const std::vector<std::string>& settings = {}) {
  std::string out;
  for (const KeyProblem& p : parsed(yaml, settings).check_keys())
    out += fmt::format("{} {} {}{}{}\n", p.idle ? "idle" : "unknown", p.place, p.path,
                       p.nearest.empty() ? "" : " ~", p.nearest);
  return out;
}

std::vector<std::string> wrong_values(const char* yaml, const std::vector<std::string>& settings = {}) {
  const Config config = parsed(yaml, settings);
  (void)config.check_keys();
  return config.take_unreadable_values();
}

}  // namespace

TEST_CASE("known keys: a slip at any depth is told, with its place and the nearest key") {
  CHECK(problems("streams: {memcap: 1mb}\n") == "unknown t:1:10 streams ~stream\n");
  CHECK(problems("stream:\n  midstrem: true\n") == "unknown t:2:13 stream.midstrem ~midstream\n");
  CHECK(problems("stream:\n  reassembly:\n    zzz: 1\n") == "unknown t:3:10 stream.reassembly.zzz\n");
  CHECK(problems("app-layer: {protocols: {htp: {enabled: yes}}}\n") ==
        "unknown t:1:30 app-layer.protocols.htp ~http\n");
  CHECK(problems("app-layer: {protocols: {smb: {enabled: yes, nix: 1}}}\n") ==
        "unknown t:1:50 app-layer.protocols.smb.nix\n");
}

TEST_CASE("known keys: --set, keys in lists, keys with dots and underscores") {
  CHECK(problems("", {"stream.midstrem=true"}) == "unknown --set stream.midstrem ~midstream\n");
  CHECK(problems("af-packet:\n  - interface: eth0\n    clusterid: 3\n") ==
        "unknown t:3:16 af-packet.clusterid ~cluster-id\n");
  CHECK(problems("outputs:\n  - eve-log:\n      types: [dns, alert: {payloads: yes}]\n") ==
        "unknown t:3:38 outputs.eve-log.types.alert.payloads ~payload\n");
  CHECK(problems("stats.interval: 3\ndefault_log_dir: x\nstream.midstrem: yes\n") ==
        "unknown t:3:18 stream.midstrem ~midstream\n");
}

TEST_CASE("known keys: what is Suricata's alone is told once, with nothing below it") {
  CHECK(problems("dpdk: {eal-params: {proc-type: primary}}\nmpm-algo: ac\n") ==
        "idle t:1:7 dpdk\nidle t:2:11 mpm-algo\n");
  CHECK(problems("defrag: {prealloc: yes, memcap: 1mb}\n") == "idle t:1:20 defrag.prealloc\n");
}

TEST_CASE(
    "known keys: a value where keys belong, and one that its key does not take, are told in every run") {
  using Texts = std::vector<std::string>;
  CHECK(wrong_values("outputs: yes\n") ==
        Texts{"t:1:10: outputs: 'yes' is not a section with keys of its own"});
  CHECK(wrong_values("pcap-file: {checksum-checks: perhaps}\n") ==
        Texts{"t:1:30: pcap-file.checksum-checks: 'perhaps' is not yes or no, or auto"});
  CHECK(wrong_values("", {"af-packet.0.threads=many", "weir.event-size=10x", "stats.interval=soon",
                          "weir.capture=dpdk"}) ==
        Texts{"--set: af-packet.0.threads: 'many' is not a number, or auto",
              "--set: weir.event-size: '10x' is not a size, such as 512kb or 64 MiB",
              "--set: weir.capture: 'dpdk' is not af-packet, or pcap",
              "--set: stats.interval: 'soon' is not a number"});
  CHECK(wrong_values("app-layer: {protocols: {http: {enabled: detection-only}, dns: {tcp: {enabled: On}}}}\n")
            .empty());
  CHECK(wrong_values("outputs: [eve-log: {types: [alert: {metadata: yes}]}]\n").empty());
  CHECK(wrong_values("stream:\noutputs:\naf-packet: [{interface: eth0, threads: auto, block-size: 64 kb}]\n")
            .empty());
}

TEST_CASE("known keys: who reads a value that was told of says nothing again") {
  const Config config = parsed("stats: {enabled: perhaps}\n");
  (void)config.check_keys();
  CHECK(config.take_unreadable_values().size() == 1);
  CHECK(config.flag("stats.enabled", true));
  CHECK(config.take_unreadable_values().empty());
}

TEST_CASE("known keys: names of the user's own are not looked at") {
  CHECK(problems("vars: {address-groups: {MINE: any}, port-groups: {MY_PORTS: 1}}\n").empty());
  CHECK(problems("defrag: {host-config: [dmz: {timeout: 3, address: [10.0.0.0/8]}]}\n").empty());
  CHECK(problems("outputs: [other-log: {x: 1}]\n").empty());  // check_outputs() tells of it
}

TEST_CASE("known keys: words are asked for one by one in a list") {
  const auto types = [](const char* list) {
    return wrong_values(
        fmt::format("outputs: [{{eve-log: {{types: [{{smb: {{types: {}}}}}]}}}}]\n", list).c_str());
  };
  CHECK(types("[file, dcerpc]").empty());
  REQUIRE(types("[file, bogus]").size() == 1);
  CHECK(types("[file, bogus]")[0].find("bogus") != std::string::npos);
}
