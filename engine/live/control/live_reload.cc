#include "engine/live/control/live_reload.h"

#include <poll.h>

#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "decoders/clock.h"

namespace weir::engine {

LiveReload::LiveReload(RuleReloader* reloader, FdLoop& fds, WorkerSet& workers, ServiceNotifier& notifier)
    : reloader_(reloader), workers_(workers), notifier_(notifier) {
  if (reloader_ != nullptr) fds.add(reloader_->fd(), POLLIN, [this](short) { take(); });
}

void LiveReload::begin_with(std::shared_ptr<const rules::RuleSet> rules, RuleState state) {
  rules_ = std::move(rules);
  state_ = std::move(state);
}

void LiveReload::request(Done done) {
  if (reloader_ == nullptr || rules_ == nullptr)
    return done({.error = "this run has no rules", .report = {}});
  if (next_.size() >= kMaxWaiting) return done({.error = "too many wait for a reload already", .report = {}});
  next_.push_back(std::move(done));
  if (waiting_.empty()) begin();
}

void LiveReload::begin() {
  if (next_.empty() || !reloader_->start(rules_)) return;
  waiting_ = std::exchange(next_, {});
  notifier_.reloading();
}

void LiveReload::take() {
  auto result = reloader_->take();
  if (!result) return;
  fmt::print(stderr, "weir: {}", result->report.text());
  if (result->rules != nullptr) put_in_force(*result);
  ++(result->rules != nullptr ? state_.reloads_done : state_.reloads_failed);
  state_.last_reload_at = wall_clock();
  state_.last_reload_error = result->rules != nullptr ? std::string{} : result->report.error;
  notifier_.ready(
      fmt::format("inspecting with {} workers, {} rules", workers_.workers().size(), state_.loaded));
  const ReloadReport& report = result->report;
  const ReloadResult told{.done = result->rules != nullptr,
                          .error = report.error,
                          .report = [&report](output::JsonWriter& out) { report.write_members(out); }};
  for (const Done& done : std::exchange(waiting_, {})) done(told);
  begin();
}

// A worker that is stuck keeps the old rules until it gets on; they are freed when nobody has them any more.
void LiveReload::put_in_force(RuleReloader::Result& result) {
  auto old = std::exchange(rules_, result.rules);
  workers_.set_rules(rules_);
  for (const auto& worker : workers_.workers())
    worker->post([rules = rules_](Pipeline& pipeline, PacketSource&) { pipeline.set_rules(rules); });
  reloader_->retire(std::move(old));
  const ReloadReport& report = result.report;
  ++state_.version;
  state_.loaded_at = wall_clock();
  state_.files = report.files;
  state_.loaded = report.loaded;
  state_.failed = report.failed;
  state_.skipped = report.skipped;
  state_.errors = report.errors;
}

}  // namespace weir::engine
