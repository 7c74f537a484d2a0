#include "engine/live/workers/live_worker.h"

#include <pthread.h>

#include <condition_variable>
#include <new>
#include <utility>

#include "decoders/clock.h"

namespace weir::engine {

LiveWorker::LiveWorker(std::string name, const PipelineSetup& setup,
                       std::shared_ptr<const rules::RuleSet> rules, rules::SharedState& shared, Parts parts)
    : name_(std::move(name)),
      parts_(std::move(parts)),
      pipeline_(setup, std::move(rules), shared, parts_.outputs, position_,
                {.files = parts_.files,
                 .packets = {parts_.chooser.get(),
                             parts_.chooser != nullptr ? &parts_.packet_log->settings() : nullptr},
                 .expected = parts_.expected,
                 .ranged = parts_.ranged,
                 .records = parts_.records.get()}) {
  pipeline_.set_interface(parts_.source->interface());
  thread_ = std::thread([this] { run(); });
}

LiveWorker::~LiveWorker() {
  request_stop();
  thread_.join();
}

void LiveWorker::run() {
  constexpr std::size_t kLongestName = 15;  // that the kernel keeps
  (void)pthread_setname_np(pthread_self(), name_.substr(0, kLongestName).c_str());
  if (!parts_.cores.empty()) (void)pin_this_thread(parts_.cores);  // it works on other cores as well
  while (!stopping_.load(std::memory_order_relaxed) && error_.empty()) {
    parts_.pulse->beats.fetch_add(1, std::memory_order_relaxed);
    try {
      do_round();
    } catch (const std::bad_alloc&) {
      ++out_of_memory_;
    }
  }
  if (abandoned_.load()) return;
  // Each step by itself, and with what memory there is: all of them are to be taken.
  const auto take = [this](auto&& step) {
    try {
      step();
    } catch (const std::bad_alloc&) {
      ++out_of_memory_;
    }
  };
  if (error_.empty()) take([this] { parts_.source->close(*this); });
  parts_.lines->may_wait(kLogWait);  // all flows are logged at once
  if (parts_.records != nullptr) parts_.records->may_wait(kLogWait);
  take([this] { pipeline_.finish(); });
  hand_over();
  if (parts_.records != nullptr) parts_.records->hand_over();
  take([this] { run_commands(); });
  make_report();
  ended_.store(true, std::memory_order_release);
}

// Some packets, if any come, and what was asked for meanwhile.
void LiveWorker::do_round() {
  const bool called = has_commands_.load(std::memory_order_relaxed);
  const auto received = parts_.source->poll(*this, called ? std::chrono::milliseconds{0} : kIdleWait);
  if (!received) {
    error_ = received.error();
    return;
  }
  if (*received == 0) move_clock();
  if (parts_.source->take_missed()) pipeline_.packets_were_missed();
  hand_over();
  if (has_commands_.load(std::memory_order_relaxed)) run_commands();
}

void LiveWorker::hand_over() const {
  if (parts_.packets != nullptr) parts_.packets->hand_over();
  parts_.lines->hand_over();
  if (parts_.records != nullptr) parts_.records->hand_over_when_due();
}

// Memory that is not there costs a packet its inspection, not the network its gateway.
Judgement LiveWorker::packet(const RawPacket& raw, bool checksums_count) {
  pipeline_.verify_checksums(parts_.checksums == ChecksumTrust::all ||
                             (parts_.checksums == ChecksumTrust::kernel && checksums_count));
  try {
    (void)pipeline_.inspect(raw);
    const Outcome& outcome = pipeline_.outcome();
    if (outcome.rejected != nullptr) rejects_.send(*outcome.rejected, outcome.reject);
    return {outcome.verdict, outcome.replaced ? outcome.frame : Bytes{}, outcome.bypass};
  } catch (const std::bad_alloc&) {
    ++out_of_memory_;
    return {parts_.fail_open ? Verdict::accept : Verdict::drop};
  }
}

// Nothing comes, but time goes on: idle flows end.
void LiveWorker::move_clock() {
  pipeline_.advance_clock(wall_clock(), 0);
}

void LiveWorker::post(Command command) {
  const std::lock_guard guard(lock_);
  commands_.push_back(std::move(command));
  has_commands_.store(true, std::memory_order_relaxed);
}

void LiveWorker::run_commands() {
  std::vector<Command> commands;
  {
    const std::lock_guard guard(lock_);
    commands.swap(commands_);
    has_commands_.store(false, std::memory_order_relaxed);
  }
  for (const Command& command : commands) command(pipeline_, *parts_.source);
}

LiveWorker::Report LiveWorker::make_report() {
  Report report{.counters = pipeline_.counters(),
                .capture = parts_.source->counters(),
                .memory = pipeline_.memory(),
                .flows = pipeline_.flows().size()};
  report.counters.out_of_memory += out_of_memory_;
  const std::lock_guard guard(lock_);
  last_report_ = report;
  return report;
}

LiveWorker::Report LiveWorker::report(std::chrono::milliseconds limit) {
  struct Done {
    std::mutex lock;
    std::condition_variable changed;
    bool yes = false;
  };
  if (!ended()) {
    const auto done = std::make_shared<Done>();
    post([this, done](Pipeline&, PacketSource&) {
      make_report();
      const std::lock_guard guard(done->lock);
      done->yes = true;
      done->changed.notify_one();
    });
    std::unique_lock wait(done->lock);
    done->changed.wait_for(wait, limit, [&] { return done->yes; });
  }
  return last_report();
}

LiveWorker::Report LiveWorker::last_report() {
  const std::lock_guard guard(lock_);
  return last_report_;
}

void LiveWorker::abandon() {
  abandoned_.store(true);
  request_stop();
  parts_.source->abandon();
  thread_.detach();
}

}  // namespace weir::engine
