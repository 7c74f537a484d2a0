#include "engine/log/record_merger.h"

namespace weir::engine {

std::unique_ptr<output::RecordBlock> BlockStock::take() {
  {
    const std::lock_guard guard(lock_);
    if (!blocks_.empty()) {
      auto block = std::move(blocks_.back());
      blocks_.pop_back();
      return block;
    }
  }
  return std::make_unique_for_overwrite<output::RecordBlock>();
}

void BlockStock::give_back(std::unique_ptr<output::RecordBlock> block) {
  block->clear();
  const std::lock_guard guard(lock_);
  if (blocks_.size() < kMost) blocks_.push_back(std::move(block));
}

void RecordCollector::record(const flow::Record& record) {
  if (told_.blocks.empty() || !told_.blocks.back()->add(record)) {
    told_.blocks.push_back(blocks_.take());
    (void)told_.blocks.back()->add(record);
  }
  told_.items.push_back({position_.order(), std::nullopt});
}

void RecordCollector::clock(TimeUs now) {
  told_.items.push_back({position_.order(), now});
}

void RecordMerger::tell_up_to(std::uint64_t packet) {
  queues_.take_up_to(packet, [this](Pending& p) { tell_next(p); });
  fan_.flush();
}

void RecordMerger::tell_next(Pending& p) {
  const OrderedRecords::Item& item = p.records.items[p.next++];
  if (item.clock) return fan_.clock(*item.clock);
  const auto records = p.records.blocks[p.block]->records();
  fan_.record(records[p.record]);
  if (++p.record < records.size()) return;
  p.record = 0;
  blocks_.give_back(std::move(p.records.blocks[p.block++]));
}

}  // namespace weir::engine
