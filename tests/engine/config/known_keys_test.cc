#include "engine/config/known_keys.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "engine/config/config.h"

using namespace weir::engine;

namespace {

// "unknown 3:5 stream.midstrem ~midstream", one a line.
std::string problems(const char* yaml, const std::vector<std::string>& settings = {}) {
  auto config = Config::parse(yaml, "t", "");
  REQUIRE(config);
  for (const std::string& s : settings) REQUIRE(config->set(s));
  std::string out;
  for (const KeyProblem& p : config->check_keys()) {
    const char* const kind = p.kind == KeyProblem::Kind::unknown ? "unknown"
                             : p.kind == KeyProblem::Kind::idle  ? "idle"
                                                                 : "value";
    out += fmt::format("{} {} {}", kind, p.place, p.path);
    if (!p.value.empty()) out += "=" + p.value;
    if (!p.hint.empty()) out += " ~" + p.hint;
    out += '\n';
  }
  return out;
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

TEST_CASE("known keys: a value where keys belong, and a word that its key does not take") {
  CHECK(problems("outputs: yes\n") == "value t:1:10 outputs=yes ~a section with keys of its own\n");
  CHECK(problems("pcap-file: {checksum-checks: perhaps}\n") ==
        "value t:1:30 pcap-file.checksum-checks=perhaps ~one of yes, no, auto\n");
  CHECK(problems("app-layer: {protocols: {http: {enabled: detection-only}, dns: {enabled: On}}}\n").empty());
  CHECK(problems("outputs: [eve-log: {types: [alert: {metadata: yes}]}]\n").empty());
  CHECK(problems("stream:\noutputs:\n").empty());
}

TEST_CASE("known keys: names of the user's own are not looked at") {
  CHECK(problems("vars: {address-groups: {MINE: any}, port-groups: {MY_PORTS: 1}}\n").empty());
  CHECK(problems("defrag: {host-config: [dmz: {timeout: 3, address: [10.0.0.0/8]}]}\n").empty());
  CHECK(problems("outputs: [other-log: {x: 1}]\n").empty());  // check_outputs() tells of it
}
