// Several workers share some state: bits on hosts, thresholds that decide verdicts, datasets that rules change. So that
// the result does not depend on their number, they use it in the order of the packets: whoever comes to it early waits.
#pragma once

namespace weir::rules {

// Each worker has its own, for its thread alone.
class Turn {
 public:
  virtual ~Turn() = default;
  // Waits until the other workers are done with all packets before the one at hand. From then on, until this worker goes
  // on to its next packet, no other worker touches shared state. To be called right before each use.
  virtual void await() = 0;
};

inline void await_turn(Turn* turn) {
  if (turn != nullptr) turn->await();
}

}  // namespace weir::rules
