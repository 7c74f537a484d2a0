#include "engine/ruleset/rule_setup.h"

#include "rules/state/dataset.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "tests/temporary_folder.h"

using namespace weir;
using namespace weir::engine;

namespace {

// A folder with a configuration, rules and tables, gone with the test.
class Site {
 public:
  Site() {
    write("rules/a.rules", "alert ip $HOME_NET any -> any any (classtype:mine; sid:1;)\n");
    write("rules/b.rules", "alert ip any any -> any any (sid:2;)\n");
    write("extra.rules", "alert ip any any -> any any (sid:3;)\n");
    write("classes", "config classification: mine,My Class,4\n");
    write("threshold.config", "suppress gen_id 1, sig_id 1\nnonsense\n");
  }
  void write(const std::string& name, std::string_view text) const { folder.write(name, text); }
  [[nodiscard]] RuleSetup set_up(std::string_view yaml, const RuleSetupOptions& options) const {
    write("weir.yaml", yaml);
    const auto config = Config::load(folder / "weir.yaml");
    REQUIRE(config.has_value());
    return set_up_rules(*config, options);
  }
  weir::test::TemporaryFolder folder;
};

constexpr std::string_view kConfig =
    "vars: {address-groups: {HOME_NET: [10.0.0.0/8, 192.168.0.0/16]}}\n"
    "default-rule-path: rules\nrule-files: [a.rules, 'b*.rules']\nclassification-file: classes\n"
    "threshold-file: threshold.config\nreference-config-file: not-there\n";

std::vector<std::uint32_t> sids(const RuleSetup& setup) {
  std::vector<std::uint32_t> out;
  for (const auto& s : setup.loaded.signatures) out.push_back(s->meta.sid);
  return out;
}

}  // namespace

TEST_CASE(
    "rule setup: a database of countries that is not there is told, whether or not a rule asks for it") {
  const Site site;
  const RuleSetup setup = site.set_up("geoip-database: not-there.mmdb\n", {});
  REQUIRE(setup.loaded.diagnostics.size() == 1);
  const rules::RuleDiagnostic& told = setup.loaded.diagnostics[0];
  CHECK(told.is_warning());
  CHECK(told.keyword == "geoip-database");
  CHECK(told.file.ends_with("/not-there.mmdb"));
  site.write("there.mmdb", "read when a rule asks for it");
  CHECK(site.set_up("geoip-database: there.mmdb\n", {}).loaded.diagnostics.empty());
}

TEST_CASE(
    "rule setup: IP reputation is read for rules with iprep, and its files are among those of a reload") {
  const Site site;
  site.write("categories", "1,bad,\n");
  site.write("lists/a.list", "192.0.2.0/24,1,5\nwrong\n");
  const std::string other = site.folder.write("b.list", "192.0.2.1,1,7\n");
  site.write("iprep.rules", "alert ip any any -> any any (iprep:src,bad,>,4; sid:1;)\n");
  const RuleSetupOptions options{.exclusive = {site.folder / "iprep.rules"}};
  const std::string yaml =
      "reputation-categories-file: categories\ndefault-reputation-path: lists\nreputation-files: [a.list, " +
      other + "]\n";
  const RuleSetup setup = site.set_up(yaml, options);
  CHECK(sids(setup) == std::vector<std::uint32_t>{1});
  CHECK(setup.reputation.files == 2);
  CHECK(setup.reputation.categories == 1);
  CHECK(setup.reputation.addresses == 2);
  REQUIRE(setup.loaded.diagnostics.size() == 1);
  CHECK(rules::to_string(setup.loaded.diagnostics[0]).find("lists/a.list:2:1: error: reputation-files: ") !=
        std::string::npos);
  const auto config = Config::load(site.folder / "weir.yaml");
  REQUIRE(config.has_value());
  const std::vector<std::string> files = rule_paths(*config, options).files;
  for (const std::string& path : {site.folder / "categories", site.folder / "lists/a.list", other})
    CHECK(std::find(files.begin(), files.end(), path) != files.end());
}

TEST_CASE(
    "rule setup: without files of IP reputation that is told, and without categories iprep is refused") {
  const Site site;
  site.write("categories", "1,bad,\n");
  site.write("iprep.rules", "alert ip any any -> any any (iprep:src,bad,>,4; sid:1;)\n");
  const RuleSetupOptions options{.exclusive = {site.folder / "iprep.rules"}};
  const RuleSetup nothing_listed = site.set_up("reputation-categories-file: categories\n", options);
  CHECK(sids(nothing_listed) == std::vector<std::uint32_t>{1});
  REQUIRE(nothing_listed.loaded.diagnostics.size() == 1);
  CHECK(nothing_listed.loaded.diagnostics[0].is_warning());
  const RuleSetup no_categories = site.set_up("reputation-files: [a.list]\n", options);
  CHECK(sids(no_categories).empty());
  REQUIRE(no_categories.loaded.diagnostics.size() == 2);
  CHECK(no_categories.loaded.diagnostics[0].is_warning());
  CHECK(no_categories.loaded.diagnostics[1].keyword == "iprep");
}

TEST_CASE("rule setup: data sets of the configuration are there for rules, with their lists") {
  const Site site;
  site.write("names.lst", "YQ==\nnot base64\n");
  site.write("sets.rules",
             "alert dns any any -> any any (dns.query; dataset:isset,names; sid:1;)\n"
             "alert dns any any -> any any (dns.query; dataset:set,kept,type md5; sid:2;)\n"
             "alert dns any any -> any any (dns.query; dataset:isset,broken; sid:3;)\n"
             "alert dns any any -> any any (dns.query; dataset:isset,x,type string,hashsize 101; sid:4;)\n");
  const RuleSetup setup = site.set_up(
      "datasets:\n  limits: {single-hashsize: 100}\n  names: {type: string, load: names.lst}\n"
      "  kept: {type: md5, state: kept.lst, memcap: 1mb, hashsize: 7}\n"
      "  broken: {type: text}\n  mixed:\n    type: ip\n    state: a\n    load: b\n",
      {.exclusive = {site.folder / "sets.rules"}});
  CHECK(sids(setup) == std::vector<std::uint32_t>{1, 2});
  std::vector<std::string> told;
  for (const auto& d : setup.loaded.diagnostics)
    if (!d.is_warning()) told.push_back(rules::to_string(d));
  REQUIRE(told.size() == 5);
  CHECK(told[2].find("names.lst:2:1: error: dataset: not a value of the set") != std::string::npos);
  CHECK(told[0].find("weir.yaml:5:18: error: datasets.broken.type: 'text' is not string") !=
        std::string::npos);
  CHECK(told[1].find("weir.yaml:8:12: error: datasets.mixed.state: stands for load and save") !=
        std::string::npos);
  CHECK(told[3].find("no set has this name") != std::string::npos);
  CHECK(told[4].find("single-hashsize") != std::string::npos);
  const auto& kept = setup.environment->datasets.at("kept")->source();
  CHECK(kept.memcap_bytes == 1U << 20U);
  CHECK(kept.hash_size == 7);
  CHECK(kept.save == site.folder / "kept.lst");
}

TEST_CASE("rule setup: configured files, tables, variables and thresholds come together") {
  const Site site;
  const RuleSetup setup = site.set_up(kConfig, {});
  REQUIRE(sids(setup) == std::vector<std::uint32_t>{1, 2});
  const rules::Signature& first = *setup.loaded.signatures[0];
  CHECK(first.meta.category == "My Class");
  CHECK(first.header.source->contains(IpAddress::v4(0xc0a80001)));
  CHECK(first.suppressions.size() == 1);
  REQUIRE(setup.loaded.diagnostics.size() == 2);
  CHECK(setup.loaded.diagnostics[0].is_warning());  // not-there
  CHECK_FALSE(setup.loaded.diagnostics[1].is_warning());
  CHECK(setup.loaded.diagnostics[1].line == 2);
}

TEST_CASE("rule setup: the command line adds files or replaces them") {
  const Site site;
  const std::string extra = site.folder / "extra.rules";
  CHECK(sids(site.set_up(kConfig, {.additional = {extra}})) == std::vector<std::uint32_t>{1, 2, 3});
  CHECK(sids(site.set_up(kConfig, {.exclusive = {extra}})) == std::vector<std::uint32_t>{3});
  CHECK(sids(site.set_up("a: b\n", {})).empty());
  const RuleSetup none = site.set_up(kConfig, {.additional = {extra}, .no_rules = true});
  CHECK(none.loaded.signatures.empty());
  CHECK(none.loaded.rules_seen == 0);
  const RuleSetup missing = site.set_up(kConfig, {.exclusive = {"/nonexistent/x.rules"}});
  CHECK_FALSE(missing.loaded.diagnostics.back().is_warning());
}

TEST_CASE("rule setup: data comes from the folder that was named, else from beside the rules") {
  const Site site;
  CHECK(site.set_up(kConfig, {.data_dir = "/data"}).environment->data_dir == "/data");
  CHECK(site.set_up(kConfig, {}).environment->data_dir == site.folder / "rules");
  CHECK(site.set_up("default-data-dir: /d\n", {}).environment->data_dir == "/d");
}

TEST_CASE("rule setup: fingerprints that are turned off are no feature") {
  const Site site;
  const auto has = [](const RuleSetup& s, std::string_view name) {
    return std::find(s.environment->features.begin(), s.environment->features.end(), name) !=
           s.environment->features.end();
  };
  CHECK(has(site.set_up("a: b\n", {}), "ja4"));
  CHECK(has(site.set_up("app-layer: {protocols: {tls: {ja4-fingerprints: auto}}}\n", {}), "ja4"));
  CHECK_FALSE(has(site.set_up("app-layer: {protocols: {tls: {ja4-fingerprints: no}}}\n", {}), "ja4"));
}

TEST_CASE("rule setup: a variable that is no list is told of once, at its place, and no rule is read") {
  const Site site;
  const auto wrong = [&](std::string_view yaml) {
    const RuleSetup setup = site.set_up(yaml, {});
    CHECK(setup.loaded.rules_seen == 0);
    std::string out;
    for (const std::string& w : setup.wrong_variables) out += w.substr(w.find("weir.yaml")) + "\n";
    return out;
  };
  CHECK(wrong("rule-files: [rules/a.rules]\nvars: {address-groups: {HOME_NET: 10.0.0.0/8 192.168.0.0/16, "
              "OTHER: '!$HOME_NET'}}\n") ==
        "weir.yaml:2:35: vars.address-groups.HOME_NET: not a prefix length or netmask (10.0.0.0/8 "
        "192.168.0.0/16)\n");
  CHECK(wrong("vars: {port-groups: {P: [80, http]}}\n").starts_with("weir.yaml:1:25: vars.port-groups.P: "));
  CHECK(wrong("vars: {address-groups: {A: $B, B: $A}}\n").find("contains itself") != std::string::npos);
  CHECK(site.set_up(kConfig, {}).wrong_variables.empty());
}
