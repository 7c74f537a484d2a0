// When to look at which flow again: a wheel of one-second slots.
//
// A packet moves nothing here: it only makes its flow's deadline later. When the second comes in which a flow
// was to be looked at, it has either expired or is filed anew under its later deadline. So filing and
// removing are O(1), and advancing costs the seconds passed plus the flows that were due in them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/flow/flow.h"
#include "engine/flow/flow_meter.h"

namespace weir::engine {

// A flow's links of a wheel: neighbours in its slot, and which slot that is.
struct DeadlineLinks {
  static Flow*& older(Flow& flow) { return flow.older; }
  static Flow*& newer(Flow& flow) { return flow.newer; }
  static std::uint16_t& slot(Flow& flow) { return flow.timer_slot; }
};
struct ReportLinks {  // of a flow with a meter
  static Flow*& older(Flow& flow) { return flow.meter->older; }
  static Flow*& newer(Flow& flow) { return flow.meter->newer; }
  static std::uint16_t& slot(Flow& flow) { return flow.meter->report_slot; }
};

template <class Links>
class FlowWheel {
 public:
  // Files a flow that is in no slot to be looked at in the second after `deadline_s`, or earlier when that is
  // beyond the wheel.
  void file(Flow& flow, std::int64_t deadline_s) {
    std::int64_t second = deadline_s < next_ ? next_ : deadline_s;
    if (second > next_ + kSlots - 1) second = next_ + kSlots - 1;
    const auto slot = static_cast<std::uint16_t>(static_cast<std::uint64_t>(second) % kSlots);
    Links::slot(flow) = slot;
    Links::newer(flow) = nullptr;
    Links::older(flow) = tail_[slot];
    (tail_[slot] != nullptr ? Links::newer(*tail_[slot]) : head_[slot]) = &flow;
    tail_[slot] = &flow;
  }
  void remove(Flow& flow) {
    Flow *&older = Links::older(flow), *&newer = Links::newer(flow);
    const std::uint16_t slot = Links::slot(flow);
    (older != nullptr ? Links::newer(*older) : head_[slot]) = newer;
    (newer != nullptr ? Links::older(*newer) : tail_[slot]) = older;
    older = newer = nullptr;
  }
  // Moves an already filed flow to where its deadline, which may have become earlier, wants it.
  void refile(Flow& flow, std::int64_t deadline_s) {
    remove(flow);
    file(flow, deadline_s);
  }

  // The second up to which (not including) all slots were looked at.
  [[nodiscard]] std::int64_t next_second() const { return next_; }

  // Takes every flow out of the slots of the seconds before `now_s` and gives it to due(Flow&), which files
  // it anew or keeps it. A clock that went back (another capture) winds the wheel back; the flows in it wait
  // for their second.
  template <class F>
  void advance(std::int64_t now_s, F&& due) {
    const std::int64_t from = next_;
    next_ = now_s;
    if (now_s <= from) return;
    const std::int64_t first = now_s - from > kSlots ? now_s - kSlots : from;
    for (std::int64_t second = first; second < now_s; ++second)
      empty_slot(static_cast<std::size_t>(static_cast<std::uint64_t>(second) % kSlots), due);
  }
  // Gives every flow to due().
  template <class F>
  void take_all(F&& due) {
    for (std::size_t slot = 0; slot < kSlots; ++slot) empty_slot(slot, due);
  }
  // Some flow of the earliest slot that holds any; null when there is none.
  [[nodiscard]] Flow* earliest() const {
    for (std::int64_t i = 0; i < kSlots; ++i) {
      Flow* const flow = head_[static_cast<std::uint64_t>(next_ + i) % kSlots];
      if (flow != nullptr) return flow;
    }
    return nullptr;
  }

 private:
  static constexpr std::int64_t kSlots = 1024;

  template <class F>
  void empty_slot(std::size_t slot, F&& due) {
    Flow* flow = head_[slot];
    head_[slot] = tail_[slot] = nullptr;
    while (flow != nullptr) {
      Flow* const after = Links::newer(*flow);
      Links::older(*flow) = Links::newer(*flow) = nullptr;
      due(*flow);
      flow = after;
    }
  }

  std::array<Flow*, kSlots> head_{}, tail_{};
  std::int64_t next_ = INT64_MIN / 2;
};
using FlowTimer = FlowWheel<DeadlineLinks>;
using ReportTimer = FlowWheel<ReportLinks>;

}  // namespace weir::engine
