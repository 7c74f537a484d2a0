// What detection sees of bodies and files that come in pieces: does after each call of a parser what the engine does, and puts
// together what the windows showed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "decoders/app/app_proto.h"
#include "decoders/app/streamed_body.h"
#include "decoders/app/transaction_list.h"
#include "decoders/types.h"

namespace weir::fuzz {

class InspectedBodies {
 public:
  // Looks at each window that is ready, and lets go of it.
  void look(TransactionList& transactions);
  // One line a body: how long it is and what it hashes to. Does not depend on when the windows were shown.
  [[nodiscard]] std::string text() const;
  // Windows did not join: bytes went by that no rule could see.
  [[nodiscard]] bool has_holes() const { return has_holes_; }

 private:
  // Transaction, direction, number of the file or 0 for the message's body.
  using Key = std::tuple<std::uint64_t, std::size_t, std::uint32_t>;

  void add(const Key& key, const StreamedBody& body);

  std::map<Key, std::string> seen_;
  bool has_holes_ = false;
};

}  // namespace weir::fuzz
