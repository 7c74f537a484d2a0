#include "engine/live/workers/worker_set.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace weir::engine {
namespace {

ChecksumTrust checksum_trust(ChecksumMode mode) {
  switch (mode) {
    case ChecksumMode::all: return ChecksumTrust::all;
    case ChecksumMode::none: return ChecksumTrust::none;
    default: return ChecksumTrust::kernel;
  }
}

}  // namespace

WorkerSet::WorkerSet(const LiveOptions& options, const PipelineSetup& setup, LogWriter& writer,
                     RecordWriter* records, std::chrono::milliseconds patience)
    : options_(options), setup_(setup), writer_(writer), records_(records), patience_(patience) {}

WorkerSet::~WorkerSet() {
  std::vector<std::string> errors;
  stop(std::chrono::milliseconds(0), errors);
}

tl::expected<void, std::string> WorkerSet::start(std::shared_ptr<const rules::RuleSet> rules) {
  rules_ = std::move(rules);
  for (std::size_t i = 0; i < options_.workers.size(); ++i) {
    auto worker = make(i);
    if (!worker) return tl::unexpected(worker.error());
    workers_.push_back(std::move(*worker));
  }
  return {};
}

tl::expected<std::unique_ptr<LiveWorker>, std::string> WorkerSet::make(std::size_t number) {
  const WorkerPlan& plan = options_.workers[number];
  auto source = plan.open();
  if (!source) return tl::unexpected(source.error());
  auto end = writer_.add_end();
  LiveWorker::Parts parts{.pulse = &options_.pulses[number],
                          .source = std::move(*source),
                          .outputs = end->outputs(),
                          .lines = std::move(end),
                          .files = writer_.files(),
                          .expected = &expected_,
                          .ranged = &ranged_,
                          .checksums = checksum_trust(options_.checksums),
                          .fail_open = options_.fail_open,
                          .cores = plan.cores};
  if (output::PacketQueue* const queue = writer_.packets()) {
    parts.packet_log = &queue->log();
    parts.packets = queue->add_end();
    parts.chooser = std::make_unique<output::PacketChooser>(
        queue->log(), *parts.packets, queue->log().settings().before_alert_bytes / options_.workers.size());
  }
  if (records_ != nullptr) parts.records = records_->add_end();
  return std::make_unique<LiveWorker>(plan.name, setup_, rules_, shared_, std::move(parts));
}

bool WorkerSet::all_ended() const {
  return std::all_of(workers_.begin(), workers_.end(), [](const auto& w) { return w->ended(); });
}

LiveWorker::Report WorkerSet::sum_up(std::chrono::milliseconds limit) {
  LiveWorker::Report sum = lost_;
  for (const auto& worker : workers_) sum += worker->report(limit);
  return sum;
}

bool WorkerSet::all_move(Clock::time_point now, std::chrono::microseconds limit) {
  beats_.clear();
  for (const auto& worker : workers_) beats_.push_back(worker->beats());
  return progress_.all_move(beats_, now, limit);
}

std::vector<std::string> WorkerSet::replace_stuck(Clock::time_point now) {
  std::vector<std::string> said;
  if (patience_.count() == 0) return said;
  if (now - std::exchange(last_look_, now) > patience_ / 2)
    stuck_.forgive_all(now);  // we were stopped ourselves
  beats_.clear();
  for (const auto& worker : workers_) beats_.push_back(worker->beats());
  if (stuck_.all_move(beats_, now, patience_)) return said;
  for (std::size_t i = 0; i < workers_.size() && !failed_; ++i) {
    if (workers_[i]->ended() || !stuck_.is_stuck(i, now, patience_)) continue;
    const std::string name = workers_[i]->name();
    if (too_many(now)) {
      failed_ = true;
      said.push_back(
          fmt::format("worker {} does not get on, as {} before it: ending the run", name, kMaxReplacements));
      break;
    }
    abandon(i);
    auto worker = make(i);
    if (!worker) {
      failed_ = true;
      said.push_back(
          fmt::format("worker {} does not get on, and cannot be replaced: {}", name, worker.error()));
      break;
    }
    workers_[i] = std::move(*worker);
    stuck_.forgive(i, now);
    said.push_back(fmt::format("worker {} did not get on for {} ms: replaced; its flows are lost", name,
                               patience_.count()));
  }
  return said;
}

bool WorkerSet::too_many(Clock::time_point now) {
  std::erase_if(replacements_, [now](Clock::time_point t) { return now - t > kReplacementPeriod; });
  replacements_.push_back(now);
  return replacements_.size() > kMaxReplacements;
}

// The thread may come back at any time and use what is its own, so all of that stays where it is.
void WorkerSet::abandon(std::size_t number) {
  lost_ += workers_[number]->last_report();
  abandoned_.push_back(workers_[number].release());
  abandoned_.back()->abandon();
  left_behind_ = true;
}

void WorkerSet::stop(std::chrono::milliseconds limit, std::vector<std::string>& errors) {
  for (const auto& worker : workers_) worker->request_stop();
  const auto end = Clock::now() + limit;
  while (!all_ended() && Clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (!workers_[i]->ended()) {
      errors.push_back(fmt::format("worker {} did not end in time", workers_[i]->name()));
      abandon(i);
    } else if (!workers_[i]->error().empty()) {
      errors.push_back(workers_[i]->error());
    }
  }
  std::erase(workers_, nullptr);
}

}  // namespace weir::engine
