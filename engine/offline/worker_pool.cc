#include "engine/offline/worker_pool.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "engine/log/deferred_alert.h"
#include "engine/offline/frame_router.h"

namespace weir::engine {
namespace {

constexpr std::chrono::microseconds kPause{50}, kBetweenCollections{500};
constexpr TimeUs kSecond = 1'000'000;
constexpr std::size_t kHeaders = 63;  // bytes that most frames have of them

}  // namespace

struct WorkerPool::Worker {
  Worker(FrameBlock::Owner which, const PipelineSetup& setup,
         const std::shared_ptr<const rules::RuleSet>& rules, rules::SharedState& shared,
         const LogOutputs& outputs, BlockStock* blocks)
      : number(which),
        decoder(setup.decoding, setup.defrag),
        turn(position),
        deferred(shared, position),
        packets(outputs.packets != nullptr ? std::make_unique<PacketCollector>(position) : nullptr),
        records(blocks != nullptr ? std::make_unique<RecordCollector>(position, *blocks) : nullptr),
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

  const FrameBlock::Owner number;
  FrameDecoder decoder;  // of frames that are not plain
  DecodedFrame frame;
  RawPacket last;  // frame that was read; its number is 0 before the first one
  RunPosition position;
  WorkerTurn turn;
  DeferredAlerts deferred;
  std::vector<std::unique_ptr<LineCollector>> collectors;
  std::unique_ptr<PacketCollector> packets;  // null: no packets are kept
  std::unique_ptr<RecordCollector> records;  // null: nobody wants them
  Pipeline pipeline;
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
  std::thread thread;
};

WorkerPool::WorkerPool(unsigned workers, const PipelineSetup& setup,
                       const std::shared_ptr<const rules::RuleSet>& rules, rules::SharedState& shared,
                       LogOutputs& outputs, const output::RecordOutputs& records)
    : decoding_(setup.decoding),
      flow_keys_(setup.flows.key),
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
  if (!records.empty()) records_ = std::make_unique<RecordMerger>(records, workers, record_blocks_);
  for (unsigned i = 0; i < workers; ++i)
    workers_.push_back(std::make_unique<Worker>(static_cast<FrameBlock::Owner>(i), setup, rules, shared,
                                                outputs, records.empty() ? nullptr : &record_blocks_));
  for (const auto& worker : workers_)
    for (const auto& other : workers_)
      if (other != worker) worker->turn.wait_for(other->position);
}

WorkerPool::~WorkerPool() = default;

void WorkerPool::run(const Read& read) {
  FrameBlocks blocks([this, &read](FrameBlock& block) { return fill(block, read); },
                     static_cast<unsigned>(workers_.size()));
  for (const auto& worker : workers_)
    worker->thread = std::thread([this, &blocks, &w = *worker] { work(w, blocks); });
  for (const auto& worker : workers_) {
    while (!worker->done.load(std::memory_order_acquire)) {
      collect();
      std::this_thread::sleep_for(kBetweenCollections);
    }
    worker->thread.join();
  }
  collect();
}

bool WorkerPool::fill(FrameBlock& block, const Read& read) {
  const bool goes_on = read(block);
  for (std::size_t i = 0; i < block.frames().size(); ++i) {
    const RawPacket& raw = block.frames()[i].raw;
    const auto route = plain_route(raw, decoding_);
    FrameBlock::Owner owner = route ? owner_of(*route) : FrameBlock::kAll;
    if (raw.time < second_begins_ || raw.time >= second_ends_) {
      second_begins_ = FlowTable::to_seconds(raw.time) * kSecond;
      second_ends_ = second_begins_ + kSecond;
      owner |= FrameBlock::kNewSecond;
    }
    block.set_owner(i, owner);
  }
  return goes_on;
}

void WorkerPool::work(Worker& worker, FrameBlocks& blocks) {
  std::uint64_t number = 0;
  while (const FrameBlock* const block = blocks.get(number)) {
    inspect(worker, *block);
    if (!block->frames().empty()) {
      worker.last = block->frames().back().raw;
      worker.last.bytes = {};
    }
    blocks.done(number++);
    worker.position.move_to(EventOrder::after_packet(worker.last.number));
    hand_over(worker, worker.last.number);
    await_room(worker);
  }
  if (worker.last.number != 0) worker.pipeline.advance_clock(worker.last.time, worker.last.number);
  worker.pipeline.finish();
  worker.position.move_to(EventOrder::end());
  hand_over(worker, std::numeric_limits<std::uint64_t>::max());
  worker.done.store(true, std::memory_order_release);
}

// The next frame of its own is on its way to this processor while one is inspected.
void WorkerPool::inspect(Worker& worker, const FrameBlock& block) {
  const std::vector<FrameBlock::Owner>& owners = block.owners();
  const auto concerns = [&worker](FrameBlock::Owner owner) {
    return owner == worker.number || owner >= FrameBlock::kAll;
  };
  const auto next_from = [&owners, &concerns](std::size_t at) {
    while (at < owners.size() && !concerns(owners[at])) ++at;
    return at;
  };
  std::size_t next = next_from(0);
  while (next < owners.size()) {
    const FrameBlock::Frame& frame = block.frames()[next];
    const FrameBlock::Owner owner = owners[next];
    next = next_from(next + 1);
    if (next < owners.size()) {
      const Bytes coming = block.frames()[next].raw.bytes;
      __builtin_prefetch(coming.data());
      __builtin_prefetch(coming.data() + std::min(coming.size(), kHeaders));
    }
    // Every worker ends its idle flows at the same packet, whoever has that packet.
    if ((owner & FrameBlock::kNewSecond) != 0)
      worker.pipeline.advance_clock(frame.raw.time, frame.raw.number);
    worker.pipeline.verify_checksums(frame.verify_checksums);
    const auto whose = static_cast<FrameBlock::Owner>(owner & ~FrameBlock::kNewSecond);
    if (whose == FrameBlock::kAll)
      inspect_decoded(worker, frame);
    else if (whose == worker.number)
      worker.pipeline.inspect(frame.raw);
    if (worker.gathered() < kHandBytes) continue;
    worker.position.move_to(EventOrder::after_packet(frame.raw.number));
    hand_over(worker, frame.raw.number);
    await_room(worker);
  }
}

// Its own packets in the frame. Errors of ICMP for IPv6 are flows of their own, and so are not always with those that they
// quote: the worker of the flow that is quoted is shown them, too.
void WorkerPool::inspect_decoded(Worker& worker, const FrameBlock::Frame& from) {
  DecodedFrame& frame = worker.frame;
  worker.decoder.verify_checksums(from.verify_checksums);
  worker.decoder.decode(from.raw, frame);
  PacketMask own = 0, quoting = 0;
  for (std::size_t i = 0; i < frame.count; ++i) {
    const auto bit = static_cast<PacketMask>(1U << i);
    if (owner_of(route_of(frame.packets[i], flow_keys_)) == worker.number) {
      own |= bit;
    } else if (records_ != nullptr && frame.packets[i].has_icmp) {
      const auto quoted = quoted_route(frame.packets[i], flow_keys_);
      if (quoted && owner_of(*quoted) == worker.number) quoting |= bit;
    }
  }
  if (own != 0) worker.pipeline.inspect(frame, own);
  if (quoting != 0) worker.pipeline.note_quoting(frame, quoting);
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

// First until the writer has looked once at what was handed over: what comes next in the log is written then. What still is
// in memory comes behind lines of workers that are farther back. Whoever is farthest back waits for the writer alone.
void WorkerPool::await_room(Worker& worker) {
  const std::size_t room = kUnwrittenBytes / workers_.size();
  if (worker.unwritten.load() <= room) return;
  const std::uint64_t begun = collections_.load();
  while (worker.unwritten.load() > room && collections_.load() < begun + 2)
    std::this_thread::sleep_for(kPause);
  if (worker.unwritten.load() > room) worker.turn.await();
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
  workers_.front()->decoder.count(sum);  // all have decoded the same
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
