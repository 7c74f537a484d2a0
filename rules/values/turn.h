// Lets workers that share state (bits on hosts, thresholds that decide verdicts, datasets that rules change) use
// it in one order, the one in which a single thread would.
#pragma once

namespace weir::rules {

// One worker's; used by its thread alone.
class Turn {
 public:
  virtual ~Turn() = default;
  // Returns when all that stands before the worker's place in the run has been done by the others. Until the
  // worker moves on none of them does anything to shared state. To be called right before each use.
  virtual void await() = 0;
};

inline void await_turn(Turn* turn) {
  if (turn != nullptr) turn->await();
}

}  // namespace weir::rules
