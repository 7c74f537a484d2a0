#include "engine/detect/detect.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "rules/load/rule_loader.h"
#include "tests/engine/packet_builder.h"

using namespace weir;
using namespace weir::engine;
using weir::test::PacketBuilder;

namespace {

// Packets of one flow and their results.
struct Harness {
  rules::SharedState shared;
  std::shared_ptr<const rules::RuleSet> rules;
  std::unique_ptr<Detect> detect;
  Flow flow;

  explicit Harness(std::string_view text) {
    rules::RuleEnvironment environment;
    rules::LoadedRules loaded;
    rules::load_rule_text(text, "test.rules", environment, loaded);
    for (const rules::RuleDiagnostic& d : loaded.diagnostics) FAIL(to_string(d));
    rules = rules::RuleSet::build(std::move(loaded.signatures), environment, {});
    detect = std::make_unique<Detect>(rules, DetectSettings{}, shared);
    flow.id = 1;
    flow.protocol = 17;
  }
  const DetectResult& run(std::string_view payload, bool in_flow = true) {
    PacketBuilder b;
    const DetectResult& result =
        detect->run({.packet = b.udp().payload(payload).get(), .flow = in_flow ? &flow : nullptr});
    detect->let_go();
    return result;
  }
  // Of packets with these payloads: 't' for a tagged one.
  std::string tagged(std::initializer_list<std::string_view> payloads, bool in_flow = true) {
    std::string out;
    for (const std::string_view payload : payloads) out += run(payload, in_flow).tagged ? 't' : '-';
    return out;
  }
  std::string flow_texts() const {
    std::string out;
    flow.vars.for_each_text([&](std::uint32_t id, std::string_view text) {
      out += rules->variable_names().name(id) + "=" + std::string(text) + " ";
    });
    return out;
  }
};

// "BUFFER=THOUSANDTHS " of each.
std::string entropies_of(const rules::FlowVars& vars) {
  std::string out;
  vars.for_each_entropy([&](std::string_view buffer, double bits) {
    out += std::string(buffer) + "=" + std::to_string(std::lround(bits * 1000)) + " ";
  });
  return out;
}

std::string shown(const rules::VariableList& list, std::size_t first, std::size_t count) {
  std::string out;
  for (std::size_t i = first; i < first + count; ++i)
    out += std::string(list[i].first) + "=" + std::string(list[i].second) + " ";
  return out;
}

}  // namespace

TEST_CASE("entropy: a flow keeps what it was last asked to be, whether or not the rule matched") {
  Harness h("alert udp any any -> any any (content:\"a\"; entropy:value > 7; sid:1;)\n");
  h.run("bcd");
  h.run("abcd", false);  // nothing to keep it with
  CHECK(entropies_of(h.flow.vars).empty());
  CHECK(h.run("abcd").alerts.empty());
  CHECK(entropies_of(h.flow.vars) == "payload=2000 ");
  h.run("abab");
  CHECK(entropies_of(h.flow.vars) == "payload=1000 ");
}

TEST_CASE("entropy: of at most 16 buffers") {
  rules::FlowVars vars;
  std::vector<std::string> names;
  for (int i = 0; i < 20; ++i) names.push_back("b" + std::to_string(i));
  for (const std::string& name : names) vars.set_entropy(name, 1);
  vars.set_entropy("b3", 2);
  int count = 0;
  double of_b3 = 0;
  vars.for_each_entropy([&](std::string_view buffer, double bits) {
    ++count;
    if (buffer == "b3") of_b3 = bits;
  });
  CHECK(count == 16);
  CHECK(of_b3 == 2);
}

TEST_CASE("tags: packets after a match are tagged, the one that matched is not") {
  Harness h("alert udp any any -> any any (content:\"go\"; tag:session,3,packets; sid:1;)\n");
  CHECK(h.tagged({"a", "go", "b", "c", "d"}) == "--tt-");
  CHECK(h.tagged({"go", "b", "go", "c", "d", "e"}) == "-tttt-");  // the second match begins anew
}

TEST_CASE("tags: a host is tagged whatever the flow, and the session only with one") {
  Harness host("alert udp any any -> any any (content:\"go\"; tag:host,3,packets,src; sid:1;)\n");
  CHECK(host.tagged({"go", "a", "b", "c"}, false) == "-tt-");
  Harness session("alert udp any any -> any any (content:\"go\"; tag:session; sid:1;)\n");
  CHECK(session.tagged({"go", "a"}, false) == "--");
}

TEST_CASE("tags: a rule without an alert tags all the same, one that its threshold keeps back does not") {
  Harness silent("alert udp any any -> any any (content:\"go\"; noalert; tag:session,2,packets; sid:1;)\n");
  CHECK(silent.tagged({"go", "a", "b"}) == "-t-");
  Harness kept(
      "alert udp any any -> any any (content:\"go\"; tag:session,2,packets; "
      "threshold:type threshold, track by_src, count 2, seconds 60; sid:1;)\n");
  CHECK(kept.tagged({"go", "a", "go", "b", "c"}) == "---t-");
}

TEST_CASE("captures: a match leaves variables of the flow, the packet and the alert") {
  Harness h(
      "alert udp any any -> any any (pcre:\"/a=(\\w+) b=(\\w+) c=(\\w+)/, flow:f, pkt:p, alert:x\"; sid:1;)\n"
      "alert udp any any -> any any (pcre:\"/(a)=(\\w+)/, pkt:key, pkt:value\"; sid:2;)\n"
      "alert udp any any -> any any (content:\"a\"; pcre:\"/(?P<flow_never>b=\\w+)/\"; content:\"absent\"; sid:3;)\n");
  const DetectResult& result = h.run("a=1 b=22 c=333");
  REQUIRE(result.alerts.size() == 2);
  CHECK(shown(result.packet_variables, 0, result.packet_variables.size()) == "p=22 a=1 ");
  const Alert& first = result.alerts[0];
  CHECK(shown(result.alert_variables, first.first_variable, first.variables) == "x=333 ");
  CHECK(result.alerts[1].variables == 0);
  CHECK(h.flow_texts() == "f=1 ");
  CHECK(h.run("nothing").packet_variables.size() == 0);
  h.run("a=4 b=5 c=6");
  CHECK(h.flow_texts() == "f=4 ");
}
