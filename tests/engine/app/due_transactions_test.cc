#include "engine/app/due_transactions.h"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "decoders/app/protocol.h"
#include "engine/flow/app_state.h"
#include "engine/flow/flow.h"

using namespace weir;
using namespace weir::engine;

namespace {

constexpr std::array<std::uint8_t, 2> kNothing{0, 0}, kRequest{1, 0}, kBoth{1, 1};

class Exchange final : public Transaction {
 public:
  Exchange(std::uint64_t tx_id, std::array<std::uint8_t, 2> reached) : Transaction(tx_id) {
    progress = reached;
  }
};

class Idle final : public AppParser {
 public:
  explicit Idle(const TransactionLimits& limits) {
    transactions_.set_limits(limits);
    transactions_.set_protocol(AppProto::dns);  // complete at 1
  }
  ParseOutcome parse(const AppInput&) override { return {}; }
};

class Recorder final : public TransactionUser {
 public:
  [[nodiscard]] bool has_inspected(const Transaction&, Direction d) const override {
    ++asked;
    return d == Direction::to_server || both_inspected;
  }
  Written write(const DueTransaction& due) override {
    written.push_back(due.tx.id);
    progress = due.progress;
    over = due.over;
    return how_far;
  }

  bool both_inspected = true;
  Written how_far = Written::everything;
  std::vector<std::uint64_t> written;
  std::array<std::uint8_t, 2> progress{};
  bool over = false;
  mutable std::size_t asked = 0;
};

struct Harness {
  explicit Harness(const TransactionLimits& limits = {}) {
    flow.app = std::make_unique<AppLayer>();
    flow.app->protocol = AppProto::dns;
    flow.app->parser = std::make_unique<Idle>(limits);
    flow.app->parsed_now = true;
  }
  TransactionList& list() { return flow.app->parser->transactions(); }
  Transaction& add(std::array<std::uint8_t, 2> reached) { return list().add<Exchange>(reached); }
  void settle(bool last_of_flow = false) { settle_transactions(flow, last_of_flow, user); }

  Flow flow;
  Recorder user;
};

using Ids = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("due transactions: one goes when it is complete, written and inspected both ways") {
  Harness h;
  h.add(kRequest);
  h.settle();
  CHECK(h.list().live() == 1);
  CHECK_FALSE(h.flow.app->release_pending);
  h.list().first()->progress = kBoth;
  h.user.both_inspected = false;
  h.settle();
  CHECK(h.list().live() == 1);
  CHECK(h.flow.app->release_pending);
  h.user.both_inspected = true;
  h.user.how_far = Written::not_yet;
  h.settle();
  CHECK(h.list().live() == 1);
  h.user.how_far = Written::everything;
  h.flow.app->parsed_now = false;  // it waits: the parser need not have run
  h.settle();
  CHECK(h.list().empty());
  CHECK(h.user.written == Ids{0, 0, 0, 0});
}

TEST_CASE("due transactions: what waits for another packet is asked about again, though nothing was parsed") {
  Harness h;
  h.add(kRequest);
  h.user.how_far = Written::with_other_packet;
  h.settle();
  CHECK(h.flow.app->release_pending);
  h.flow.app->parsed_now = false;
  h.user.how_far = Written::not_yet;
  h.settle();
  CHECK(h.user.written == Ids{0, 0});
  CHECK_FALSE(h.flow.app->release_pending);
  CHECK(h.list().live() == 1);
}

TEST_CASE("due transactions: without news nothing is asked or written, but for the last packet") {
  Harness h;
  h.add(kRequest);
  h.flow.app->parsed_now = false;
  h.settle();
  CHECK(h.user.written.empty());
  h.settle(true);
  CHECK(h.user.over);
  CHECK(h.list().empty());
}

TEST_CASE("due transactions: a side that is missing or that ended counts as complete") {
  Harness h({.open = 2});
  h.add(kRequest).only_direction = Direction::to_server;
  h.settle();
  CHECK(h.user.progress == kBoth);
  CHECK(h.list().empty());
  for (int i = 0; i < 3; ++i) h.add(kNothing);
  REQUIRE(h.list().first()->ended());
  h.settle();
  CHECK(h.list().find(1) == nullptr);
  CHECK(h.list().find(2) != nullptr);
}

TEST_CASE(
    "due transactions: while there is no room, what ended does not wait for the other side's inspection") {
  Harness h({.open = 2});
  h.user.both_inspected = false;
  for (int i = 0; i < 4; ++i) h.add(kNothing);
  REQUIRE(h.list().live() == 4);
  h.settle();
  CHECK(h.list().live() == 2);
  CHECK(h.list().first()->id == 2);
}

TEST_CASE("due transactions: nothing is over while the parser has more to give") {
  Harness h;
  h.add(kRequest);
  h.flow.app->eof = {true, true};
  h.flow.app->paused = Direction::to_server;
  h.settle();
  CHECK(h.list().live() == 1);
  h.flow.app->paused.reset();
  h.settle();
  CHECK(h.list().empty());
}

TEST_CASE("due transactions: work is linear in the messages, whether they come one by one or at once") {
  constexpr std::size_t kMessages = 20'000;
  for (const std::size_t at_once : {std::size_t{1}, kTransactionBatch}) {
    CAPTURE(at_once);
    Harness h;
    h.add(kNothing);  // stays open all the time
    for (std::size_t done = 0; done < kMessages; done += at_once) {
      for (std::size_t i = 0; i < at_once; ++i) h.add(kBoth);
      h.settle();
    }
    CHECK(h.list().live() == 1);
    CHECK(h.user.asked <= 4 * (kMessages + kTransactionBatch));
  }
}
