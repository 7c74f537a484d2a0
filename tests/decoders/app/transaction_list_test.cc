#include "decoders/app/transaction_list.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace weir;

namespace {

constexpr AppProto kOuter{7}, kInner{9};

class Plain final : public Transaction {
 public:
  explicit Plain(std::uint64_t tx_id, std::size_t keeps = 0) : Transaction(tx_id), keeps_(keeps) {}
  [[nodiscard]] std::size_t held() const override { return keeps_; }
  void keep(std::size_t bytes) { keeps_ = bytes; }

 private:
  std::size_t keeps_;
};

class Other final : public Transaction {
 public:
  explicit Other(std::uint64_t tx_id) : Transaction(tx_id) {}
};

constexpr std::size_t kPlainBytes = sizeof(Plain) + kAttachmentBytes;

std::vector<std::uint64_t> open_ids(const TransactionList& list) {
  std::vector<std::uint64_t> out;
  for (const Transaction* tx = list.first(); tx != nullptr; tx = TransactionList::next(*tx))
    out.push_back(tx->id);
  return out;
}

using Ids = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("transaction list: ids count on, whatever is released") {
  TransactionList list;
  for (int i = 0; i < 3; ++i) list.add<Plain>();
  list.release(1);
  CHECK(open_ids(list) == Ids{0, 2});
  list.release(2);
  CHECK(list.add<Plain>().id == 3);
  list.release(0);
  list.release(3);
  CHECK(list.empty());
  CHECK(list.first() == nullptr);
  CHECK(list.last() == nullptr);
  CHECK(list.add<Plain>().id == 4);
  CHECK(list.next_id() == 5);
  list.release(99);  // never was
  list.release(2);   // is no more
  CHECK(open_ids(list) == Ids{4});
}

TEST_CASE("transaction list: what is open is found by its id, and nothing else is") {
  TransactionList list;
  for (std::uint64_t i = 0; i < 2000; ++i) list.add<Plain>();
  for (std::uint64_t i = 0; i < 2000; ++i)
    if (i % 7 != 3) list.release(i);
  for (std::uint64_t i = 0; i < 2100; ++i) {
    CAPTURE(i);
    const Transaction* tx = list.find(i);
    REQUIRE((tx != nullptr) == (i < 2000 && i % 7 == 3));
    if (tx != nullptr) CHECK(tx->id == i);
  }
  CHECK(list.live() == 286);
}

TEST_CASE("transaction list: a walk from an id sees that one or the next younger, and all behind it") {
  TransactionList list;
  for (int i = 0; i < 6; ++i) list.add<Plain>();
  list.release(2);
  CHECK(list.first_from(0) == list.first());
  CHECK(list.first_from(2)->id == 3);
  CHECK(list.first_from(5) == list.last());
  CHECK(list.first_from(6) == nullptr);
}

TEST_CASE("transaction list: one that stays open costs neither steps nor memory for those behind it") {
  TransactionList list;
  list.add<Plain>();
  std::size_t steps = 0, most_bytes = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t id = list.add<Plain>().id;
    steps += open_ids(list).size();
    most_bytes = std::max(most_bytes, list.bytes());
    list.release(id);
  }
  CHECK(steps == 2 * 100'000);
  CHECK(most_bytes == 2 * kPlainBytes);
  CHECK(list.find(0) != nullptr);
}

TEST_CASE("transaction list: at its cap the oldest one ends, with the event that the limits name") {
  TransactionList list;
  list.set_limits({.open = 3, .event = 5});
  for (int i = 0; i < 3; ++i) list.add<Plain>();
  CHECK(list.full());
  CHECK_FALSE(list.first()->ended());
  list.add<Plain>();
  list.add<Plain>();
  for (std::uint64_t i = 0; i < 5; ++i) {
    CAPTURE(i);
    CHECK(list.find(i)->ended() == (i < 2));
    CHECK(list.find(i)->events.size() == (i < 2 ? 1 : 0));
  }
  CHECK(list.find(0)->events[0].code == 5);
  CHECK(list.find(0)->complete(3, Direction::to_client));
  CHECK_FALSE(list.find(2)->complete(3, Direction::to_client));
  for (std::uint64_t i = 0; i < 3; ++i) list.release(i);
  CHECK_FALSE(list.full());
  list.add<Plain>();
  CHECK_FALSE(list.find(3)->ended());
}

TEST_CASE("transaction list: one that the parser is in the middle of does not end for want of room") {
  TransactionList list;
  list.set_limits({.open = 2});
  list.add<Plain>().under_way[index(Direction::to_client)] = true;
  CHECK(list.next_to_end() == nullptr);
  list.add<Plain>();
  CHECK(list.next_to_end() == list.find(1));
  list.add<Plain>();
  CHECK_FALSE(list.find(0)->ended());
  CHECK(list.find(1)->ended());
  CHECK(list.take_ended_for_room() == 1);
  CHECK(list.take_ended_for_room() == 0);
  list.find(2)->under_way[index(Direction::to_server)] = true;
  list.add<Plain>();
  CHECK(list.next_to_end() == list.find(3));
}

TEST_CASE("transaction list: bytes that transactions hold count, as they come and go") {
  TransactionList list;
  list.set_limits({.bytes = 4 * kPlainBytes});
  Plain& big = list.add<Plain>(std::size_t{100});
  CHECK(list.bytes() == kPlainBytes);
  list.charge(big);
  CHECK(list.bytes() == kPlainBytes + 100);
  big.keep(3 * kPlainBytes);
  list.charge(big);
  CHECK(list.full());
  list.add<Plain>();
  CHECK(big.ended());
  big.keep(0);
  list.charge(big);
  CHECK_FALSE(list.full());
  list.release(big.id);
  CHECK(list.bytes() == kPlainBytes);
  list.clear();
  CHECK(list.bytes() == 0);
}

TEST_CASE("transaction list: a batch is so many transactions, or so many bytes") {
  TransactionList list;
  for (std::size_t i = 0; i < kTransactionBatch; ++i) {
    REQUIRE_FALSE(list.batch_full());
    list.release(list.add<Plain>().id);
  }
  CHECK(list.batch_full());
  list.begin_batch();
  CHECK_FALSE(list.batch_full());
  Plain& big = list.add<Plain>(kTransactionBatchBytes);
  list.charge(big);
  CHECK(list.batch_full());
}

TEST_CASE("transaction list: any number of open ones can be let go of together") {
  TransactionList list;
  for (int i = 0; i < 300'000; ++i) list.add<Plain>();
  list.clear();
  CHECK(list.empty());
  CHECK(list.next_id() == 300'000);
}

TEST_CASE("transaction: it has its flow's protocol or the one that it was added with") {
  TransactionList list;
  list.set_protocol(kOuter);
  CHECK(list.add<Plain>().protocol() == kOuter);
  CHECK(list.add_of<Other>(kInner).protocol() == kInner);
}

TEST_CASE("transaction: a cast to what it is not gives null, or fails loudly") {
  TransactionList list;
  Plain& plain = list.add<Plain>(std::size_t{5});
  Other& other = list.add<Other>();
  CHECK(tx_cast<Plain>(list.find(0)) == &plain);
  CHECK(tx_cast<Other>(list.find(0)) == nullptr);
  CHECK(tx_cast<Plain>(list.find(1)) == nullptr);
  CHECK(tx_cast<Other>(list.find(2)) == nullptr);
  const Transaction &a = plain, &b = other;
  CHECK(&tx_cast<Plain>(a) == &plain);
  CHECK(&tx_cast<Other>(b) == &other);
  CHECK_THROWS_AS((void)tx_cast<Plain>(b), std::bad_cast);
}
