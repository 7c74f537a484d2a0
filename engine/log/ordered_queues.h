// What several workers hand in, each in ascending order, taken out in the order of all: lines of logs, frames of the packet log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "engine/log/event_order.h"

namespace weir::engine {

// A Piece is what a worker hands in at once: order() is that of what comes next in it, is_over() says that there is nothing
// left, bytes() how many were held for all of it. Used by one thread. Costs a look at each worker for each step.
template <class Piece>
class OrderedQueues {
 public:
  explicit OrderedQueues(std::size_t workers) : pending_(workers), done_(workers) {}
  void add(std::size_t worker, Piece piece) { pending_[worker].push_back(std::move(piece)); }
  // Calls take(Piece&), which takes what comes next in the piece, as long as there is something of packets up to `packet`.
  template <class Take>
  void take_up_to(std::uint64_t packet, Take&& take) {
    for (;;) {
      const EventOrder* first = nullptr;
      std::size_t whose = 0;
      for (std::size_t worker = 0; worker < pending_.size(); ++worker) {
        if (pending_[worker].empty()) continue;
        const EventOrder& order = pending_[worker].front().order();
        if (order.packet > packet || (first != nullptr && !(order < *first))) continue;
        first = &order;
        whose = worker;
      }
      if (first == nullptr) return;
      Piece& piece = pending_[whose].front();
      take(piece);
      if (!piece.is_over()) continue;
      done_[whose] += piece.bytes();
      pending_[whose].pop_front();
    }
  }
  // Bytes of the worker's that are no longer held, since the last call.
  std::size_t take_done(std::size_t worker) { return std::exchange(done_[worker], 0); }

 private:
  std::vector<std::deque<Piece>> pending_;  // by worker
  std::vector<std::size_t> done_;           // likewise
};

}  // namespace weir::engine
