#include <doctest/doctest.h>

#include "decoders/app/protocol_ids.h"
#include "decoders/app/ssh/ssh.h"
#include "rules/load/rule_loader.h"
#include "rules/set/rule_set.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;

namespace {

LoadedRules load(const std::string& options) {
  RuleEnvironment environment;
  LoadedRules rules;
  load_rule_text("alert ssh any any -> any any (" + options + " sid:1;)", "t.rules", environment, rules);
  return rules;
}

void fill(ssh::SshTransaction& tx) {
  ssh::Peer& client = tx.peers[index(Direction::to_server)];
  client.protocol = "2.0";
  client.software = "PuTTY_Release_0.72";
  client.hassh = "a;b;c;none";
  ssh::Peer& server = tx.peers[index(Direction::to_client)];
  server.protocol = "1.99";
  server.software = "OpenSSH_3.9p1";
  server.hassh = "d;e;f;zlib";
}

std::vector<std::string> values(const std::string& keyword, const ssh::SshTransaction& tx, Direction d) {
  const LoadedRules rules = load(keyword + "; content:\"x\";");
  REQUIRE(rules.signatures.size() == 1);
  return test::buffer_values(*rules.signatures[0], tx, d);
}

}  // namespace

TEST_CASE("ssh keywords: each buffer shows its field, in its direction") {
  ssh::SshTransaction tx(0);
  fill(tx);
  const std::string client_hash(tx.peer(Direction::to_server).hassh_hash());
  const std::string server_hash(tx.peer(Direction::to_client).hassh_hash());
  REQUIRE(client_hash.size() == 32);
  struct Row {
    const char* keyword;
    std::vector<std::string> to_server, to_client;
  };
  const Row rows[] = {
      {"ssh.proto", {"2.0"}, {"1.99"}},
      {"ssh_proto", {"2.0"}, {"1.99"}},
      {"ssh.software", {"PuTTY_Release_0.72"}, {"OpenSSH_3.9p1"}},
      {"ssh_software", {"PuTTY_Release_0.72"}, {"OpenSSH_3.9p1"}},
      {"ssh.hassh", {client_hash}, {}},
      {"ssh.hassh.string", {"a;b;c;none"}, {}},
      {"ssh.hassh.server", {}, {server_hash}},
      {"ssh.hassh.server.string", {}, {"d;e;f;zlib"}},
  };
  const ssh::SshTransaction empty(1);
  for (const Row& row : rows) {
    CAPTURE(row.keyword);
    CHECK(values(row.keyword, tx, Direction::to_server) == row.to_server);
    CHECK(values(row.keyword, tx, Direction::to_client) == row.to_client);
    CHECK(values(row.keyword, empty, Direction::to_server).empty());
  }
}

TEST_CASE("ssh keywords: versions with an argument") {
  ssh::SshTransaction tx(0);
  fill(tx);
  struct Row {
    const char* option;
    bool to_server, to_client;
  };
  const Row rows[] = {
      {"ssh.protoversion:2.0;", true, false},    {"ssh.protoversion:2;", true, false},
      {"ssh.protoversion:2_compat;", true, true}, {"ssh.protoversion:1.9;", false, false},
      {"ssh.protoversion:1.99;", false, true},   {"ssh.softwareversion:\"PuTTY\";", true, false},
      {"ssh.softwareversion:OpenSSH;", false, true}, {"ssh.softwareversion:Release;", false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.option);
    const LoadedRules rules = load(row.option);
    REQUIRE(rules.signatures.size() == 1);
    REQUIRE(rules.signatures[0]->tx_checks.size() == 1);
    const TxCheck& check = *rules.signatures[0]->tx_checks[0].check;
    CHECK(check.matches(tx, Direction::to_server) == row.to_server);
    CHECK(check.matches(tx, Direction::to_client) == row.to_client);
  }
}

TEST_CASE("ssh keywords: wrong arguments are refused") {
  for (const char* option : {"ssh.protoversion:;", "ssh.protoversion:two;", "ssh.protoversion:2.;",
                             "ssh.protoversion:3_compat;", "ssh.softwareversion:\"\";", "ssh.hassh:yes;"}) {
    CAPTURE(option);
    CHECK(load(option).signatures.empty());
  }
}

TEST_CASE("ssh keywords: only rules about HASSH ask the parser for it") {
  const auto requested = [](const std::string& options) {
    RuleEnvironment environment;
    LoadedRules rules;
    load_rule_text("alert ssh any any -> any any (" + options + " sid:1;)", "t.rules", environment, rules);
    REQUIRE(rules.signatures.size() == 1);
    return RuleSet::build(std::move(rules.signatures), environment, {})->requested();
  };
  CHECK(requested("ssh.proto; content:\"2\";").buffers.none());
  for (const char* keyword : {"ssh.hassh", "ssh.hassh.string", "ssh.hassh.server", "ssh.hassh.server.string"}) {
    CAPTURE(keyword);
    const auto wanted = requested(std::string(keyword) + "; content:\"a\";");
    CHECK(wanted.buffers.count() == 1);
    CHECK(wanted.buffers_of(AppProto::ssh));
  }
}
