// Which share of the time each stage of the pipeline takes, for stats events.
//
// Times one unit of work (a frame, the end of a flow) in kUnits, stage by stage: in a timed unit the clock is asked
// whenever a stage begins, in all others that costs one branch.
#pragma once

#include <array>
#include <cstdint>

#include "engine/ticks.h"

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
    explicit Unit(StageClock& clock) : clock_(clock) { clock_.running_ = is_sampled(++clock_.units_, kUnits); }
    ~Unit() {
      clock_.enter(Stage::none);
      clock_.running_ = false;
    }
    Unit(const Unit&) = delete;
    Unit& operator=(const Unit&) = delete;

   private:
    StageClock& clock_;
  };

  // From here on the time is this stage's, until another one is entered or the unit ends.
  void enter(Stage stage) {
    if (running_) [[unlikely]]
      change(stage);
  }

 private:
  [[gnu::noinline]] void change(Stage next) {
    const Ticks now = ticks_now();
    if (stage_ != Stage::none) ticks_[static_cast<std::size_t>(stage_)] += ticks_between(since_ + overhead_, now);
    since_ = now;
    stage_ = next;
  }

  StageTicks& ticks_;
  Ticks since_ = 0, overhead_;
  std::uint64_t units_ = 0;
  Stage stage_ = Stage::none;
  bool running_ = false;
};

}  // namespace weir::engine
