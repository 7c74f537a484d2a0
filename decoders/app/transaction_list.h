// The open transactions of one flow, in the order of their ids.
//
// Only what is open is kept and walked: however many were released before or between them, walking costs what is open,
// adding, releasing and finding cost the same at any length (an id is looked up in a table of chains, which never hold
// more than what is open).
//
// Caps, by flow. A list knows what its transactions hold: their own size, what the engine hangs on them, and what they
// say to keep besides (Transaction::held), asked for when the parser has changed one (charge). At a cap the oldest one that has not ended ends
// when the next is added: it counts as complete in both directions, gets the event that the limits name, and is
// inspected, written and released like any other; while there still is no room, it does not wait for the side that no
// packet comes from. One that the parser is in the middle of (Transaction::under_way) is passed over, and never ends so:
// with those, one a side, the list is over its cap.
//
// Batches. A stream may bring any number of messages at once. A parser that makes a transaction of each stops in
// between when batch_full() (ParseOutcome::paused); what it has made is inspected, written and released before it goes
// on. So the list holds at most its caps and one batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "decoders/app/transaction.h"
#include "decoders/slab.h"

namespace weir {

struct TransactionLimits {
  std::size_t open = 4096;                    // at one time
  std::size_t bytes = std::size_t{16} << 20;  // that they hold together
  std::optional<std::uint8_t> event = {};     // raised on one that ends for want of room
};

// Transactions, and bytes that they hold, that are made before they are looked at.
inline constexpr std::size_t kTransactionBatch = 1024;
inline constexpr std::size_t kTransactionBatchBytes = std::size_t{4} << 20;

class TransactionList {
 public:
  TransactionList() = default;
  TransactionList(const TransactionList&) = delete;
  TransactionList& operator=(const TransactionList&) = delete;
  ~TransactionList() { clear(); }

  void set_limits(const TransactionLimits& limits) { limits_ = limits; }
  // The flow's: of transactions that are added without saying otherwise.
  void set_protocol(AppProto p) { protocol_ = p; }

  [[nodiscard]] bool empty() const { return live_ == 0; }
  [[nodiscard]] std::size_t live() const { return live_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // Ids count from 0 and never repeat: this is how many there have been.
  [[nodiscard]] std::uint64_t next_id() const { return next_id_; }
  // One more would be over a cap.
  [[nodiscard]] bool full() const { return live_ >= limits_.open || bytes_ >= limits_.bytes; }

  // The one that ends when the next is added and there is no room for it; null: none can.
  [[nodiscard]] Transaction* next_to_end();
  // How many have ended for want of room since the last call.
  std::uint64_t take_ended_for_room() { return std::exchange(ended_for_room_, 0); }

  // T's constructor gets the new id first. The reference stays valid until release(id).
  template <class T, class... Args>
  T& add(Args&&... args) {
    return add_of<T>(protocol_, std::forward<Args>(args)...);
  }
  // One of another protocol than the flow's, which this one carries.
  template <class T, class... Args>
  T& add_of(AppProto protocol, Args&&... args) {
    auto made = std::make_unique<T>(next_id_, std::forward<Args>(args)...);
    T& out = *made;
    insert(std::move(made), protocol, sizeof(T) + kAttachmentBytes);
    return out;
  }
  // `tx`, one of the list, may hold more than before, or less.
  void charge(Transaction& tx);
  void release(std::uint64_t id);
  void clear();

  // Null when there is no such transaction (any more).
  [[nodiscard]] Transaction* find(std::uint64_t id) const {
    if (newest_ == nullptr || newest_->id == id) return newest_;
    return id < newest_->id ? find_older(id) : nullptr;
  }
  // To walk them: `for (tx = first(); tx != nullptr; tx = next(*tx))`. next() is to be asked before tx is released;
  // others may be added in the meantime. Null: there are none.
  [[nodiscard]] Transaction* first() const { return oldest_.get(); }
  [[nodiscard]] static Transaction* next(const Transaction& tx) { return tx.next_.get(); }
  // The oldest one with at least this id. Costs as many steps as there are with such ids.
  [[nodiscard]] Transaction* first_from(std::uint64_t id) const;
  [[nodiscard]] Transaction* last() const { return newest_; }

  void begin_batch() {
    batch_first_ = next_id_;
    batch_bytes_ = 0;
  }
  [[nodiscard]] bool batch_full() const {
    return next_id_ - batch_first_ >= kTransactionBatch || batch_bytes_ >= kTransactionBatchBytes;
  }

 private:
  // Up to so many a walk finds one as fast as the table does.
  static constexpr std::size_t kFew = 8;

  void insert(std::unique_ptr<Transaction> tx, AppProto protocol, std::size_t size);
  void end_oldest();
  [[nodiscard]] Transaction* find_older(std::uint64_t id) const;
  [[nodiscard]] std::size_t place_of(std::uint64_t id) const;
  void put_in_table(Transaction& tx);
  void take_from_table(const Transaction& tx);
  void make_table(std::size_t places);

  std::unique_ptr<Transaction> oldest_;
  Transaction* newest_ = nullptr;
  Transaction* to_end_ = nullptr;  // the oldest one that has neither ended nor been passed over
  std::size_t live_ = 0, bytes_ = 0, batch_bytes_ = 0;
  std::uint64_t next_id_ = 0, batch_first_ = 0, ended_for_room_ = 0;
  SlabVector<Transaction*> table_;  // heads of chains, a power of two; none while few are open
  TransactionLimits limits_;
  AppProto protocol_{};
};

}  // namespace weir
