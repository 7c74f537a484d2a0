#include "engine/log/log_writer.h"

#include <pthread.h>

#include <algorithm>
#include <new>
#include <numeric>
#include <utility>

#include <fmt/format.h>

namespace weir::engine {

using output::Loss;

namespace {

constexpr std::uint64_t kMinQueueMb = 1, kMaxQueueMb = 65536;

// Gives how many lines there was no memory for.
std::uint64_t write_lines(output::Sink& sink, std::string_view lines) {
  std::uint64_t lost = 0;
  while (!lines.empty()) {
    const std::size_t newline = lines.find('\n');
    try {
      sink.write_line(lines.substr(0, newline));
    } catch (const std::bad_alloc&) {
      ++lost;
    }
    lines.remove_prefix(newline + 1);
  }
  return lost;
}

std::uint64_t& count_of(output::LossCounts& losses, Loss loss) {
  return losses[static_cast<std::size_t>(loss)];
}

}  // namespace

LogWriterSettings LogWriterSettings::from(const Config& config) {
  LogWriterSettings settings;
  const std::uint64_t mb = config.number("weir.log-queue-mb", settings.queue_bytes >> 20U);
  settings.queue_bytes = static_cast<std::size_t>(std::clamp(mb, kMinQueueMb, kMaxQueueMb)) << 20U;
  return settings;
}

std::uint64_t LogWriterCounters::lost() const {
  return std::accumulate(lines_lost.begin(), lines_lost.end(), std::uint64_t{0});
}

void LogWriterCounters::append_to(std::vector<output::CounterValue>& values) const {
  static constexpr std::array<std::string_view, output::kLossCount> kNames{
      "weir.log_lines_lost.queue_full",  "weir.log_lines_lost.write_error", "weir.log_lines_lost.no_reader",
      "weir.log_lines_lost.slow_reader", "weir.log_lines_lost.too_long",    "weir.log_lines_lost.shutdown"};
  values.emplace_back("weir.log_lines_written", lines_written);
  for (std::size_t i = 0; i < kNames.size(); ++i) values.emplace_back(kNames[i], lines_lost[i]);
  values.emplace_back("weir.log_queue_bytes", queued_bytes);
  values.emplace_back("weir.log_queue_bytes_peak", queued_bytes_peak);
}

LogWriter::LogWriter(LogOutputs& outputs, LogWriterSettings settings)
    : outputs_(outputs), settings_(std::move(settings)) {
  for (const LogOutputs::Open& open : outputs_.logs) {
    open.sink->never_wait();
    queues_.push_back(std::make_unique<Queue>());
    queues_.back()->unused.reserve(kUnusedChunks);
    reports_.emplace_back(open.path, settings_.reports);
  }
  if (outputs_.files != nullptr) outputs_.files->never_wait();
  if (outputs_.packets != nullptr) packets_ = std::make_unique<output::PacketQueue>(*outputs_.packets);
  thread_ = std::thread([this] { run(); });
}

LogWriter::~LogWriter() {
  std::vector<std::string> errors;
  stop(std::chrono::milliseconds(1000), errors);
}

std::unique_ptr<LogWriter::End> LogWriter::add_end() {
  return std::make_unique<End>(*this);
}

// --- what workers do

LogWriter::End::End(LogWriter& writer) : writer_(writer) {
  for (std::size_t i = 0; i < writer.outputs_.logs.size(); ++i) {
    collectors_.push_back(std::make_unique<Collector>(*this, i));
    collectors_.back()->text.reserve(kBatchBytes);
    outputs_.push_back({writer.outputs_.logs[i].log.get(), collectors_.back().get()});
  }
}

void LogWriter::End::hand_over() {
  for (const auto& collector : collectors_)
    if (collector->lines != 0) collector->hand_over();
}

void LogWriter::End::Collector::write_line(std::string_view line, const std::shared_ptr<output::LineCondition>&) {
  if (text.size() + line.size() >= kBatchBytes && lines != 0) hand_over();
  if (text.capacity() - text.size() <= line.size()) text.reserve(text.size() + line.size() + 1);
  text.append(line);
  text.push_back('\n');
  ++lines;
}

void LogWriter::End::Collector::hand_over() {
  end.writer_.push(output, text, lines, end.patience_);
  text.clear();
  lines = 0;
}

void LogWriter::push(std::size_t output, std::string_view text, std::uint64_t lines,
                     Clock::time_point patience) {
  Queue& queue = *queues_[output];
  if (!take_room(text.size(), patience)) {
    const std::lock_guard guard(queue.lock);
    (closed_.load(std::memory_order_acquire) ? queue.late : queue.dropped) += lines;
    return;
  }
  const std::lock_guard guard(queue.lock);
  try {
    queue.add(text, lines);
  } catch (const std::bad_alloc&) {
    queue.dropped += lines;
    queued_bytes_.fetch_sub(text.size());
  }
}

// All of it or, without memory, nothing.
void LogWriter::Queue::add(std::string_view text, std::uint64_t lines) {
  if (filled.empty() || filled.back()->text.size() + text.size() > kChunkBytes) {
    if (unused.empty()) {
      unused.push_back(std::make_unique<Chunk>());
      unused.back()->text.reserve(std::max(kChunkBytes, text.size()));
    }
    filled.push_back(std::move(unused.back()));
    unused.pop_back();
  }
  filled.back()->text.append(text);
  filled.back()->lines += lines;
}

// Wakes the writer when it may sleep: it looks at queued_bytes_ under the lock before it does.
bool LogWriter::take_room(std::size_t bytes, Clock::time_point patience) {
  std::size_t before = queued_bytes_.load(std::memory_order_relaxed);
  do {
    while (before + bytes > settings_.queue_bytes) {
      if (closed_.load(std::memory_order_acquire) || Clock::now() >= patience) return false;
      std::this_thread::sleep_for(kRoomPoll);
      before = queued_bytes_.load(std::memory_order_relaxed);
    }
    if (closed_.load(std::memory_order_acquire)) return false;
  } while (!queued_bytes_.compare_exchange_weak(before, before + bytes));
  const std::size_t after = before + bytes;
  std::size_t peak = queued_bytes_peak_.load(std::memory_order_relaxed);
  while (after > peak && !queued_bytes_peak_.compare_exchange_weak(peak, after)) {
  }
  if (before == 0 || (before < kWakeBytes && after >= kWakeBytes)) wake();
  return true;
}

void LogWriter::wake() {
  { const std::lock_guard guard(lock_); }
  work_.notify_one();
}

// --- what the writer's thread does

void LogWriter::run() {
  (void)pthread_setname_np(pthread_self(), "LogWriter");
  for (;;) {
    const Commands commands = wait_for_work();
    do_round(commands);
    {
      const std::lock_guard guard(lock_);
      flushes_done_ = commands.flushes;
    }
    round_over_.notify_all();
    if (commands.stop) return end();
  }
}

// Lets lines gather for a moment, so that many are written with one call.
LogWriter::Commands LogWriter::wait_for_work() {
  std::unique_lock guard(lock_);
  const auto commanded = [this] {
    return commands_.stop || commands_.reopen || commands_.rotate || commands_.flushes != flushes_done_;
  };
  work_.wait_for(guard, kIdle, [&] { return commanded() || queued_bytes_.load() != 0; });
  work_.wait_for(guard, settings_.gather, [&] { return commanded() || queued_bytes_.load() >= kWakeBytes; });
  Commands commands = commands_;
  commands_.reopen = commands_.rotate = false;
  return commands;
}

void LogWriter::do_round(const Commands& commands) {
  for (std::size_t i = 0; i < queues_.size(); ++i) try {
    output::Sink& sink = *outputs_.logs[i].sink;
    write_queued(i);
    sink.flush();
    if (commands.rotate) sink.rotate();
    if (commands.reopen) sink.reopen();
    sink.tick();
    keep_state(i);
  } catch (const std::bad_alloc&) {  // the next round does what is left
  }
}

void LogWriter::write_queued(std::size_t output) {
  Queue& queue = *queues_[output];
  {
    const std::lock_guard guard(queue.lock);
    writing_.swap(queue.filled);
  }
  std::uint64_t late = 0, lost = 0;
  for (const auto& chunk : writing_) {
    if (out_of_time())
      late += chunk->lines;
    else
      lost += write_lines(*outputs_.logs[output].sink, chunk->text);
    queued_bytes_.fetch_sub(chunk->text.size());
    chunk->text.clear();
    chunk->lines = 0;
  }
  const std::lock_guard guard(queue.lock);
  queue.late += late;
  queue.dropped += lost;
  for (auto& chunk : writing_)
    if (queue.unused.size() < kUnusedChunks && chunk->text.capacity() <= 2 * kChunkBytes)
      queue.unused.push_back(std::move(chunk));
  writing_.clear();
}

void LogWriter::keep_state(std::size_t output) {
  const output::Sink& sink = *outputs_.logs[output].sink;
  Queue& queue = *queues_[output];
  const std::lock_guard guard(queue.lock);
  queue.sink.written = sink.lines_written();
  queue.sink.losses = sink.losses();
  if (queue.sink.last_error != sink.last_error()) queue.sink.last_error = sink.last_error();
}

// Everybody who still hands over either comes before the queue is closed, and is written or counted here, or
// finds it closed.
void LogWriter::end() {
  std::size_t none = 0;
  while (!queued_bytes_.compare_exchange_strong(none, kClosed)) {
    if (out_of_time()) closed_.store(true, std::memory_order_release);
    for (std::size_t i = 0; i < queues_.size(); ++i) write_queued(i);
    none = 0;
  }
  closed_.store(true, std::memory_order_release);
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    outputs_.logs[i].sink->flush();
    outputs_.logs[i].sink->drain(deadline_.load(std::memory_order_relaxed));
    keep_state(i);
  }
}

// --- what the owner does

LogState LogWriter::state(std::size_t output) const {
  const Queue& queue = *queues_[output];
  const std::lock_guard guard(queue.lock);
  LogState state = queue.sink;
  count_of(state.losses, Loss::queue_full) += queue.dropped;
  count_of(state.losses, Loss::shutdown) += queue.late;
  return state;
}

void LogWriter::tick() {
  for (std::size_t i = 0; i < reports_.size(); ++i) reports_[i].update(state(i), Clock::now());
}

void LogWriter::request_reopen() {
  {
    const std::lock_guard guard(lock_);
    commands_.reopen = true;
  }
  work_.notify_one();
}

void LogWriter::request_rotate() {
  {
    const std::lock_guard guard(lock_);
    commands_.rotate = true;
  }
  work_.notify_one();
}

bool LogWriter::flush(std::chrono::milliseconds limit) {
  std::unique_lock guard(lock_);
  const std::uint64_t wanted = ++commands_.flushes;
  work_.notify_one();
  return round_over_.wait_for(guard, limit, [&] { return flushes_done_ >= wanted; });
}

LogWriterCounters LogWriter::counters() const {
  LogWriterCounters out;
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    const LogState now = state(i);
    out.lines_written += now.written;
    for (std::size_t loss = 0; loss < output::kLossCount; ++loss) out.lines_lost[loss] += now.losses[loss];
  }
  const std::size_t queued = queued_bytes_.load(std::memory_order_relaxed);
  out.queued_bytes = queued < kClosed ? queued : 0;
  out.queued_bytes_peak = queued_bytes_peak_.load(std::memory_order_relaxed);
  return out;
}

void LogWriter::stop(std::chrono::milliseconds limit, std::vector<std::string>& errors) {
  if (!thread_.joinable()) return;
  deadline_.store(Clock::now() + limit);
  {
    const std::lock_guard guard(lock_);
    commands_.stop = true;
  }
  work_.notify_one();
  thread_.join();
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    const auto tell = [&](std::uint64_t lines, Loss loss) {
      if (lines != 0)
        errors.push_back(
            fmt::format("{}: {} lines not written: {}", outputs_.logs[i].path, lines, loss_reason(loss, {})));
    };
    const std::lock_guard guard(queues_[i]->lock);  // a worker that was left behind may still come
    tell(queues_[i]->dropped, Loss::queue_full);
    tell(queues_[i]->late, Loss::shutdown);
  }
  if (packets_ != nullptr) packets_->stop();
  outputs_.close(errors);
  if (outputs_.files != nullptr)
    outputs_.files->stop(
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline_.load() - Clock::now()), errors);
}

}  // namespace weir::engine
