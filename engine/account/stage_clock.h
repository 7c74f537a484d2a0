// Which share of the time each stage of the pipeline takes, for stats events.
//
// Times one unit of work (a frame, the end of a flow) in kUnits, stage by stage: in a timed unit the clock is asked
// whenever a stage begins, in all others that costs one branch.
#pragma once

#include <array>
#include <cstdint>

#include "engine/account/latency.h"
#include "engine/account/ticks.h"

namespace weir::engine {

enum class Stage : std::uint8_t { decode, flow, stream, app_layer, detect, output, none };
inline constexpr std::size_t kStages = static_cast<std::size_t>(Stage::none);
inline constexpr std::array<const char*, kStages> kStageNames{"decode",    "flow",   "stream",
                                                              "app_layer", "detect", "output"};
using StageTicks = std::array<Ticks, kStages>;  // in the timed units, by Stage

class StageClock {
 public:
  static constexpr std::uint64_t kUnits = 256;

  // The sum goes to `ticks`, which outlives the clock.
  explicit StageClock(StageTicks& ticks) : ticks_(ticks), overhead_(ticks_overhead()) {}
  StageClock(const StageClock&) = delete;
  StageClock& operator=(const StageClock&) = delete;

  // Around a unit of work.
  class Unit {
   public:
    // How long it took is added to `latency`, when there is one and the unit is timed.
    explicit Unit(StageClock& clock, LatencyTicks* latency = nullptr) : clock_(clock), latency_(latency) {
      clock_.running_ = is_sampled(++clock_.units_, kUnits);
    }
    ~Unit() {
      if (clock_.running_) [[unlikely]]
        clock_.finish(latency_);
    }
    Unit(const Unit&) = delete;
    Unit& operator=(const Unit&) = delete;

   private:
    StageClock& clock_;
    LatencyTicks* latency_;
  };

  // From here on the time is this stage's, until another one is entered or the unit ends.
  void enter(Stage stage) {
    if (running_) [[unlikely]]
      change(stage);
  }

 private:
  [[gnu::noinline]] void change(Stage next) {
    const Ticks now = ticks_now();
    if (stage_ != Stage::none) {
      const Ticks took = ticks_between(since_ + overhead_, now);
      ticks_[static_cast<std::size_t>(stage_)] += took;
      unit_ticks_ += took;
    }
    since_ = now;
    stage_ = next;
  }
  [[gnu::noinline]] void finish(LatencyTicks* latency) {
    change(Stage::none);
    running_ = false;
    if (latency != nullptr) latency->add(unit_ticks_);
    unit_ticks_ = 0;
  }

  StageTicks& ticks_;
  Ticks since_ = 0, overhead_, unit_ticks_ = 0;
  std::uint64_t units_ = 0;
  Stage stage_ = Stage::none;
  bool running_ = false;
};

}  // namespace weir::engine
