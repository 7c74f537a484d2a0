#include "engine/live/control/control_target.h"

#include <algorithm>
#include <utility>

namespace weir::engine {
namespace {

// The workers of an answer are looked for again by name: one may have been replaced meanwhile.
LiveWorker* worker_named(LiveWorkers workers, const std::string& name) {
  const auto found = std::find_if(workers.begin(), workers.end(),
                                  [&](const auto& worker) { return worker->name() == name; });
  return found == workers.end() ? nullptr : found->get();
}

NamedReport named_report(LiveWorkers workers, WorkerAnswer<LiveWorker::Report>& answer) {
  NamedReport out{.name = answer.name, .state = answer.ended ? "ended" : "running"};
  if (answer.value) {
    out.report = std::move(*answer.value);
    return out;
  }
  LiveWorker* worker = worker_named(workers, answer.name);
  if (worker == nullptr) return out;
  out.report = worker->last_report();
  if (worker->ended()) {
    out.state = "ended";
    out.error = worker->error();
  } else {
    out.state = "no answer";
  }
  return out;
}

}  // namespace

void ask_reports(ControlTarget& target, std::function<void(std::vector<NamedReport>)> done) {
  using Report = LiveWorker::Report;
  target.survey().ask<Report>(
      target.workers(), [](LiveWorker& worker, Pipeline&, PacketSource&) { return worker.make_report(); },
      [&target, done = std::move(done)](std::vector<WorkerAnswer<Report>> answers) {
        std::vector<NamedReport> reports;
        for (auto& answer : answers) reports.push_back(named_report(target.workers(), answer));
        done(std::move(reports));
      });
}

}  // namespace weir::engine
