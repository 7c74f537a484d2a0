// Makes the records of flows: of one that ends, of a part of one that goes on.
#pragma once

#include <string_view>

#include "engine/flow/flow.h"
#include "engine/flow/flow_meter.h"
#include "engine/log/record_tap.h"

namespace weir::engine {

// Fills a record with all that the flow's meter knows; views are into the flow and live until it changes. Numbers are those of the
// part that was not told yet, and the source is the side that began.
void fill_record(const Flow& flow, flow::Record& record, flow::Detail& detail);
// The same with all that was counted since the flow began, and the flow's client as the source: for events of the flow.
void fill_whole_record(const Flow& flow, flow::Record& record, flow::Detail& detail);
flow::EndReason end_reason(const Flow& flow, FlowEnd end);
// Thousandths of a bit a byte; 0 of nothing.
std::uint32_t entropy_milli(std::string_view bytes);

// One a pipeline. Records are built in members that are reused.
class FlowRecorder {
 public:
  // `tap` outlives it; null: only whole() is asked for.
  // Packets are one of `sample`.
  FlowRecorder(RecordTap* tap, bool inline_mode, std::uint32_t sample)
      : tap_(tap), inline_mode_(inline_mode), sample_(sample) {}
  // The interface that the packets come from; the text outlives the records.
  void set_interface(std::string_view name) { interface_ = name; }
  // The flow ends, or with FlowEnd::none a part of it is told, and its meter begins the next. Nothing is told where no packet was
  // counted.
  void tell(Flow& flow, FlowEnd reason);
  // Valid until the next call of any member.
  const flow::Record& whole(const Flow& flow, FlowEnd reason);
  [[nodiscard]] bool is_new_second(TimeUs now) const { return now >= next_second_; }
  void clock(TimeUs now) {
    next_second_ = now - now % kSecond + kSecond;
    if (tap_ != nullptr) tap_->clock(now);
  }

 private:
  static constexpr TimeUs kSecond = 1'000'000;
  static std::uint32_t part_of(const FlowMeter& meter, FlowEnd reason);
  void finish(const Flow& flow);

  RecordTap* tap_;
  bool inline_mode_;
  std::uint32_t sample_;
  std::string_view interface_;
  flow::Record record_;
  flow::Detail detail_;
  TimeUs next_second_ = 0;
};

}  // namespace weir::engine
