#include "engine/config/config.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "engine/config/config_node.h"

#include "tests/temporary_folder.h"

using weir::engine::Config;

namespace {

Config parse(std::string_view text) {
  auto config = Config::parse(text, "test.yaml", "");
  REQUIRE_MESSAGE(config.has_value(), config.error().message);
  return std::move(*config);
}

std::string parse_error(std::string_view text) {
  const auto config = Config::parse(text, "test.yaml", "");
  REQUIRE_FALSE(config.has_value());
  return config.error().message;
}

using weir::test::TemporaryFolder;

constexpr std::string_view kExample = R"(%YAML 1.1
---
stream:
  midstream: true
  memcap: 64mb
  reassembly:
    depth: 1 MiB
max-pending-packets: 1024
default_log_dir: /var/log
app-layer:
  protocols:
    http: {enabled: no}
    dns:
outputs:
  - fast:
      enabled: no
  - eve-log:
      enabled: yes
      types:
        - alert: {metadata: yes}
        - http:
        - dns
af-packet:
  - interface: eth0
    threads: 2
rule-files: [a.rules, "b.rules"]
a.key.with.dots: 7
)";

}  // namespace

TEST_CASE("config: values are found by dotted path and keep their text") {
  const Config c = parse(kExample);
  CHECK(c.text("stream.midstream") == "true");
  CHECK(c.flag("stream.midstream", false));
  CHECK(c.bytes("stream.memcap", 0) == 64U << 20U);
  CHECK(c.bytes("stream.reassembly.depth", 0) == 1U << 20U);
  CHECK(c.number("max-pending-packets", 0) == 1024);
  CHECK_FALSE(c.flag("app-layer.protocols.http.enabled", true));
  CHECK(c.text("a.key.with.dots") == "7");
  CHECK(c.text("default-log-dir") == "/var/log");
  CHECK_FALSE(c.text("stream").has_value());
  CHECK_FALSE(c.text("stream.nothing").has_value());
  CHECK(c.has("app-layer.protocols.dns"));
  CHECK_FALSE(c.text("app-layer.protocols.dns").has_value());
  CHECK(c.list("rule-files") == std::vector<std::string>{"a.rules", "b.rules"});
  CHECK(c.list("max-pending-packets") == std::vector<std::string>{"1024"});
  CHECK(c.sub("stream.reassembly").text("depth") == "1 MiB");
  CHECK_FALSE(c.sub("nowhere").has("depth"));
}

TEST_CASE("config: sequences are read as named items") {
  const Config c = parse(kExample);
  const auto outputs = c.items("outputs");
  REQUIRE(outputs.size() == 2);
  CHECK(outputs[1].name == "eve-log");
  CHECK(outputs[1].path == "outputs.1.eve-log");
  CHECK(outputs[1].settings->flag("enabled", false));
  const auto types = c.items(outputs[1].path + ".types");
  REQUIRE(types.size() == 3);
  CHECK(types[0].settings->flag("metadata", false));
  CHECK(types[1].name == "http");
  CHECK(types[2].name == "dns");
  CHECK_FALSE(types[2].settings->has("enabled"));
  const auto interfaces = c.items("af-packet");
  REQUIRE(interfaces.size() == 1);
  CHECK(interfaces[0].settings->text("interface") == "eth0");
  CHECK(c.text("outputs.eve-log.enabled") == "yes");
  CHECK(c.keys("app-layer.protocols") == std::vector<std::string>{"http", "dns"});
}

TEST_CASE("config: overrides replace and make values") {
  struct Row {
    std::string_view assignment, path, expected;
  };
  constexpr Row kRows[] = {
      {"stream.midstream=false", "stream.midstream", "false"},
      {"outputs.1.eve-log.enabled=no", "outputs.eve-log.enabled", "no"},
      {"outputs.1.eve-log.types.1.http.extended=yes", "outputs.1.eve-log.types.1.http.extended", "yes"},
      {"outputs.1.eve-log.types.2.dns.version=2", "outputs.1.eve-log.types.dns.version", "2"},
      {"outputs.eve-log.types.tls.extended=yes", "outputs.1.eve-log.types.3.tls.extended", "yes"},
      {"flow.hash-size=1", "flow.hash-size", "1"},
      {"a.key.with.dots=8", "a.key.with.dots", "8"},
      {"rule-files.2=c.rules", "rule-files.2", "c.rules"},
      {"new.list.0=x", "new.list.0", "x"},
      {"vars.address-groups.HOME_NET=[10.0.0.0/8,!10.1.0.0/16]", "vars.address-groups.HOME_NET",
       "[10.0.0.0/8,!10.1.0.0/16]"},
      {"threshold-file = /tmp/a=b ", "threshold-file", "/tmp/a=b"},
      {"app-layer.protocols.dns.enabled=no", "app-layer.protocols.dns.enabled", "no"},
      {"empty=", "empty", ""},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.assignment);
    Config c = parse(kExample);
    CHECK(c.set(row.assignment).has_value());
    CHECK(c.text(row.path) == std::string(row.expected));
  }
  Config c = parse(kExample);
  for (const std::string_view bad : {"no-equals-sign", "=value", "a..b=1", "a.=1", ".a=1"}) {
    CAPTURE(bad);
    CHECK_FALSE(c.set(bad).has_value());
  }
  std::string deep;
  for (int i = 0; i < 500; ++i) deep += "a.";
  CHECK_FALSE(c.set(deep + "a=1").has_value());
}

TEST_CASE("config: files include others, and what stands later wins") {
  const TemporaryFolder folder;
  folder.write("etc/base.yaml", "stream: {midstream: no, depth: 1}\nflow: {x: 1}\n");
  folder.write("etc/stats.yaml", "interval: 8\n");
  folder.write("etc/inner.yaml", "include: base.yaml\nflow: {x: 2}\n");
  const std::string main =
      folder.write("main.yaml",
                   "flow: {x: 0}\ninclude: [etc/inner.yaml]\nstream: {midstream: yes}\n"
                   "stats: !include etc/stats.yaml\ndetect: {include: etc/stats.yaml, a: b}\n");
  const auto c = Config::load(main);
  REQUIRE_MESSAGE(c.has_value(), c.error().message);
  CHECK(c->text("flow.x") == "2");
  CHECK(c->text("stream.midstream") == "yes");
  CHECK_FALSE(c->has("stream.depth"));
  CHECK(c->text("stats.interval") == "8");
  CHECK(c->text("detect.interval") == "8");
  CHECK(c->text("detect.a") == "b");
  CHECK(c->directory() + "/main.yaml" == main);
  const std::string etc = c->directory() + "/etc/";
  CHECK(c->files() == std::vector<std::string>{main, etc + "inner.yaml", etc + "base.yaml", etc + "stats.yaml",
                                              etc + "stats.yaml"});
}

TEST_CASE("config: a file that stands for a value may hold a list") {
  const TemporaryFolder folder;
  folder.write("outputs.yaml", "%YAML 1.1\n---\n- fast:\n    enabled: yes\n- eve-log: !include eve.yaml\n");
  folder.write("eve.yaml", "enabled: no\ntypes: !include types.yaml\n");
  folder.write("types.yaml", "[alert, dns]\n");
  const auto c = Config::load(folder.write("main.yaml", "outputs: !include outputs.yaml\n"));
  REQUIRE_MESSAGE(c.has_value(), c.error().message);
  CHECK(c->text("outputs.0.fast.enabled") == "yes");
  CHECK(c->text("outputs.1.eve-log.enabled") == "no");
  CHECK(c->list("outputs.1.eve-log.types") == std::vector<std::string>{"alert", "dns"});
  for (const std::string_view text : {"include: outputs.yaml\n", "- a\n"}) {
    CAPTURE(text);
    const auto wrong = Config::load(folder.write("main.yaml", text));
    REQUIRE_FALSE(wrong.has_value());
    CHECK(wrong.error().message.find("must be a map of keys") != std::string::npos);
  }
}

TEST_CASE("config: further files are read behind the main one, and before what is set") {
  const TemporaryFolder folder;
  const std::string main = folder.write("main.yaml", "flow: {x: 0, y: 0}\nstream: {midstream: yes}\n");
  const std::string one = folder.write("one.yaml", "flow: {x: 1}\nvars: {port-groups: {P: 1}}\n");
  const std::string two = folder.write("two.yaml", "defrag: {timeout: 2}\n");
  for (const std::string& path : {main, std::string{}}) {
    CAPTURE(path);
    const auto c = Config::load(path, {"defrag.timeout=3", "include=" + one, "include=" + two});
    REQUIRE_MESSAGE(c.has_value(), c.error().message);
    CHECK(c->text("flow.x") == "1");
    CHECK_FALSE(c->has("flow.y"));
    CHECK(c->text("defrag.timeout") == "3");
    CHECK(c->has("vars.address-groups.HOME_NET"));
    CHECK(c->text("vars.port-groups.P") == "1");
    CHECK(c->files().back() == two);
  }
  const auto missing = Config::load(main, {"include=/nonexistent/weir.yaml"});
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().message.find("/nonexistent/weir.yaml") != std::string::npos);
}

TEST_CASE("config: includes that are missing, wrong or endless are errors") {
  const TemporaryFolder folder;
  const auto error = [&](std::string_view text) {
    const auto c = Config::load(folder.write("main.yaml", text));
    REQUIRE_FALSE(c.has_value());
    return c.error().message;
  };
  folder.write("broken.yaml", "a: 1\nb: [1, 2\n");
  CHECK(error("include: nowhere.yaml\n").find("nowhere.yaml: error:") != std::string::npos);
  CHECK(error("include: broken.yaml\n").find("broken.yaml:3:1: error:") != std::string::npos);
  CHECK(error("include: main.yaml\n").find("nest too deep") != std::string::npos);
  CHECK(error("include: {a: b}\n").find("main.yaml:1:10: error:") != std::string::npos);
  CHECK(error("include: [[a]]\n").find("error:") != std::string::npos);
  CHECK(error("include:\n").find("error:") != std::string::npos);
  CHECK_FALSE(Config::load("/nonexistent/weir.yaml").has_value());
  CHECK_FALSE(Config::load("/").has_value());
}

TEST_CASE("config: anchors, aliases and several documents") {
  const Config c = parse("a: &x {k: 1}\nb: *x\n---\nc: 3\na: 4\n");
  CHECK(c.text("b.k") == "1");
  CHECK(c.text("c") == "3");
  CHECK(c.text("a") == "4");
  // The anchored node is gone when its alias comes.
  CHECK(parse("a: &x [1, 2]\na: 2\nb: *x\n").list("b").size() == 2);
}

TEST_CASE("config: errors name file, line and column") {
  struct Row {
    std::string_view text, start;
  };
  constexpr Row kRows[] = {
      {"a: 1\nb: [1, 2\n", "test.yaml:3:1: error: "},
      {"a:\n\t- b\n", "test.yaml:2:2: error: "},
      {"- a\n", "test.yaml:1:1: error: the configuration must be a map"},
      {"just words\n", "test.yaml:1:1: error: "},
      {"a: *nothing\n", "test.yaml:1:4: error: "},
      {"a: &x [*x]\n", "test.yaml:1:8: error: an alias inside"},
      {"{[a]: b}\n", "test.yaml:1:2: error: a key must be plain text"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    const std::string message = parse_error(row.text);
    CAPTURE(message);
    CHECK(message.rfind(row.start, 0) == 0);
  }
}

TEST_CASE("config: hostile YAML is refused") {
  CHECK(parse_error("a: " + std::string(5000, '[')).find("error") != std::string::npos);
  CHECK(parse_error("a: " + std::string(5000, '[') + std::string(5000, ']')).find("too deep") !=
        std::string::npos);
  CHECK(parse_error("a: " + std::string(5000, '{')).find("error") != std::string::npos);
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) laughs += ", " + before;
    laughs += "]\n";
  }
  CHECK(parse_error(laughs).find("too large") != std::string::npos);
  std::string keys;
  for (int i = 0; i < 20000; ++i) keys += "k" + std::to_string(i) + ":\n";
  CHECK(parse_error(keys).find("too many keys") != std::string::npos);
}

TEST_CASE("config: every truncation and every changed byte of a file gives a tree or an error") {
  const std::string text(kExample);
  for (std::size_t n = 0; n < text.size(); ++n) (void)Config::parse(text.substr(0, n), "t", "");
  // Three of them at each place; fuzzing does the rest.
  constexpr std::string_view kChanges("\0\xff{[&*!%\t\":-?|", 14);
  for (std::size_t n = 0; n < text.size(); ++n)
    for (std::size_t i = n; i < n + 15; i += 5) {
      std::string changed = text;
      changed[n] = kChanges[i % kChanges.size()];
      (void)Config::parse(changed, "t", "");
    }
}

TEST_CASE("config: the built-in configuration reads, and lends its variables to files without any") {
  const Config defaults;
  CHECK(defaults.text("vars.address-groups.EXTERNAL_NET") == "!$HOME_NET");
  CHECK(defaults.text("outputs.0.eve-log.filename") == "eve.json");
  CHECK(defaults.check_keys().empty());
  CHECK(parse("a: 1\n").text("vars.port-groups.SSH_PORTS") == "22");
  CHECK_FALSE(parse("vars: {address-groups: {X: any}}\n").has("vars.address-groups.HOME_NET"));
  CHECK(parse("").keys("outputs").empty());
}

TEST_CASE("config: values that are not what their keys take are told once, with their place") {
  Config config =
      parse("stream:\n  memcap: 64mbb\n  inline: perhaps\nflow.prealloc: many\nlist: [1, 2x]\nnice: 2 kb\n");
  REQUIRE(config.set("flow.memcap=1tb"));
  CHECK(config.take_unreadable_values().empty());
  CHECK(config.sub("stream").bytes("memcap", 7) == 7);
  CHECK(config.flag("stream.inline", true));
  CHECK(config.number("flow.prealloc", 8) == 8);
  CHECK(config.number("list.1", 9) == 9);
  CHECK(config.number("list.0", 9) == 1);
  CHECK(config.bytes("flow.memcap", 10) == 10);
  CHECK(config.bytes("nice", 11) == 2048);
  CHECK(config.bytes("absent", 12) == 12);
  CHECK(config.take_unreadable_values() ==
        std::vector<std::string>{
            "test.yaml:2:11: stream.memcap: '64mbb' is not a size, such as 512kb or 64 MiB",
            "test.yaml:3:11: stream.inline: 'perhaps' is not yes or no",
            "test.yaml:4:16: flow.prealloc: 'many' is not a number",
            "test.yaml:5:11: list.1: '2x' is not a number",
            "--set: flow.memcap: '1tb' is not a size, such as 512kb or 64 MiB",
        });
  CHECK(config.number("flow.prealloc", 8) == 8);
  CHECK(config.take_unreadable_values().empty());
}
