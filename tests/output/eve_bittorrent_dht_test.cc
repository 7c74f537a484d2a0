#include <doctest/doctest.h>

#include "decoders/app/bittorrent_dht/bittorrent_dht.h"
#include "decoders/text.h"
#include "output/eve_tx.h"
#include "tests/output/fake_settings.h"

using namespace weir;
using namespace weir::output;

namespace {

std::string dht_event(std::string_view datagram) {
  bittorrent_dht::DhtTransaction tx(0, Direction::to_client);
  (void)bittorrent_dht::parse_message(as_bytes(datagram), tx.message);
  const auto writer = eve_bittorrent_dht.configure(FakeSettings{});
  CHECK(writer->direction(tx) == Direction::to_client);
  JsonWriter out;
  {
    const auto event = out.object();
    CHECK(writer->write(out, tx));
  }
  return std::string(out.text());
}

}  // namespace

TEST_CASE("eve bittorrent_dht: a query and an error") {
  CHECK(
      dht_event("d1:ad2:id2:ab12:implied_porti1e9:info_hash2:cd4:porti6881e5:token1:te1:q13:announce_peer1:"
                "t2:aa1:v4:LT01"
                "1:y1:qe") ==
      R"({"bittorrent_dht":{"transaction_id":"6161","client_version":"4c543031","request_type":"announce_peer",)"
      R"("request":{"id":"6162","info_hash":"6364","token":"74","implied_port":1,"port":6881}}})");
  CHECK(dht_event("d1:eli203e3:bade1:t1:x1:y1:ee") ==
        R"({"bittorrent_dht":{"transaction_id":"78","error":{"num":203,"msg":"bad"}}})");
}

TEST_CASE("eve bittorrent_dht: nodes and peers with their addresses") {
  CHECK(dht_event("d1:rd2:id2:ab5:nodes27:nnnnnnnnnnnnnnnnnnnn\x7f\x01\x01\x02\x1a\x65x6:valuesl6:"
                  "\x7f\x01\x01\x02\x1a\x65"
                  "18:0000000000000000\x1a\x65"
                  "ee1:t1:x1:y1:re") ==
        R"({"bittorrent_dht":{"transaction_id":"78","response":{"id":"6162","nodes":[{)"
        R"("id":"6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e","ip":"127.1.1.2","port":6757}],"values":[)"
        R"({"ip":"127.1.1.2","port":6757},{"ip":"3030:3030:3030:3030:3030:3030:3030:3030","port":6757}]}}})");
}
