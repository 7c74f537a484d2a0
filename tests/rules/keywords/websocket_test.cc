#include <doctest/doctest.h>

#include "decoders/app/websocket/websocket.h"
#include "rules/load/unsupported.h"
#include "tests/rules/load_one.h"

using namespace weir;
using namespace weir::rules;

namespace {

constexpr Direction kClient = Direction::to_server, kServer = Direction::to_client;

rules::test::One load(const std::string& options) {
  return rules::test::load("alert websocket any any -> any any (" + options + " sid:1;)");
}

bool holds(const std::string& options, const Transaction& tx, Direction d) {
  const rules::test::One rule = load(options);
  REQUIRE(rule.error == "");
  return rule.signature->tx_checks.at(0).check->matches(tx, d);
}

}  // namespace

TEST_CASE("websocket keywords: numbers of a frame, in its direction only") {
  websocket::WebSocketTransaction tx(0, kClient), bare(1, kServer);
  tx.head = {.flags = 0x80, .opcode = 9, .mask = 123456, .length = 0, .size = 6};
  bare.head = {.flags = 0xc0, .opcode = 1, .mask = {}, .length = 0, .size = 2};
  struct Row {
    const char* options;
    bool of_ping, of_text;
  };
  for (const Row& row :
       {Row{"websocket.flags:128;", true, false}, Row{"websocket.flags:&0x40=0x40;", false, true},
        Row{"websocket.flags:fin,!comp;", true, false}, Row{"websocket.mask:123456;", true, false},
        Row{"websocket.mask:>0;", true, false}, Row{"websocket.opcode:1;", false, true},
        Row{"websocket.opcode:>8;", true, false}, Row{"websocket.opcode:ping;", true, false},
        Row{"websocket.opcode:!text;", true, false}}) {
    CAPTURE(row.options);
    CHECK(holds(row.options, tx, kClient) == row.of_ping);
    CHECK(holds(row.options, bare, kServer) == row.of_text);
    CHECK_FALSE(holds(row.options, tx, kServer));
  }
}

TEST_CASE("websocket keywords: the payload") {
  websocket::WebSocketTransaction tx(0, kClient);
  tx.payload = {'a', 'b'};
  const rules::test::One rule = load("websocket.payload; content:\"ab\";");
  REQUIRE(rule.error == "");
  CHECK(rules::test::buffer_values(*rule.signature, tx, kClient) == std::vector<std::string>{"ab"});
  CHECK(rules::test::buffer_values(*rule.signature, tx, kServer).empty());
}

TEST_CASE("websocket keywords: what is no number and no name is refused") {
  CHECK(load("websocket.opcode:clock;").signature == nullptr);
  CHECK(load("websocket.flags:fin,clock;").signature == nullptr);
  CHECK(load("websocket.mask:;").signature == nullptr);
  CHECK(rules::test::load("alert dns any any -> any any (websocket.opcode:1; sid:1;)").signature == nullptr);
  CHECK(find_unsupported_keyword("websocket.opcode") == nullptr);
  for (const char* name : {"skip_end_of_payload", "reassembly_limit_reached"})
    CHECK(load("app-layer-event:websocket." + std::string(name) + ";").error == "");
}
