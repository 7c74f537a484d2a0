#include "engine/live/workers/worker_survey.h"

namespace weir::engine {

void WorkerSurvey::begin(std::shared_ptr<Round> round) {
  if (round->open != 0) {
    rounds_.push_back(std::move(round));
    return;
  }
  // Nobody to wait for; yet never from within ask(), whose caller may not be ready.
  mailbox_->post([round] { end(*round); });
}

void WorkerSurvey::end(Round& round) {
  if (round.over) return;
  round.over = true;
  const std::function<void()> finish = std::move(round.finish);
  finish();
}

void WorkerSurvey::tick() {
  std::erase_if(rounds_, [](const auto& round) { return round->over; });
  const std::vector<std::shared_ptr<Round>> waiting = rounds_;
  for (const auto& round : waiting)
    if (Clock::now() >= round->limit) end(*round);
}

}  // namespace weir::engine
