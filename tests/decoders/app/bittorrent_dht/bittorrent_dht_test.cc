#include "decoders/app/bittorrent_dht/bittorrent_dht.h"

#include <doctest/doctest.h>

#include <string>

#include "decoders/app/bittorrent_dht/bencode.h"
#include "decoders/text.h"

using namespace weir;
using namespace weir::bittorrent_dht;

namespace {

const std::string kNodeName(kNodeId, 'n');

std::string coded(const std::string& text) {
  return std::to_string(text.size()) + ":" + text;
}

std::string dht_query(const std::string& name, const std::string& arguments) {
  return "d1:ad2:id" + coded(kNodeName) + arguments + "e1:q" + coded(name) + "1:t2:aa1:v4:LT011:y1:qe";
}
std::string dht_response(const std::string& members) {
  return "d1:rd2:id" + coded(kNodeName) + members + "e1:t2:aa1:y1:re";
}

// Raises the event or not; `tx` is what was read.
bool is_malformed(const std::string& datagram, const DhtTransaction*& tx, DhtParser& parser) {
  const ParseOutcome out =
      parser.parse({.direction = Direction::to_client, .data = as_bytes(datagram), .is_datagram = true});
  CHECK(out.consumed == datagram.size());
  tx = tx_cast<DhtTransaction>(parser.transactions().last());
  REQUIRE(tx != nullptr);
  CHECK(tx->only_direction == Direction::to_client);
  return !tx->events.empty();
}

bool is_malformed(const std::string& datagram) {
  DhtParser parser;
  const DhtTransaction* tx = nullptr;
  return is_malformed(datagram, tx, parser);
}

}  // namespace

TEST_CASE("bittorrent dht: a query shows what it asks for") {
  DhtParser parser;
  const DhtTransaction* tx = nullptr;
  REQUIRE_FALSE(is_malformed(
      dht_query("announce_peer", "12:implied_porti1e9:info_hash3:abc4:porti6881e5:token2:tk6:target1:x"), tx,
      parser));
  CHECK(tx->message.transaction_id == "aa");
  CHECK(tx->message.client_version == "LT01");
  CHECK(tx->message.request_type == "announce_peer");
  REQUIRE(tx->message.request);
  CHECK(tx->message.request->id == kNodeName);
  CHECK(tx->message.request->info_hash == "abc");
  CHECK(tx->message.request->token == "tk");
  CHECK(tx->message.request->target == "x");
  CHECK(tx->message.request->implied_port == 1);
  CHECK(tx->message.request->port == 6881);
}

TEST_CASE("bittorrent dht: a response shows nodes and peers, an error its number and text") {
  DhtParser parser;
  const DhtTransaction* tx = nullptr;
  const std::string node = kNodeName + std::string("\x01\x02\x03\x04\x1a\xe1", 6);
  REQUIRE_FALSE(is_malformed(
      dht_response("5:nodes" + coded(node) + "5:token1:t6:valuesl6:1234567:toolong18:0123456789abcdefppi1ee"),
      tx, parser));
  REQUIRE(tx->message.response);
  CHECK(tx->message.response->nodes == node);
  CHECK(tx->message.response->token == "t");
  CHECK(tx->message.response->peers.size() == 2);
  REQUIRE_FALSE(is_malformed("d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee", tx, parser));
  REQUIRE(tx->message.error);
  CHECK(tx->message.error->number == 201);
  CHECK(tx->message.error->text == "A Generic Error Ocurred");
}

TEST_CASE("bittorrent dht: every truncation is malformed, and so is what a message must not lack") {
  const std::string whole = dht_response("5:nodes0:6:valuesl6:123456e");
  CHECK_FALSE(is_malformed(whole));
  for (std::size_t n = 1; n < whole.size(); ++n) {
    CAPTURE(n);
    CHECK(is_malformed(whole.substr(0, n)));
  }
  for (const char* wrong :
       {"d1:y1:qe", "d1:t2:aa1:y1:re", "d1:rde1:t2:aa1:y1:re", "d1:eli1ee1:t2:aa1:y1:ee",
        "d1:ri5e1:t2:aa1:y1:re", "d1:ad2:id2:xxe1:q4:ping1:t2:aa1:y1:ze", "d99999999999:"})
    CHECK(is_malformed(wrong));
}

TEST_CASE("bittorrent dht: datagrams that are no dictionary are another protocol's") {
  DhtParser parser;
  const std::string utp = std::string("\x01\x00", 2) + std::string(18, 'x');
  for (const std::string& other : {utp, std::string("i1e"), std::string()})
    parser.parse({.direction = Direction::to_server, .data = as_bytes(other), .is_datagram = true});
  CHECK(parser.transactions().empty());
}

TEST_CASE("bittorrent dht: what is not known is passed over, up to limits") {
  const auto with = [](const std::string& unknown) { return is_malformed(dht_response("1:x" + unknown)); };
  CHECK_FALSE(with("d1:ali1ei-2e1:beli3eee"));
  CHECK_FALSE(with(std::string(kMaxNesting, 'l') + std::string(kMaxNesting, 'e')));
  CHECK(with(std::string(kMaxNesting + 1, 'l') + std::string(kMaxNesting + 1, 'e')));
  std::string many = "l", numbers;
  for (std::size_t i = 0; i < kMaxElements; ++i) numbers += "i1e";
  CHECK(with(many + numbers + "e"));
  std::string names;
  for (std::size_t i = 0; i < kMaxNames; ++i) names += "1:xi1e";
  CHECK(is_malformed(dht_response(names)));
}

TEST_CASE("bittorrent dht: of peers so many are kept") {
  std::string peers;
  for (std::size_t i = 0; i < kMaxPeers + 3; ++i) peers += "6:abcdef";
  DhtParser parser;
  const DhtTransaction* tx = nullptr;
  CHECK_FALSE(is_malformed(dht_response("6:valuesl" + peers + "e"), tx, parser));
  CHECK(tx->message.response->peers.size() == kMaxPeers);
  CHECK(tx->held() > kMaxPeers * sizeof(SlabString));
}
