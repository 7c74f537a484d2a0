#include "engine/worker_pool.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "engine/deferred_alert.h"
#include "engine/frame_router.h"

namespace weir::engine {

struct WorkerPool::Worker {
  Worker(const PipelineSetup& setup, const std::shared_ptr<const rules::RuleSet>& rules,
         rules::SharedState& shared, const LogOutputs& outputs, DeferredAlerts* deferred)
      : pipeline(setup, rules, shared, collect_into(outputs), order, deferred) {}

  std::vector<EventLog::Output> collect_into(const LogOutputs& outputs) {
    std::vector<EventLog::Output> out;
    for (const LogOutputs::Eve& eve : outputs.eve) {
      collectors.push_back(std::make_unique<LineCollector>(order));
      out.push_back({eve.log.get(), collectors.back().get()});
    }
    return out;
  }

  EventOrder order;
  std::vector<std::unique_ptr<LineCollector>> collectors;
  Pipeline pipeline;
  Ring<std::unique_ptr<Batch>, kRingSlots> in;
  Ring<std::unique_ptr<Batch>, kRingSlots * 2> empty;  // read batches, on their way back
  std::mutex handed_lock;
  std::vector<Handed> handed;
  std::unique_ptr<Batch> filling;  // the reader's
  std::thread thread;
};

WorkerPool::WorkerPool(unsigned workers, const PipelineSetup& setup,
                       const std::shared_ptr<const rules::RuleSet>& rules, rules::SharedState& shared,
                       LogOutputs& outputs)
    : deferred_(setup.inline_mode ? nullptr : std::make_unique<DeferredAlerts>(shared)), complete_up_to_(workers, 0) {
  for (const LogOutputs::Eve& eve : outputs.eve)
    mergers_.push_back(std::make_unique<LineMerger>(*eve.sink, workers));
  for (unsigned i = 0; i < workers; ++i)
    workers_.push_back(std::make_unique<Worker>(setup, rules, shared, outputs, deferred_.get()));
  for (const auto& worker : workers_) worker->thread = std::thread([&w = *worker] { run(w); });
}

WorkerPool::~WorkerPool() {
  finish();
}

WorkerPool::Batch& WorkerPool::open_batch(std::size_t worker) {
  Worker& w = *workers_[worker];
  if (w.filling == nullptr && !w.empty.try_pop(w.filling)) w.filling = std::make_unique<Batch>();
  return *w.filling;
}

void WorkerPool::feed(const RawPacket& raw, const std::string* capture, bool verify_checksums) {
  if (!any_ || FlowTable::to_seconds(raw.time) != second_) move_clock(raw);
  last_number_ = raw.number;
  last_time_ = raw.time;
  const std::size_t target = route_hash(raw) % workers_.size();
  Batch& batch = open_batch(target);
  Item item{.offset = batch.bytes.size(),
            .length = raw.bytes.size(),
            .raw = raw,
            .capture = capture,
            .verify_checksums = verify_checksums};
  item.raw.bytes = {};
  batch.bytes.insert(batch.bytes.end(), raw.bytes.begin(), raw.bytes.end());
  batch.items.push_back(item);
  if (batch.items.size() >= kBatchItems || batch.bytes.size() >= kBatchBytes) send(target, raw.number, false);
  if (raw.number - last_sync_ < kSyncPackets) return;
  last_sync_ = raw.number;
  for (std::size_t i = 0; i < workers_.size(); ++i) send(i, raw.number, false);
  collect();
}

// Every worker ends its idle flows at the same packet, whoever gets that packet.
void WorkerPool::move_clock(const RawPacket& raw) {
  any_ = true;
  second_ = FlowTable::to_seconds(raw.time);
  Item item{.raw = raw, .clock_only = true};
  item.raw.bytes = {};
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Batch& batch = open_batch(i);
    batch.items.push_back(item);
    if (batch.items.size() >= kBatchItems) send(i, raw.number - 1, false);
  }
}

void WorkerPool::send(std::size_t worker, std::uint64_t up_to, bool last) {
  Batch& batch = open_batch(worker);
  batch.complete_up_to = up_to;
  batch.last = last;
  Worker& w = *workers_[worker];
  w.in.push(std::move(w.filling));
}

void WorkerPool::finish() {
  if (workers_.empty() || !workers_.front()->thread.joinable()) return;
  RawPacket end{.time = last_time_, .number = last_number_};
  if (any_) move_clock(end);
  for (std::size_t i = 0; i < workers_.size(); ++i) send(i, std::numeric_limits<std::uint64_t>::max(), true);
  for (const auto& worker : workers_) worker->thread.join();
  collect();
}

// Takes over what the workers have written and writes what is complete.
void WorkerPool::collect() {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    std::vector<Handed> handed;
    {
      const std::lock_guard lock(workers_[i]->handed_lock);
      handed.swap(workers_[i]->handed);
    }
    for (Handed& h : handed) {
      complete_up_to_[i] = h.complete_up_to;
      for (std::size_t out = 0; out < mergers_.size(); ++out) mergers_[out]->add(i, std::move(h.lines[out]));
    }
  }
  const std::uint64_t complete = *std::min_element(complete_up_to_.begin(), complete_up_to_.end());
  for (const auto& merger : mergers_) merger->write_up_to(complete);
}

void WorkerPool::run(Worker& worker) {
  for (;;) {
    std::unique_ptr<Batch> batch = worker.in.pop();
    inspect(worker, *batch);
    if (batch->last) worker.pipeline.finish();
    Handed handed{.complete_up_to = batch->complete_up_to};
    for (const auto& collector : worker.collectors) handed.lines.push_back(collector->take());
    {
      const std::lock_guard lock(worker.handed_lock);
      worker.handed.push_back(std::move(handed));
    }
    if (batch->last) return;
    batch->items.clear();
    batch->bytes.clear();
    (void)worker.empty.try_push(batch);
  }
}

void WorkerPool::inspect(Worker& worker, const Batch& batch) {
  const std::string* capture = nullptr;
  for (const Item& item : batch.items) {
    if (item.clock_only) {
      worker.pipeline.advance_clock(item.raw.time, item.raw.number);
      continue;
    }
    if (item.capture != capture && item.capture != nullptr) worker.pipeline.set_capture_name(*item.capture);
    capture = item.capture;
    RawPacket raw = item.raw;
    raw.bytes = Bytes(batch.bytes).subspan(item.offset, item.length);
    worker.pipeline.verify_checksums(item.verify_checksums);
    worker.pipeline.inspect(raw);
  }
}

Counters WorkerPool::counters() const {
  Counters sum;
  for (const auto& worker : workers_) sum += worker->pipeline.counters();
  if (deferred_ != nullptr) sum += deferred_->counters();
  return sum;
}

RuleProfile WorkerPool::rule_profile() const {
  RuleProfile sum;
  for (const auto& worker : workers_)
    if (const RuleProfile* profile = worker->pipeline.rule_profile()) sum.add(*profile);
  return sum;
}

}  // namespace weir::engine
