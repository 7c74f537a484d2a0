#include "engine/live/control/capture_queue.h"

#include <chrono>

namespace weir::engine {

bool CaptureQueue::add(CaptureJob job) {
  {
    const std::lock_guard guard(lock_);
    if (jobs_.size() >= kMaxCaptureJobs) return false;
    jobs_.push_back(std::move(job));
  }
  changed_.notify_all();
  return true;
}

std::vector<std::string> CaptureQueue::waiting() const {
  const std::lock_guard guard(lock_);
  std::vector<std::string> out;
  for (const CaptureJob& job : jobs_) out.push_back(job.path);
  return out;
}

std::string CaptureQueue::current() const {
  const std::lock_guard guard(lock_);
  return current_;
}

void CaptureQueue::interrupt() {
  {
    const std::lock_guard guard(lock_);
    if (current_.empty()) return;
    interrupted_ = true;
  }
  changed_.notify_all();
}

void CaptureQueue::stop() {
  {
    const std::lock_guard guard(lock_);
    stopping_ = true;
    interrupted_ = true;
  }
  changed_.notify_all();
}

std::optional<CaptureJob> CaptureQueue::next() {
  std::unique_lock guard(lock_);
  changed_.wait(guard, [this] { return stopping_ || !jobs_.empty(); });
  if (stopping_) return std::nullopt;
  CaptureJob job = std::move(jobs_.front());
  jobs_.pop_front();
  current_ = job.path;
  interrupted_ = false;
  return job;
}

void CaptureQueue::done() {
  const std::lock_guard guard(lock_);
  current_.clear();
}

bool CaptureQueue::pause(std::uint32_t milliseconds) {
  std::unique_lock guard(lock_);
  return !changed_.wait_for(guard, std::chrono::milliseconds(milliseconds),
                            [this] { return interrupted_.load(); });
}

}  // namespace weir::engine
