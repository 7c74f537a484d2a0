#include "decoders/app/transaction_list.h"

#include <bit>

namespace weir {

void TransactionList::insert(std::unique_ptr<Transaction> tx, AppProto protocol, std::size_t size) {
  if (full()) end_oldest();
  Transaction& added = *tx;
  const bool tabled = !table_.empty() || live_ >= kFew;
  if (tabled && live_ >= table_.size()) make_table(std::bit_ceil(live_ + 1) * 2);
  ++next_id_;
  ++live_;
  added.protocol_ = protocol;
  added.before_ = newest_;
  (newest_ != nullptr ? newest_->next_ : oldest_) = std::move(tx);
  newest_ = &added;
  if (to_end_ == nullptr) to_end_ = &added;
  if (tabled) put_in_table(added);
  added.size_ = size;
  bytes_ += size;
  batch_bytes_ += size;
}

Transaction* TransactionList::next_to_end() {
  while (to_end_ != nullptr && (to_end_->under_way[0] || to_end_->under_way[1])) to_end_ = next(*to_end_);
  return to_end_;
}

void TransactionList::end_oldest() {
  if (next_to_end() == nullptr) return;
  to_end_->ended_ = true;
  if (limits_.event) to_end_->raise(*limits_.event);
  ++ended_for_room_;
  to_end_ = next(*to_end_);
}

void TransactionList::charge(Transaction& tx) {
  const std::size_t held = tx.held();
  if (held > tx.held_) batch_bytes_ += held - tx.held_;
  bytes_ = bytes_ - tx.held_ + held;
  tx.held_ = held;
}

void TransactionList::release(std::uint64_t id) {
  Transaction* const tx = find(id);
  if (tx == nullptr) return;
  if (!table_.empty()) take_from_table(*tx);
  if (to_end_ == tx) to_end_ = next(*tx);
  bytes_ -= tx->size_ + tx->held_;
  --live_;
  std::unique_ptr<Transaction>& owner = tx->before_ != nullptr ? tx->before_->next_ : oldest_;
  const std::unique_ptr<Transaction> gone = std::exchange(owner, std::move(tx->next_));
  (owner != nullptr ? owner->before_ : newest_) = gone->before_;
  if (live_ == 0) table_ = {};
}

// One after the other: each owns the next, and their destructors would call each other.
void TransactionList::clear() {
  while (oldest_ != nullptr) oldest_ = std::move(oldest_->next_);
  newest_ = to_end_ = nullptr;
  live_ = bytes_ = 0;
  table_ = {};
}

Transaction* TransactionList::first_from(std::uint64_t id) const {
  Transaction* tx = newest_;
  if (tx == nullptr || tx->id < id) return nullptr;
  while (tx->before_ != nullptr && tx->before_->id >= id) tx = tx->before_;
  return tx;
}

Transaction* TransactionList::find_older(std::uint64_t id) const {
  const bool tabled = !table_.empty();
  Transaction* tx = tabled ? table_[place_of(id)] : newest_;
  while (tx != nullptr && tx->id != id) tx = tabled ? tx->in_bucket_ : tx->before_;
  return tx;
}

// Ids that are spread over the table whatever is left open of them (2^64 divided by the golden ratio).
std::size_t TransactionList::place_of(std::uint64_t id) const {
  const auto bits = static_cast<unsigned>(std::countr_zero(table_.size()));
  return static_cast<std::size_t>((id * 0x9e3779b97f4a7c15U) >> (64U - bits));
}

void TransactionList::put_in_table(Transaction& tx) {
  tx.in_bucket_ = std::exchange(table_[place_of(tx.id)], &tx);
}

void TransactionList::take_from_table(const Transaction& tx) {
  Transaction** at = &table_[place_of(tx.id)];
  while (*at != &tx) at = &(*at)->in_bucket_;
  *at = tx.in_bucket_;
}

void TransactionList::make_table(std::size_t places) {
  table_.assign(places, nullptr);
  for (Transaction* tx = first(); tx != nullptr; tx = next(*tx)) put_in_table(*tx);
}

}  // namespace weir
