// Makes the record of a flow that ends.
#pragma once

#include <string_view>

#include "engine/flow/flow.h"
#include "engine/log/record_tap.h"

namespace weir::engine {

// One a pipeline. Records are built in members that are reused.
class FlowRecorder {
 public:
  // `tap` outlives it.
  explicit FlowRecorder(RecordTap& tap) : tap_(tap) {}
  // The interface that the packets come from; the text outlives the records.
  void set_interface(std::string_view name) { interface_ = name; }
  // Of a flow with a meter; without packets it has no record.
  void flow_end(const Flow& flow, FlowEnd reason);
  [[nodiscard]] bool is_new_second(TimeUs now) const { return now >= next_second_; }
  void clock(TimeUs now) {
    next_second_ = now - now % kSecond + kSecond;
    tap_.clock(now);
  }

 private:
  static constexpr TimeUs kSecond = 1'000'000;
  RecordTap& tap_;
  std::string_view interface_;
  flow::Record record_;
  flow::Detail detail_;
  TimeUs next_second_ = 0;
};

// Fills a record with all that the flow's meter knows; views are into the flow.
void fill_record(const Flow& flow, flow::Record& record, flow::Detail& detail);
flow::EndReason end_reason(const Flow& flow, FlowEnd end);

}  // namespace weir::engine
