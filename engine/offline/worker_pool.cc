#include "engine/offline/worker_pool.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "engine/log/deferred_alert.h"
#include "engine/offline/frame_router.h"

namespace weir::engine {
namespace {

constexpr std::chrono::microseconds kPause{50};

}  // namespace

struct WorkerPool::Worker {
  Worker(const PipelineSetup& setup, const std::shared_ptr<const rules::RuleSet>& rules,
         rules::SharedState& shared, const LogOutputs& outputs, bool wants_records)
      : turn(position),
        deferred(shared, position),
        packets(outputs.packets != nullptr ? std::make_unique<PacketCollector>(position) : nullptr),
        records(wants_records ? std::make_unique<RecordCollector>(position) : nullptr),
        pipeline(setup, rules, shared, collect_into(outputs), position,
                 {.deferred = &deferred,
                  .turn = &turn,
                  .files = outputs.files.get(),
                  .packets = outputs.packet_links(packets.get()),
                  .records = records.get()}) {}

  std::vector<EventLog::Output> collect_into(const LogOutputs& outputs) {
    std::vector<EventLog::Output> out;
    for (const LogOutputs::Open& open : outputs.logs) {
      collectors.push_back(std::make_unique<LineCollector>(position));
      out.push_back({open.log.get(), collectors.back().get()});
    }
    return out;
  }

  RunPosition position;
  WorkerTurn turn;
  DeferredAlerts deferred;
  std::vector<std::unique_ptr<LineCollector>> collectors;
  std::unique_ptr<PacketCollector> packets;  // null: no packets are kept
  std::unique_ptr<RecordCollector> records;  // null: nobody wants them
  Pipeline pipeline;
  Ring<std::unique_ptr<Batch>, kRingSlots> in;
  Ring<std::unique_ptr<Batch>, kRingSlots * 2> empty;  // read batches, on their way back
  [[nodiscard]] std::size_t gathered() const {
    std::size_t bytes = 0;
    for (const auto& collector : collectors) bytes += collector->bytes();
    if (packets != nullptr) bytes += packets->bytes();
    if (records != nullptr) bytes += records->bytes();
    return bytes;
  }

  std::atomic<std::size_t> unwritten{0};  // bytes of lines that were handed over, until they are written
  std::atomic<bool> done{false};
  std::mutex handed_lock;
  std::vector<Handed> handed;
  std::unique_ptr<Batch> filling;  // the reader's
  std::thread thread;
};

WorkerPool::WorkerPool(unsigned workers, const PipelineSetup& setup,
                       const std::shared_ptr<const rules::RuleSet>& rules, rules::SharedState& shared,
                       LogOutputs& outputs, const output::RecordOutputs& records)
    : decoding_(setup.decoding),
      flow_keys_(setup.flows.key),
      decoder_(setup.decoding, setup.defrag),
      decisions_(nothing_, workers),
      complete_up_to_(workers, 0) {
  if (outputs.packets != nullptr) {
    chooser_ = std::make_unique<output::PacketChooser>(*outputs.packets, *outputs.packets,
                                                       outputs.packets->settings().before_alert_bytes);
    packets_ = std::make_unique<PacketMerger>(*chooser_, workers);
  }
  for (const LogOutputs::Open& open : outputs.logs)
    mergers_.push_back(std::make_unique<LineMerger>(*open.sink, workers,
                                                    packets_ != nullptr ? &packets_->names() : nullptr));
  if (!records.empty()) records_ = std::make_unique<RecordMerger>(records, workers);
  for (unsigned i = 0; i < workers; ++i)
    workers_.push_back(std::make_unique<Worker>(setup, rules, shared, outputs, !records.empty()));
  for (const auto& worker : workers_)
    for (const auto& other : workers_)
      if (other != worker) worker->turn.wait_for(other->position);
  for (const auto& worker : workers_) worker->thread = std::thread([this, &w = *worker] { run(w); });
}

WorkerPool::~WorkerPool() {
  finish();
}

// What a worker has read comes back; of the frames that were decoded for it those are free that no other has.
WorkerPool::Batch& WorkerPool::open_batch(std::size_t worker) {
  Worker& w = *workers_[worker];
  if (w.filling != nullptr) return *w.filling;
  if (!w.empty.try_pop(w.filling)) w.filling = std::make_unique<Batch>();
  Batch& batch = *w.filling;
  batch.items.clear();
  batch.bytes.clear();
  for (auto& frame : batch.decoded)
    if (frame.use_count() == 1) blank_frames_.push_back(std::move(frame));
  batch.decoded.clear();
  return batch;
}

std::shared_ptr<DecodedFrame> WorkerPool::blank_frame() {
  if (blank_frames_.empty()) return std::make_shared<DecodedFrame>();
  auto frame = std::move(blank_frames_.back());
  blank_frames_.pop_back();
  return frame;
}

void WorkerPool::feed(const RawPacket& raw, bool verify_checksums) {
  if (!any_ || FlowTable::to_seconds(raw.time) != second_) move_clock(raw);
  last_ = raw;
  last_.bytes = {};
  if (const auto route = plain_route(raw, decoding_)) {
    give_frame(*route % workers_.size(), raw, verify_checksums);
  } else {
    auto frame = blank_frame();
    decoder_.verify_checksums(verify_checksums);
    decoder_.decode(frame->keep(raw), *frame);
    if (frame->is_plain()) {
      const std::size_t owner = route_of(frame->packets[0], flow_keys_) % workers_.size();
      give_frame(owner, raw, verify_checksums);
      if (records_ != nullptr && frame->packets[0].has_icmp) tell_of_quoting(frame, 0, owner);
    } else {
      give_packets(frame);
    }
    if (frame.use_count() == 1) blank_frames_.push_back(std::move(frame));
  }
  if (round_full_) end_round(raw.number, false);
}

void WorkerPool::give_frame(std::size_t worker, const RawPacket& raw, bool verify_checksums) {
  Batch& batch = open_batch(worker);
  Item item{.verify_checksums = verify_checksums,
            .offset = batch.bytes.size(),
            .length = raw.bytes.size(),
            .raw = raw};
  item.raw.bytes = {};
  batch.bytes.insert(batch.bytes.end(), raw.bytes.begin(), raw.bytes.end());
  add(worker, item);
}

// Each packet to its worker, those of one worker at once.
void WorkerPool::give_packets(const std::shared_ptr<DecodedFrame>& frame) {
  std::array<std::size_t, DecodedFrame::kMaxNested> owner{};
  for (std::size_t i = 0; i < frame->count; ++i)
    owner[i] = route_of(frame->packets[i], flow_keys_) % workers_.size();
  for (std::size_t worker = 0; worker < workers_.size(); ++worker) {
    Item item{.kind = Item::Kind::packets};
    for (std::size_t i = 0; i < frame->count; ++i)
      if (owner[i] == worker) item.packets = static_cast<PacketMask>(item.packets | 1U << i);
    if (item.packets == 0) continue;
    Batch& batch = open_batch(worker);
    item.offset = batch.decoded.size();
    item.raw.number = frame->packets[0].raw.number;
    batch.decoded.push_back(frame);
    add(worker, item);
  }
  if (records_ == nullptr) return;
  for (std::size_t i = 0; i < frame->count; ++i)
    if (frame->packets[i].has_icmp) tell_of_quoting(frame, i, owner[i]);
}

// Errors of ICMP for IPv6 are flows of their own, and so are not always with those that they quote.
void WorkerPool::tell_of_quoting(const std::shared_ptr<DecodedFrame>& frame, std::size_t packet,
                                 std::size_t owner) {
  const auto route = quoted_route(frame->packets[packet], flow_keys_);
  if (!route || *route % workers_.size() == owner) return;
  Batch& batch = open_batch(*route % workers_.size());
  Item item{.kind = Item::Kind::quoting,
            .packets = static_cast<PacketMask>(1U << packet),
            .offset = batch.decoded.size()};
  item.raw.number = frame->packets[0].raw.number;
  batch.decoded.push_back(frame);
  add(*route % workers_.size(), item);
}

void WorkerPool::add(std::size_t worker, const Item& item) {
  Batch& batch = open_batch(worker);
  batch.items.push_back(item);
  round_full_ = round_full_ || batch.full();
}

// Every worker ends its idle flows at the same packet, whoever gets that packet.
void WorkerPool::move_clock(const RawPacket& raw) {
  any_ = true;
  second_ = FlowTable::to_seconds(raw.time);
  Item item{.kind = Item::Kind::clock, .raw = raw};
  item.raw.bytes = {};
  for (std::size_t i = 0; i < workers_.size(); ++i) add(i, item);
}

// What each worker has got since the last round is sent to it, be it nothing.
void WorkerPool::end_round(std::uint64_t up_to, bool last) {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Batch& batch = open_batch(i);
    batch.up_to = up_to;
    batch.last = last;
    // Who has no room may be waiting for us to write.
    while (!workers_[i]->in.try_push(workers_[i]->filling)) collect_and_pause();
  }
  round_full_ = false;
  if (!last) collect();
}

void WorkerPool::collect_and_pause() {
  collect();
  std::this_thread::sleep_for(kPause);
}

void WorkerPool::finish() {
  if (workers_.empty() || !workers_.front()->thread.joinable()) return;
  if (any_) move_clock(last_);
  end_round(std::numeric_limits<std::uint64_t>::max(), true);
  for (const auto& worker : workers_) {
    while (!worker->done.load(std::memory_order_acquire)) collect_and_pause();
    worker->thread.join();
  }
  collect();
}

// Takes over what the workers have written, decides what is undecided and writes what is complete.
void WorkerPool::collect() {
  collections_.fetch_add(1);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    std::vector<Handed> handed;
    {
      const std::lock_guard lock(workers_[i]->handed_lock);
      handed.swap(workers_[i]->handed);
    }
    for (Handed& h : handed) {
      complete_up_to_[i] = h.up_to;
      decisions_.add(i, std::move(h.undecided));
      if (packets_ != nullptr) packets_->add(i, std::move(h.packets));
      if (records_ != nullptr) records_->add(i, std::move(h.records));
      for (std::size_t out = 0; out < mergers_.size(); ++out) mergers_[out]->add(i, std::move(h.lines[out]));
    }
  }
  const std::uint64_t complete = *std::min_element(complete_up_to_.begin(), complete_up_to_.end());
  decisions_.write_up_to(complete);
  if (packets_ != nullptr) {  // before the lines, which name the files
    packets_->tell_up_to(complete);
    for (std::size_t i = 0; i < workers_.size(); ++i)
      workers_[i]->unwritten.fetch_sub(packets_->take_done(i));
  }
  if (records_ != nullptr) {
    records_->tell_up_to(complete);
    for (std::size_t i = 0; i < workers_.size(); ++i)
      workers_[i]->unwritten.fetch_sub(records_->take_done(i));
  }
  for (const auto& merger : mergers_) {
    merger->write_up_to(complete);
    for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i]->unwritten.fetch_sub(merger->take_done(i));
  }
  if (packets_ != nullptr) packets_->names().forget();
}

void WorkerPool::hand_over(Worker& worker, std::uint64_t up_to) {
  Handed handed{
      .up_to = up_to, .undecided = worker.deferred.take(), .lines = {}, .packets = {}, .records = {}};
  worker.unwritten.fetch_add(worker.gathered());
  if (worker.packets != nullptr) handed.packets = worker.packets->take();
  if (worker.records != nullptr) handed.records = worker.records->take();
  for (const auto& collector : worker.collectors) handed.lines.push_back(collector->take());
  const std::lock_guard lock(worker.handed_lock);
  worker.handed.push_back(std::move(handed));
}

// First until the reader has looked once at what was handed over: what comes next in the log is written then. What still is
// in memory comes behind lines of workers that are farther back. Whoever is farthest back waits for the reader alone.
void WorkerPool::await_room(Worker& worker) {
  const std::size_t room = kUnwrittenBytes / workers_.size();
  if (worker.unwritten.load() <= room) return;
  const std::uint64_t begun = collections_.load();
  while (worker.unwritten.load() > room && collections_.load() < begun + 2)
    std::this_thread::sleep_for(kPause);
  if (worker.unwritten.load() > room) worker.turn.await();
}

void WorkerPool::run(Worker& worker) {
  for (;;) {
    std::unique_ptr<Batch> batch = worker.in.pop();
    inspect(worker, *batch);
    if (batch->last) worker.pipeline.finish();
    worker.position.move_to(batch->last ? EventOrder::end() : EventOrder::after_packet(batch->up_to));
    hand_over(worker, batch->up_to);
    if (batch->last) break;
    (void)worker.empty.try_push(batch);
    await_room(worker);
  }
  worker.done.store(true, std::memory_order_release);
}

void WorkerPool::inspect(Worker& worker, const Batch& batch) {
  for (const Item& item : batch.items) {
    switch (item.kind) {
      case Item::Kind::clock: worker.pipeline.advance_clock(item.raw.time, item.raw.number); break;
      case Item::Kind::quoting:
        worker.pipeline.note_quoting(*batch.decoded[item.offset], item.packets);
        break;
      case Item::Kind::packets: worker.pipeline.inspect(*batch.decoded[item.offset], item.packets); break;
      case Item::Kind::frame: {
        RawPacket raw = item.raw;
        raw.bytes = Bytes(batch.bytes).subspan(item.offset, item.length);
        worker.pipeline.verify_checksums(item.verify_checksums);
        worker.pipeline.inspect(raw);
      }
    }
    if (item.kind == Item::Kind::clock || worker.gathered() < kHandBytes) continue;
    hand_over(worker, item.raw.number);
    await_room(worker);
  }
}

std::vector<Counters> WorkerPool::worker_counters() const {
  std::vector<Counters> out;
  for (const auto& worker : workers_) {
    out.push_back(worker->pipeline.counters());
    out.back() += worker->deferred.counters();
  }
  return out;
}

Counters WorkerPool::counters() const {
  Counters sum;
  decoder_.count(sum);
  for (const Counters& of_worker : worker_counters()) sum += of_worker;
  return sum;
}

RuleProfile WorkerPool::rule_profile() const {
  RuleProfile sum;
  for (const auto& worker : workers_)
    if (const RuleProfile* profile = worker->pipeline.rule_profile()) sum.add(*profile);
  return sum;
}

}  // namespace weir::engine
