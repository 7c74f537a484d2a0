// A transaction: one request and its response, as plain data that rules and serialisers read.
//
// Each side has a progress, a small number whose meaning the protocol gives (its table of state names stands in
// ProtocolInfo). A buffer may be looked at as soon as its side has reached the buffer's progress. A transaction
// owns everything it shows: it never holds views into the stream.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include <boost/container/small_vector.hpp>

#include "decoders/app/file.h"
#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir {

// Something wrong in a message: `code` indexes the protocol's ProtocolInfo::events.
struct AppEvent {
  std::uint8_t code = 0;
  bool logged = false;
};

inline constexpr std::size_t kMaxEventsPerTransaction = 32;

// Opaque state that the engine hangs on a transaction (what detection already did with it).
struct TransactionAttachment : Slabbed {
  virtual ~TransactionAttachment() = default;
};

class Transaction : public Slabbed {
 public:
  explicit Transaction(std::uint64_t tx_id) : id(tx_id) {}
  virtual ~Transaction() = default;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // The files sent in one direction; null when the protocol carries none.
  virtual FileList* files(Direction) { return nullptr; }
  [[nodiscard]] const FileList* files(Direction d) const { return const_cast<Transaction*>(this)->files(d); }

  // Called after every detection run over this transaction in direction d: lets go of inspected body bytes.
  virtual void after_detection(Direction) {}

  void raise(std::uint8_t event_code) {
    for (const AppEvent& e : events)
      if (e.code == event_code) return;  // one of each kind says enough
    if (events.size() < kMaxEventsPerTransaction) events.push_back({event_code, false});
  }

  const std::uint64_t id;  // counts from 0 over the flow
  std::array<std::uint8_t, 2> progress{0, 0};
  // Set for protocols in which every message is a transaction of its own (DNS): the other side does not exist.
  std::optional<Direction> only_direction;
  boost::container::small_vector<AppEvent, 2> events;

  // --- the engine's bookkeeping; parsers leave it alone
  std::unique_ptr<TransactionAttachment> detection;
  std::uint32_t logged = 0;  // bit i: logger i has written it
  TimeUs first_seen = 0;
  std::uint8_t guessed = 0;  // alerts of rules that did not look at it show it
};

// The open transactions of a flow in order of their ids. Ids never repeat; released ones leave holes until the
// front moves on. Look-up by id is O(1).
class TransactionList {
 public:
  [[nodiscard]] bool empty() const { return live_ == 0; }
  [[nodiscard]] std::size_t live() const { return live_; }
  [[nodiscard]] std::uint64_t first_id() const { return first_id_; }
  [[nodiscard]] std::uint64_t next_id() const { return first_id_ + slots_.size() - begin_; }

  // T's constructor gets the new id first. The reference stays valid until release(id).
  template <class T, class... Args>
  T& add(Args&&... args) {
    auto tx = std::make_unique<T>(next_id(), std::forward<Args>(args)...);
    T& out = *tx;
    slots_.push_back(std::move(tx));
    ++live_;
    return out;
  }
  // Null when there is no such transaction (any more).
  [[nodiscard]] Transaction* find(std::uint64_t id) const {
    return id < first_id_ || id >= next_id() ? nullptr : slot(id).get();
  }
  [[nodiscard]] Transaction* last() const { return slots_.empty() ? nullptr : slots_.back().get(); }
  void release(std::uint64_t id) {
    if (find(id) == nullptr) return;
    slot(id).reset();
    --live_;
    while (begin_ < slots_.size() && slots_[begin_] == nullptr) {
      ++begin_;
      ++first_id_;
    }
    if (begin_ < kMaxSpentSlots && begin_ != slots_.size()) return;
    slots_.erase(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }

 private:
  static constexpr std::size_t kMaxSpentSlots = 64;  // that wait at the front to be cleared away together

  [[nodiscard]] std::unique_ptr<Transaction>& slot(std::uint64_t id) { return slots_[begin_ + (id - first_id_)]; }
  [[nodiscard]] const std::unique_ptr<Transaction>& slot(std::uint64_t id) const {
    return slots_[begin_ + (id - first_id_)];
  }

  SlabVector<std::unique_ptr<Transaction>> slots_;
  std::size_t begin_ = 0;  // slots before it are spent
  std::uint64_t first_id_ = 0;
  std::size_t live_ = 0;
};

}  // namespace weir
