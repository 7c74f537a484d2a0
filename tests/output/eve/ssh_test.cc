#include <doctest/doctest.h>

#include "decoders/app/ssh/ssh.h"
#include "output/eve_tx.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;

namespace {

std::string written(const Transaction& tx) {
  const auto writer = eve_ssh.configure(FakeSettings{});
  JsonWriter out;
  {
    const auto event = out.object();
    if (!writer->write(out, tx)) return {};
  }
  return std::string(out.text());
}

}  // namespace

TEST_CASE("eve ssh: both sides, with HASSH where it was made") {
  ssh::SshTransaction tx(0);
  ssh::Peer& client = tx.peers[index(Direction::to_server)];
  client.protocol = "2.0";
  client.software = "OpenSSH_9.2p1";
  client.hassh = "curve25519-sha256,ecdh;aes128-ctr;hmac-sha1;none";
  ssh::Peer& server = tx.peers[index(Direction::to_client)];
  server.protocol = "1.99";
  server.software = "x\xff\"";
  CHECK(written(tx) ==
        R"({"ssh":{"client":{"proto_version":"2.0","software_version":"OpenSSH_9.2p1",)"
        R"("hassh":{"hash":"d58eb73c0d431d4793c35a692a48b4c6",)"
        R"("string":"curve25519-sha256,ecdh;aes128-ctr;hmac-sha1;none"}},)"
        R"("server":{"proto_version":"1.99","software_version":"x\\xff\""}}})");
}

TEST_CASE("eve ssh: a side that has shown no banner is left out, and an event without any") {
  ssh::SshTransaction tx(0);
  CHECK(written(tx).empty());
  tx.peers[index(Direction::to_client)].protocol = "2.0";
  CHECK(written(tx) == R"({"ssh":{"server":{"proto_version":"2.0"}}})");
}
