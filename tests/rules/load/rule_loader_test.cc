#include "rules/load/rule_loader.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <unistd.h>

#include <doctest/doctest.h>

#include "rules/load/requires.h"
#include "rules/load/rule_tables.h"

#include "tests/temporary_folder.h"

using namespace weir::rules;

namespace {

RuleEnvironment environment() {
  RuleEnvironment out;
  out.address_vars = {{"HOME_NET", "10.0.0.0/8"}, {"EXTERNAL_NET", "!$HOME_NET"}};
  out.port_vars = {{"HTTP_PORTS", "80"}};
  out.features = default_features();
  add_default_tables(out);
  return out;
}

LoadedRules load(std::string_view text) {
  RuleEnvironment env = environment();
  LoadedRules out;
  load_rule_text(text, "t", env, out);
  return out;
}

std::vector<std::string> messages(const LoadedRules& loaded) {
  std::vector<std::string> out;
  for (const RuleDiagnostic& d : loaded.diagnostics) out.push_back(to_string(d));
  return out;
}

using Messages = std::vector<std::string>;

}  // namespace

TEST_CASE("rule loader: a bad rule is named with its place, the others load") {
  const LoadedRules loaded = load(
      "alert tcp any any -> any any (msg:\"a\"; sid:1; rev:1;)\n"
      "alert tcp any any -> any any (msg:\"b\"; \\\n   nonsense:5; sid:2;)\n"
      "alert tcp $NOWHERE any -> any any (sid:3;)\n"
      "alert tcp any any -> any any (msg; sid:4;)\n"
      "alert tcp any any -> any any (noalert:x; sid:5;)\n"
      "alert tcp any any -> any any (msg:\"no sid\";)\n"
      "alert tcp any any\n"
      "alert udp $HOME_NET any -> $EXTERNAL_NET $HTTP_PORTS (msg:\"c\"; sid:6; rev:2;)\n");
  CHECK(messages(loaded) == Messages{
                                "t:3:4: error: nonsense: unknown keyword",
                                "t:4:11: error: the variable is not defined ($NOWHERE)",
                                "t:5:31: error: msg: the keyword needs an argument",
                                "t:6:31: error: noalert: the keyword takes no argument (x)",
                                "t:7:1: error: the rule has no sid",
                                "t:8:18: error: the direction is missing",
                            });
  CHECK(loaded.diagnostics[0].sid == 2);
  CHECK(loaded.rules_seen == 8);
  CHECK(loaded.failed == 6);
  REQUIRE(loaded.signatures.size() == 2);
  const Signature& last = *loaded.signatures[1];
  CHECK(last.meta.sid == 6);
  CHECK(last.meta.msg == "c");
  CHECK(loaded.signatures[1].line == 9);
  CHECK(loaded.signatures[1].file == "t");
  CHECK(last.header.destination_ports->contains(80));
}

TEST_CASE("rule loader: of two rules with one sid the higher revision stays") {
  LoadedRules loaded = load(
      "alert tcp any any -> any any (msg:\"1\"; sid:1; rev:1;)\n"
      "alert tcp any any -> any any (msg:\"2\"; sid:2; rev:5;)\n"
      "alert tcp any any -> any any (msg:\"3\"; sid:1; rev:3;)\n"
      "alert tcp any any -> any any (msg:\"4\"; sid:2; rev:4;)\n"
      "alert tcp any any -> any any (msg:\"5\"; sid:2; rev:5;)\n"
      "alert tcp any any -> any any (msg:\"6\"; sid:2; gid:2; rev:5;)\n");
  CHECK(messages(loaded) == Messages{
                                "t:3:1: warning: sid 1: replaces an older revision, in t:1",
                                "t:4:1: warning: sid 2: not used: a newer revision is in t:2",
                                "t:5:1: error: sid: duplicate signature: the same sid and rev as in t:2 (2)",
                            });
  CHECK(loaded.failed == 1);
  REQUIRE(loaded.signatures.size() == 3);
  CHECK(loaded.signatures[0]->meta.msg == "2");
  CHECK(loaded.signatures[1]->meta.msg == "3");
  CHECK(loaded.signatures[2]->meta.msg == "6");
  // A second text sees the rules of the first.
  RuleEnvironment env = environment();
  load_rule_text("alert tcp any any -> any any (sid:1; rev:3;)", "u", env, loaded);
  CHECK(messages(loaded).back() ==
        "u:1:1: error: sid: duplicate signature: the same sid and rev as in t:3 (1)");
}

TEST_CASE("rule loader: rules for another engine are passed over, whatever stands in them") {
  const LoadedRules loaded = load(
      "alert vxlan any any -> any any (requires: version >= 10; sid:1;)\n"
      "alert http any any => any any (requires: version >= 10; nonsense:1;)\n"
      "alert tcp any any -> any any (nonsense; requires: keyword foobar; sid:3;)\n"
      "alert tcp any any -> any any (requires: foo bar; sid:4;)\n"
      "alert tcp any any -> any any (requires: version >= 6; nonsense; sid:5;)\n"
      "alert tcp any any -> any any (requires: version x; sid:6;)\n"
      "alert tcp any any -> any any (requires: version >= 8, keyword sid, feature ja4; sid:7;)\n");
  CHECK(messages(loaded) == Messages{
                                "t:5:55: error: nonsense: unknown keyword",
                                "t:6:31: error: requires: a version needs one of >=, <=, > and < (x)",
                            });
  CHECK(loaded.skipped == 4);
  CHECK(loaded.signatures.size() == 1);
}

TEST_CASE("rule loader: paths and globs") {
  const test::TemporaryFolder folder;
  const std::string& name = folder.path;
  folder.write("1.rules", "alert tcp any any -> any any (sid:1;)\n");
  folder.write("2.rules", "alert tcp any any -> any any (sid:2;)\n");
  folder.write("[3].rules", "alert tcp any any -> any any (sid:3;)\n");
  RuleEnvironment env = environment();
  const std::vector<std::string> patterns{folder / "?.rules", folder / "[3].rules", folder / "none*.rules",
                                          name, folder / "missing.rules"};
  const LoadedRules loaded = load_rule_files(patterns, env);
  CHECK(messages(loaded) == Messages{
                                name + "/none*.rules: error: no such rule file",
                                name + ": error: the rule file is a folder",
                                name + "/missing.rules: error: no such rule file",
                            });
  CHECK(loaded.signatures.size() == 3);
  CHECK(loaded.files == 3);
}

TEST_CASE("rule loader: a file that is no text is told of once, with what it may be") {
  const test::TemporaryFolder folder;
  const std::string utf16 = folder.write("utf16.rules", std::string("\xff\xfe"
                                                                    "a\0l\0e\0r\0t\0\n\0a\0",
                                                                    16));
  const std::string without_mark = folder.write("be.rules", std::string("\0a\0l\0e\0r\0t\0\n", 12));
  const std::string zip = folder.write("zip.rules", std::string("PK\x03\x04\x14\0\0\0", 8));
  const std::string binary = folder.write("binary.rules", "abc" + std::string(9, '\0'));
  const std::string later =
      folder.write("later.rules", "alert tcp any any -> any any (sid:2;)\n" + std::string("alert\0\n", 7));
  RuleEnvironment env = environment();
  const LoadedRules loaded = load_rule_files(std::vector{utf16, without_mark, zip, binary, later}, env);
  CHECK(messages(loaded) ==
        Messages{utf16 + ": error: the rule file is UTF-16 text: convert it to UTF-8",
                 without_mark + ": error: the rule file is UTF-16 text: convert it to UTF-8",
                 zip + ": error: the rule file is a zip archive: unpack it; tar and gzip can stay",
                 binary + ": error: the rule file is no text (a NUL byte in its first line): unpack or "
                          "convert it; tar and "
                          "gzip can stay",
                 later + ":2:6: error: a NUL byte in the rule"});
  CHECK(loaded.signatures.size() == 1);
}

TEST_CASE("rule loader: huge address lists load") {
  std::string list = "[1.0.0.0";
  for (int i = 1; i < 4000; ++i)
    list +=
        "," + std::to_string(i % 223 + 1) + ".0." + std::to_string(i / 250) + "." + std::to_string(i % 250);
  const LoadedRules loaded = load("alert ip " + list + "] any -> any any (sid:1;)");
  REQUIRE(loaded.signatures.size() == 1);
  CHECK(loaded.signatures[0]->header.source->v4().size() > 3000);
}

TEST_CASE("rule loader: a file larger than a piece is read as if it were one text") {
  std::string text;
  std::size_t rules = 0;
  while (text.size() < 3 * kRulePieceBytes) {
    ++rules;
    text += "alert tcp any any -> any any ( \\ \n  msg:\"";
    text.append(rules % 97, 'x');
    text += "\"; \\\r\n sid:" + std::to_string(rules) + ";)\n# a comment\n";
  }
  text += "alert tcp any any -> any any (nonsense; sid:9999999;) \\";
  std::string path = (std::filesystem::temp_directory_path() / "weir-rules-XXXXXX").string();
  const int fd = ::mkstemp(path.data());
  REQUIRE(fd >= 0);
  ::close(fd);
  std::ofstream(path) << text;
  RuleEnvironment env = environment();
  const LoadedRules loaded = load_rule_files(std::vector{path}, env);
  std::filesystem::remove(path);
  const LoadedRules whole = load(text);
  CHECK(loaded.rules_seen == rules + 1);
  CHECK(loaded.files == 1);
  REQUIRE(loaded.signatures.size() == rules);
  for (std::size_t i = 0; i < rules; ++i) REQUIRE(loaded.signatures[i].line == 4 * i + 1);
  REQUIRE(loaded.diagnostics.size() == 1);
  REQUIRE(whole.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].line == 4 * rules + 1);
  CHECK(loaded.diagnostics[0].reason == whole.diagnostics[0].reason);
}

TEST_CASE("rule loader: changed bytes of rules never do more than fail") {
  const std::string good =
      "alert http $HOME_NET any -> $EXTERNAL_NET $HTTP_PORTS (msg:\"x\"; flow:established,to_server; "
      "content:\"ab|00|c\"; "
      "nocase; depth:20; pcre:\"/a+b/i\"; byte_test:1,>,5,0,relative; flowbits:set,x; "
      "classtype:misc-activity; "
      "reference:url,example.com; threshold: type limit, track by_src, count 1, seconds 60; sid:1; rev:1;)";
  CHECK(messages(load(good)).empty());
  std::mt19937 random(11);
  constexpr std::string_view kBytes = "0123456789abcxyz|\"\\;:,!$[]()-<>=/% \t\n\xff";
  for (int round = 0; round < 2000; ++round) {
    std::string text = good;
    for (std::size_t i = random() % 5; i < 6; ++i)
      text[random() % text.size()] = kBytes[random() % kBytes.size()];
    if (round % 2 == 0) text.erase(random() % text.size(), random() % 30);
    (void)load(text);
  }
  for (std::size_t n = 0; n < good.size(); ++n) (void)load(good.substr(0, n) + ")");
}

TEST_CASE("rule tables: classes and reference systems are read, wrong lines are named") {
  RuleEnvironment env;
  std::vector<RuleDiagnostic> diagnostics;
  read_classifications(
      "# comment\r\n\r\nconfig classification: Bad-Unknown,Potentially, Bad Traffic, 2\r\n"
      "config classification: x,y\nconfig  classification : two,Second,1\nconfig reference: a b\n"
      "config classification: zero,Zero,0\nconfig classification: big,Big,256\nconfig classification: "
      "bad-unknown,Other,1\n",
      "c", env, diagnostics);
  CHECK(env.classifications.at("bad-unknown").description == "Potentially, Bad Traffic");
  CHECK(env.classifications.at("bad-unknown").priority == 2);
  CHECK(env.classifications.at("two").priority == 1);
  CHECK(env.classifications.size() == 2);
  REQUIRE(diagnostics.size() == 4);
  CHECK(diagnostics[0].line == 4);
  diagnostics.clear();
  read_references(
      "config reference: bugtraq   http://x/\nconfig reference: url\tfile://\nconfig reference: nothing\n",
      "r", env, diagnostics);
  CHECK(env.reference_systems.at("bugtraq") == "http://x/");
  CHECK(env.reference_systems.at("url") == "file://");
  REQUIRE(diagnostics.size() == 1);
  CHECK(diagnostics[0].line == 3);
  CHECK(load_classifications("/nonexistent/classification.config", env).size() == 1);
}
