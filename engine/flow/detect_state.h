// What detection keeps per flow: made on demand, freed with the flow.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include "decoders/slab.h"
#include "rules/state/tags.h"

namespace weir::engine {

// Exchanges of a flow whose answer is still to come, the newest ones: what was said of the question holds for the answer.
class UnloggedExchanges : public Slabbed {
 public:
  void add(std::uint32_t exchange) {
    if (waiting_.size() == kMost) waiting_.erase(waiting_.begin());
    waiting_.push_back(exchange);
  }
  // True: it was one of them; now it is none any more.
  bool take(std::uint32_t exchange) {
    const auto found = std::find(waiting_.begin(), waiting_.end(), exchange);
    if (found == waiting_.end()) return false;
    waiting_.erase(found);
    return true;
  }

 private:
  static constexpr std::size_t kMost = 64;
  SlabVector<std::uint32_t> waiting_;
};

struct FlowDetect : Slabbed {
  // The generation of the rules whose numbers stand in the flow's transactions.
  std::uint32_t generation = 0;
  // By direction of the flow: the generation as of which its rules have been looked at; 0 not at all.
  std::array<std::uint32_t, 2> ip_only_done{}, proto_only_done{};
  // Transactions below this id are done with, by direction: where the next run starts to look.
  std::array<std::uint64_t, 2> first_open{};
  // By direction: rules want all files of the flow stored.
  std::array<bool, 2> store_files{};
  bool transactions_unlogged = false,
       unlogged = false;  // rules want no events of its transactions, of itself
  std::unique_ptr<UnloggedExchanges> unlogged_exchanges;  // null: there have been none
  std::unique_ptr<rules::ActiveTags> tags;  // begun by rules on the flow; null: none
};

}  // namespace weir::engine
