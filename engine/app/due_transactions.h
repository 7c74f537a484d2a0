// Which transactions of a flow are due: to be written as far as they have come, and to be let go of once nothing is left
// to be done with them.
#pragma once

#include <array>
#include <cstdint>

#include "decoders/app/transaction.h"
#include "decoders/types.h"

namespace weir::engine {

struct Flow;

struct DueTransaction {
  Transaction& tx;
  // By direction. A side that does not exist, or of which nothing more is parsed, counts as complete.
  std::array<std::uint8_t, 2> progress;
  bool over;               // nothing more will come of the flow: everything is due
  bool flow_ends;          // nor will rules look at it again
  bool inspected = false;  // rules have said all that they will
};

// How far the writing of a transaction is: of what holds for its parts, the last one here.
enum class Written : std::uint8_t {
  everything,
  not_yet,           // more has to be parsed, or said by rules
  with_other_packet  // something that is due waits for a packet of its own direction, whatever is parsed by then
};

// What is done with transactions, by those who do it.
class TransactionUser {
 public:
  virtual ~TransactionUser() = default;
  // Detection has nothing more to do with this side of it.
  [[nodiscard]] virtual bool has_inspected(const Transaction& tx, Direction d) const = 0;
  // Writes what is due.
  virtual Written write(const DueTransaction& due) = 0;
};

// Once a packet, when it has been parsed and inspected: has the user write what is due of the flow's transactions, and
// releases those that are complete, written and inspected in both directions. One that ended for want of room
// (TransactionLimits) does not wait for the inspection of either side while the want lasts. Linear in what is open; does
// nothing when no parser ran and nothing waits. `last_of_flow`: no packet comes after this one.
void settle_transactions(Flow& flow, bool last_of_flow, TransactionUser& user);

}  // namespace weir::engine
