// Asks all workers of a live run for something, without waiting for them: what they say comes together on the
// main thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/live/workers/live_worker.h"
#include "engine/live/workers/mailbox.h"

namespace weir::engine {

// Owned elsewhere; main thread only.
using LiveWorkers = std::span<const std::unique_ptr<LiveWorker>>;

template <class T>
struct WorkerAnswer {
  std::string name;        // of the worker
  bool ended = false;      // it could not be asked
  std::optional<T> value;  // none: ended, or nothing came in time
};

// Main thread only, apart from what runs on the workers.
class WorkerSurvey {
 public:
  static constexpr std::chrono::milliseconds kLimit{2'000}, kLongLimit{15'000};

  // `mailbox` is run by the main thread.
  explicit WorkerSurvey(std::shared_ptr<Mailbox> mailbox) : mailbox_(std::move(mailbox)) {}

  // A question runs on a worker between two batches of packets; each has its own copy. It is to be short: one
  // that would take long gives nothing until it is done, and is called again after the next batch.
  template <class T>
  using Question = std::function<std::optional<T>(LiveWorker&, Pipeline&, PacketSource&)>;

  // `done` runs on the main thread, once, when all have answered or the limit is over; never from within
  // ask(), and not at all when the run ends before. It may ask again.
  template <class T>
  void ask(LiveWorkers workers, Question<T> question, std::function<void(std::vector<WorkerAnswer<T>>)> done,
           std::chrono::milliseconds limit = kLimit) {
    auto round = std::make_shared<Round>(Clock::now() + limit);
    auto answers = std::make_shared<std::vector<WorkerAnswer<T>>>(workers.size());
    round->finish = [answers, done = std::move(done)] { done(std::move(*answers)); };
    for (std::size_t i = 0; i < workers.size(); ++i) {
      WorkerAnswer<T>& answer = (*answers)[i];
      answer.name = workers[i]->name();
      answer.ended = workers[i]->ended();
      if (answer.ended) continue;
      ++round->open;
      workers[i]->post(Task<T>{*workers[i], std::make_shared<Question<T>>(question), mailbox_,
                               [round, answers, i](T value) {
                                 if (round->over) return;
                                 (*answers)[i].value = std::move(value);
                                 if (--round->open == 0) end(*round);
                               }});
    }
    begin(std::move(round));
  }
  // To be called about ten times a second: gives up on those who are late.
  void tick();

 private:
  using Clock = std::chrono::steady_clock;
  struct Round {
    explicit Round(Clock::time_point until) : limit(until) {}
    std::size_t open = 0;  // workers that have not answered
    bool over = false;
    const Clock::time_point limit;
    std::function<void()> finish;
  };
  // What a worker is given to do.
  template <class T>
  struct Task {
    LiveWorker& worker;
    std::shared_ptr<Question<T>> question;
    std::shared_ptr<Mailbox> mailbox;
    std::function<void(T)> take;  // on the main thread

    void operator()(Pipeline& pipeline, PacketSource& source) const {
      std::optional<T> value = (*question)(worker, pipeline, source);
      if (!value) {
        worker.post(*this);
        return;
      }
      mailbox->post([take = take, kept = std::make_shared<T>(std::move(*value))] { take(std::move(*kept)); });
    }
  };
  void begin(std::shared_ptr<Round> round);
  static void end(Round& round);

  std::shared_ptr<Mailbox> mailbox_;
  std::vector<std::shared_ptr<Round>> rounds_;
};

}  // namespace weir::engine
