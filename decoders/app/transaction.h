// A transaction: one request and its response, as plain data that rules and serialisers read.
//
// Each side has a progress, a small number whose meaning the protocol gives (its table of state names stands in
// ProtocolInfo). A buffer may be looked at as soon as its side has reached the buffer's progress. A transaction
// owns everything it shows: it never holds views into the stream. It lives in its flow's TransactionList.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <typeinfo>

#include <boost/container/small_vector.hpp>

#include "decoders/app/app_proto.h"
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

// What the engine hangs on a transaction: bits that rules have set on it, by number, and opaque state (what detection
// already did with it).
class TransactionAttachment : public Slabbed {
 public:
  virtual ~TransactionAttachment() = default;
  [[nodiscard]] bool bit(std::uint32_t number) const {
    return number / 64 < bits_.size() && ((bits_[number / 64] >> (number % 64)) & 1U) != 0;
  }
  void set_bit(std::uint32_t number) {
    if (number / 64 >= bits_.size()) bits_.resize(number / 64 + 1);
    bits_[number / 64] |= std::uint64_t{1} << (number % 64);
  }

 private:
  SlabVector<std::uint64_t> bits_;  // rules name few (kMaxTxBits)
};

// An attachment takes no more; its transaction is charged with them from the start.
inline constexpr std::size_t kAttachmentBytes = 1024;

// Who a flow is with, as a transaction of it says: views of what the transaction keeps. Empty: it does not say.
struct TransactionIdentity {
  std::string_view host;  // the name that is asked for
  std::string_view ja4;
  Bytes certificate;  // the server's
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

  // Bytes that it keeps besides its own size; about. Its list counts them (TransactionList::charge).
  [[nodiscard]] virtual std::size_t held() const { return 0; }

  // The number that a question has in common with its answer, where each is a transaction of its own (only_direction).
  [[nodiscard]] virtual std::optional<std::uint32_t> exchange() const { return std::nullopt; }

  // For the record of the flow, where identifies() has been called; asked again as long as the transaction grows. fingerprints:
  // more than the host is wanted, which may cost much.
  [[nodiscard]] virtual TransactionIdentity identity(bool /*fingerprints*/) const { return {}; }

  // Called after every detection run over this transaction in direction d: lets go of inspected body bytes.
  virtual void after_detection(Direction) {}

  void identifies() { identifies_ = true; }

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

  // Nothing more comes of it in either direction, whatever its progress says: it was the oldest one when its list had
  // no room (TransactionLimits). Rules and logs see it as it is then.
  [[nodiscard]] bool ended() const { return ended_; }
  // Side d has come as far as `last`, the last of its protocol's states, or will not come further.
  [[nodiscard]] bool complete(std::uint8_t last, Direction d) const {
    return ended_ || progress[index(d)] >= last;
  }
  // The parser's: it reads side d of it at present, so that it does not end for want of room now.
  std::array<bool, 2> under_way{};
  // identity() says something.
  [[nodiscard]] bool is_identifying() const { return identifies_; }
  // Whose rules and loggers look at it: the flow's protocol, or another one that it carries.
  [[nodiscard]] AppProto protocol() const { return protocol_; }

  // --- the engine's bookkeeping; parsers leave it alone
  std::array<bool, 2> store_files{};  // by Direction: rules want all of its files stored
  bool unlogged = false;              // rules want no event of it
  std::unique_ptr<TransactionAttachment> detection;
  std::uint32_t logged = 0;  // bit i: logger i has written it
  TimeUs first_seen = 0;
  std::uint8_t guessed = 0;  // alerts of rules that did not look at it show it

 private:
  friend class TransactionList;
  std::unique_ptr<Transaction> next_;  // the next younger one that is open
  Transaction* before_ = nullptr;      // the next older one
  Transaction* in_bucket_ = nullptr;   // another one with the same place in the list's table
  std::size_t size_ = 0, held_ = 0;    // bytes, charged to the list: its own, and what it keeps besides
  AppProto protocol_{};
  bool ended_ = false, identifies_ = false;
};

// `tx` as a T; null if it is null or something else. A flow may hold transactions of several kinds. Costs a comparison
// of two addresses.
template <class T>
[[nodiscard]] const T* tx_cast(const Transaction* tx) {
  static_assert(std::is_final_v<T>);
  return tx != nullptr && typeid(*tx) == typeid(T) ? static_cast<const T*>(tx) : nullptr;
}
template <class T>
[[nodiscard]] T* tx_cast(Transaction* tx) {
  return const_cast<T*>(tx_cast<T>(static_cast<const Transaction*>(tx)));
}

// The same for rules and serialisers, which are asked about transactions of their protocol only (protocol()), whatever else
// the flow holds. Another kind is the program's mistake, which nothing that is sent can bring about: throws std::bad_cast,
// which nobody catches.
template <class T>
[[nodiscard]] const T& tx_cast(const Transaction& tx) {
  if (const T* found = tx_cast<T>(&tx)) return *found;
  throw std::bad_cast();
}

}  // namespace weir
