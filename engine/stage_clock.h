// Which share of the time each stage of the pipeline takes, for stats events.
//
// Times one unit of work (a frame, the end of a flow) in kUnits, stage by stage: in a timed unit the clock is asked
// whenever the stage changes, in all others each stage costs one branch. Stages may be nested (the end of a flow inside
// of a look-up): a stage's time is its own, without those inside.
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
    ~Unit() { clock_.running_ = false; }
    Unit(const Unit&) = delete;
    Unit& operator=(const Unit&) = delete;

   private:
    StageClock& clock_;
  };

  // Around a stage.
  class Timing {
   public:
    Timing(StageClock& clock, Stage stage) : clock_(clock) {
      if (clock.running_) around_ = clock.change(stage);
    }
    ~Timing() {
      if (clock_.running_) clock_.change(around_);
    }
    Timing(const Timing&) = delete;
    Timing& operator=(const Timing&) = delete;

   private:
    StageClock& clock_;
    Stage around_ = Stage::none;
  };

 private:
  // From now on `next` is charged; gives what was charged until now.
  Stage change(Stage next) {
    const Ticks now = ticks_now();
    if (stage_ != Stage::none) ticks_[static_cast<std::size_t>(stage_)] += ticks_between(since_ + overhead_, now);
    since_ = now;
    const Stage last = stage_;
    stage_ = next;
    return last;
  }

  StageTicks& ticks_;
  Ticks since_ = 0, overhead_;
  std::uint64_t units_ = 0;
  Stage stage_ = Stage::none;
  bool running_ = false;
};

}  // namespace weir::engine
