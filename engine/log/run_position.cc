#include "engine/log/run_position.h"

#include <chrono>
#include <thread>

namespace weir::engine {
namespace {

// Mostly the other is just about as far; but it may have much to do, or wait for its own turn.
void pause(unsigned& tries) {
  constexpr unsigned kLooks = 500, kYields = 50;
  constexpr auto kNap = std::chrono::microseconds(20);
  ++tries;
  if (tries > kLooks + kYields)
    std::this_thread::sleep_for(kNap);
  else if (tries > kLooks)
    std::this_thread::yield();
}

}  // namespace

void WorkerTurn::await() {
  const EventOrder& here = mine_.order();
  for (Other& other : others_)
    for (unsigned tries = 0; other.seen < here;) {
      other.seen = other.position->look();
      if (other.seen < here) pause(tries);
    }
}

}  // namespace weir::engine
