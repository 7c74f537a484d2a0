#include "engine/ruleset/rule_reloader.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "engine/config/config.h"
#include "rules/set/program.h"

#include "tests/temporary_folder.h"

using namespace weir;
using namespace weir::engine;

namespace {

// A folder with a configuration and rules, and the rules in force.
struct Site {
  weir::test::TemporaryFolder folder;
  ReloadSources sources;
  rules::LoadedRules first;
  std::shared_ptr<const rules::RuleSet> current;

  explicit Site(std::string_view rules, std::string_view config = "rule-files: [a.rules]\n") {
    write("a.rules", rules);
    write("weir.yaml", config);
    sources.config = folder / "weir.yaml";
    const auto loaded_config = Config::load(sources.config, {});
    REQUIRE(loaded_config.has_value());
    RuleSetup setup = set_up_rules(*loaded_config, sources.rules);
    auto signatures = std::move(setup.loaded.signatures);
    first = std::move(setup.loaded);
    current = rules::RuleSet::build(std::move(signatures), *setup.environment, {});
  }
  void write(const std::string& name, std::string_view text) const { folder.write(name, text); }
  RuleReloader::Result reload() {
    if (reloader == nullptr) reloader = std::make_unique<RuleReloader>(sources, first);
    REQUIRE(reloader->start(current));
    CHECK_FALSE(reloader->start(current));
    pollfd ready{reloader->fd(), POLLIN, 0};
    REQUIRE(::poll(&ready, 1, 60'000) == 1);
    auto result = reloader->take();
    REQUIRE(result.has_value());
    CHECK_FALSE(reloader->take().has_value());
    if (result->rules != nullptr) reloader->retire(std::exchange(current, result->rules));
    return std::move(*result);
  }
  std::unique_ptr<RuleReloader> reloader;
};

std::string rule(int sid, std::string_view content, int rev = 1) {
  return "alert udp any any -> any any (content:\"" + std::string(content) +
         "\"; sid:" + std::to_string(sid) + "; rev:" + std::to_string(rev) + ";)\n";
}

std::string names(const std::vector<rules::RuleKey>& keys) {
  std::string out;
  for (const rules::RuleKey& key : keys) out += std::to_string(key.gid) + ":" + std::to_string(key.sid) + " ";
  return out;
}

}  // namespace

TEST_CASE("reloader: says which rules are new, gone, changed and wrong") {
  Site site(rule(1, "a") + rule(2, "b") + rule(3, "c") + rule(4, "d"));
  site.write("a.rules", rule(5, "e") + rule(1, "a") + rule(2, "b", 2) + rule(3, "cc") +
                            "alert udp any any -> any any (content:\"x\"; nonsense:1; sid:6;)\n");
  const auto done = site.reload();
  REQUIRE(done.rules != nullptr);
  CHECK(done.report.error.empty());
  CHECK(done.report.generation == 2);
  CHECK(done.report.loaded == 4);
  CHECK(done.report.failed == 1);
  CHECK(names(done.report.difference.added) == "1:5 ");
  CHECK(names(done.report.difference.removed) == "1:4 ");
  CHECK(names(done.report.difference.changed) == "1:2 1:3 ");
  REQUIRE(done.report.errors.size() == 1);
  CHECK(done.report.errors[0].line == 5);
  CHECK(done.report.json().starts_with("{\"reloaded\":true,\"generation\":2,\"seconds\":"));
  CHECK(done.report.json().find(
            "\"rules_loaded\":4,\"rules_failed\":1,\"rules_skipped\":0,\"added\":[\"1:5\"],"
            "\"removed\":[\"1:4\"],\"changed\":[\"1:2\",\"1:3\"],\"failed\":[\"") != std::string::npos);
  CHECK(done.report.json().find("error: nonsense: unknown keyword\"]}") != std::string::npos);
  CAPTURE(done.report.json());
  CHECK(done.report.json(1).find("\"changed\":[\"1:2\"]") != std::string::npos);
  CHECK(done.report.text().find(
            "4 loaded, 1 failed, 0 skipped; 1 added, 1 removed, 2 changed\nrules added: 1:5\n") !=
        std::string::npos);
  CHECK(done.report.text(1).find("rules changed: 1:2 and 1 more\n") != std::string::npos);

  const auto again = site.reload();  // nothing new
  REQUIRE(again.rules != nullptr);
  CHECK(again.report.generation == 3);
  CHECK(again.report.difference.added.empty());
  CHECK(again.report.difference.removed.empty());
  CHECK(again.report.difference.changed.empty());
}

TEST_CASE("reloader: what cannot be used leaves the old rules and says why") {
  struct Row {
    const char* what;
    std::function<void(Site&)> spoil;
    std::string_view why;
  };
  const std::vector<Row> rows{
      {"a rule file that went", [](Site& s) { std::filesystem::remove(s.folder / "a.rules"); },
       "no such rule file"},
      {"a configuration that went", [](Site& s) { std::filesystem::remove(s.folder / "weir.yaml"); },
       "weir.yaml"},
      {"a configuration that is none", [](Site& s) { s.write("weir.yaml", "vars: ["); }, "weir.yaml:"},
      {"a rule file in place of a folder",
       [](Site& s) {
         std::filesystem::remove(s.folder / "a.rules");
         std::filesystem::create_directory(s.folder / "a.rules");
       },
       "a.rules"},
      {"no rule at all", [](Site& s) { s.write("a.rules", "# nothing\n"); },
       "none of the rules could be loaded"},
      {"only wrong rules", [](Site& s) { s.write("a.rules", "alert udp nonsense\n"); },
       "none of the rules could be loaded"},
      {"a further file that is not there",
       [](Site& s) { s.write("weir.yaml", "rule-files: [a.rules, b.rules]\n"); },
       "b.rules: error: no such rule file"},
      {"a threshold file that is not there",
       [](Site& s) { s.write("weir.yaml", "rule-files: [a.rules]\nthreshold-file: t.config\n"); },
       "t.config"},
      {"an error, and --strict",
       [](Site& s) {
         s.sources.strict = true;
         s.write("a.rules", rule(1, "a") + "alert udp nonsense\n");
       },
       "an error in the rules, and --strict"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Site site(rule(1, "a") + rule(2, "b"));
    row.spoil(site);
    const auto before = site.current;
    const auto done = site.reload();
    CHECK(done.rules == nullptr);
    CHECK(site.current == before);
    CHECK(done.report.generation == 1);
    CHECK(done.report.error.find(row.why) != std::string::npos);
    CHECK(done.report.json().starts_with("{\"reloaded\":false,\"error\":\""));
    CHECK(done.report.text().starts_with("rules not reloaded, the old ones stay: "));
    std::filesystem::remove_all(site.folder / "a.rules");  // mended: the next reload works
    site.write("a.rules", rule(1, "a") + rule(3, "c"));
    site.write("weir.yaml", "rule-files: [a.rules]\n");
    const auto next = site.reload();
    CHECK(next.rules != nullptr);
    CHECK(names(next.report.difference.added) == "1:3 ");
  }
}

TEST_CASE("reloader: a file that was missing at the start may be missing still") {
  Site site(rule(1, "a"), "rule-files: [a.rules, never.rules]\nthreshold-file: never.config\n");
  CHECK(site.reload().rules != nullptr);
  site.write("never.rules", rule(2, "b"));
  CHECK(site.reload().rules != nullptr);
  CHECK(site.current->size() == 2);
  std::filesystem::remove(site.folder / "never.rules");  // now it was there
  CHECK(site.reload().rules == nullptr);
  CHECK(site.current->size() == 2);
}

TEST_CASE("reloader: variables, thresholds and rule-files are read anew") {
  Site site("alert udp $HOME_NET any -> any any (content:\"a\"; sid:1;)\n");
  site.write("b.rules", rule(2, "b"));
  site.write("t.config", "suppress gen_id 1, sig_id 1\n");
  site.write("weir.yaml",
             "vars: {address-groups: {HOME_NET: 192.0.2.0/24}}\nrule-files: [a.rules, b.rules]\n"
             "threshold-file: t.config\n");
  REQUIRE(site.reload().rules != nullptr);
  const auto& signatures = site.current->program().signatures;
  REQUIRE(signatures.size() == 2);
  CHECK(signatures[0]->header.source->contains(IpAddress::v4(0xc0000201)));
  CHECK_FALSE(signatures[0]->header.source->contains(IpAddress::v4(0x0a000001)));
  CHECK(signatures[0]->suppressions.size() == 1);
}

TEST_CASE("reloader: an old set is freed once nobody holds it") {
  Site site(rule(1, "a"));
  const std::weak_ptr<const rules::RuleSet> first = site.current;
  auto worker = site.current;
  REQUIRE(site.reload().rules != nullptr);
  ::usleep(100'000);
  CHECK_FALSE(first.expired());
  worker = site.current;
  for (int i = 0; i < 200 && !first.expired(); ++i) ::usleep(50'000);
  CHECK(first.expired());
}
