#include "engine/log/record_tap.h"

namespace weir::engine {

void RecordFan::record(const flow::Record& record) {
  if (block_->add(record)) return;
  flush();
  (void)block_->add(record);
}

void RecordFan::clock(TimeUs now) {
  if (now <= now_) return;
  now_ = now;
  flush();
  for (const auto& output : outputs_) output->tick(now);
}

void RecordFan::flush() {
  if (block_->empty()) return;
  for (const auto& output : outputs_) output->take(block_->records());
  block_->clear();
}

}  // namespace weir::engine
