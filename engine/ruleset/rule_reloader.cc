#include "engine/ruleset/rule_reloader.h"

#include <malloc.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/config/config.h"
#include "rules/set/program.h"

namespace weir::engine {
namespace {

// Behind the workers, but sure of a share: at 19 a machine without a free core could leave it waiting for seconds.
constexpr int kPriority = 10;
constexpr std::chrono::milliseconds kRetireEvery{50};

// Messages that concern no line are about the file itself.
std::vector<std::string> unreadable_files(const rules::LoadedRules& loaded) {
  std::vector<std::string> out;
  for (const rules::RuleDiagnostic& d : loaded.diagnostics)
    if (d.line == 0) out.push_back(d.file);
  return out;
}

std::string why_not(const ReloadSources& sources, const rules::LoadedRules& loaded, std::size_t errors,
                    const rules::RuleSet& current, const std::vector<std::string>& may_be_missing) {
  for (const rules::RuleDiagnostic& d : loaded.diagnostics)
    if (d.line == 0 &&
        std::find(may_be_missing.begin(), may_be_missing.end(), d.file) == may_be_missing.end())
      return rules::to_string(d);
  if (sources.strict && errors != 0)
    return fmt::format("{} in the rules, and --strict",
                       errors == 1 ? "an error" : fmt::format("{} errors", errors));
  if (loaded.signatures.empty() && current.size() != 0) return "none of the rules could be loaded";
  return {};
}

// Data sets that the next rules do not have: what they hold would be lost.
void save_what_goes(const rules::RuleSet& current, const rules::RuleSet& next,
                    std::vector<rules::RuleDiagnostic>& told) {
  std::vector<std::string> errors;
  current.save_datasets(errors, &next);
  for (std::string& error : errors) told.push_back({.file = "datasets", .reason = std::move(error)});
}

}  // namespace

RuleReloader::Result reload_rules(const ReloadSources& sources, const rules::RuleSet& current,
                                  std::vector<std::string>& unreadable) {
  const auto begin = std::chrono::steady_clock::now();
  RuleReloader::Result out;
  ReloadReport& report = out.report;
  report.generation = current.program().lineage.generation();
  const auto config = Config::load(sources.config, sources.settings);
  if (!config) {
    report.error = config.error().message;
    return out;
  }
  RuleSetup setup = set_up_rules(*config, sources.rules, &current);
  if (!setup.wrong_variables.empty()) {
    report.error = fmt::format("{}", fmt::join(setup.wrong_variables, "; "));
    return out;
  }
  rules::LoadedRules& loaded = setup.loaded;
  std::copy_if(loaded.diagnostics.begin(), loaded.diagnostics.end(), std::back_inserter(report.errors),
               [](const rules::RuleDiagnostic& d) { return !d.is_warning(); });
  report.files = loaded.files;
  report.failed = loaded.failed;
  report.skipped = loaded.skipped;
  report.loaded = loaded.rules_seen - loaded.failed - loaded.skipped;
  report.error = why_not(sources, loaded, report.errors.size(), current, unreadable);
  if (!report.error.empty()) return out;
  std::vector<std::string> missing = unreadable_files(loaded);
  // One thread: others would only take time from the workers, and more memory at once.
  out.rules = rules::RuleSet::build(std::move(loaded.signatures), *setup.environment,
                                    {.threads = 1, .cache_dir = sources.cache_dir, .previous = &current});
  unreadable = std::move(missing);
  save_what_goes(current, *out.rules, report.errors);
  report.generation = out.rules->program().lineage.generation();
  report.difference = rules::difference(current, *out.rules);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return out;
}

class RuleReloader::Thread {
 public:
  Thread(ReloadSources sources, std::vector<std::string> unreadable)
      : sources_(std::move(sources)),
        unreadable_(std::move(unreadable)),
        fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    thread_ = std::thread([this] { run(); });
  }
  ~Thread() {
    {
      const std::lock_guard guard(lock_);
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
    ::close(fd_);
  }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  bool start(std::shared_ptr<const rules::RuleSet> current) {
    const std::lock_guard guard(lock_);
    if (busy_) return false;
    busy_ = true;
    current_ = std::move(current);
    changed_.notify_one();
    return true;
  }
  [[nodiscard]] int fd() const { return fd_; }
  std::optional<Result> take() {
    const std::lock_guard guard(lock_);
    if (!result_) return std::nullopt;
    std::uint64_t count = 0;
    (void)!::read(fd_, &count, sizeof count);
    busy_ = false;
    return std::exchange(result_, std::nullopt);
  }
  void retire(std::shared_ptr<const rules::RuleSet> old) {
    const std::lock_guard guard(lock_);
    retired_.push_back(std::move(old));
    changed_.notify_one();
  }

 private:
  void run();
  void build(std::unique_lock<std::mutex>& guard);
  void free_retired(std::unique_lock<std::mutex>& guard);

  const ReloadSources sources_;
  std::vector<std::string> unreadable_;  // of this thread only
  const int fd_;
  std::mutex lock_;  // of what follows
  std::condition_variable changed_;
  bool stopping_ = false, busy_ = false;
  std::shared_ptr<const rules::RuleSet> current_;  // there: to be built upon
  std::optional<Result> result_;
  std::vector<std::shared_ptr<const rules::RuleSet>> retired_;
  std::thread thread_;
};

// The one thread for all reloads: the rule sets then follow each other in the same part of the heap.
void RuleReloader::Thread::run() {
  (void)pthread_setname_np(pthread_self(), "reload");
  (void)::setpriority(PRIO_PROCESS, 0, kPriority);
  std::unique_lock guard(lock_);
  while (!stopping_) {
    if (current_ != nullptr) build(guard);
    free_retired(guard);
    const auto due = [this] { return stopping_ || current_ != nullptr; };
    if (retired_.empty())
      changed_.wait(guard, [&] { return due() || !retired_.empty(); });
    else
      changed_.wait_for(guard, kRetireEvery, due);
  }
}

void RuleReloader::Thread::build(std::unique_lock<std::mutex>& guard) {
  const auto current = std::exchange(current_, nullptr);
  guard.unlock();
  Result result;
  try {
    result = reload_rules(sources_, *current, unreadable_);
  } catch (const std::exception& e) {  // memory, or a pattern that the library refuses
    result.rules = nullptr;
    result.report = {.error = e.what(), .generation = current->program().lineage.generation()};
  }
  if (result.rules == nullptr) ::malloc_trim(0);
  guard.lock();
  result_ = std::move(result);
  const std::uint64_t one = 1;
  (void)!::write(fd_, &one, sizeof one);
}

void RuleReloader::Thread::free_retired(std::unique_lock<std::mutex>& guard) {
  std::vector<std::shared_ptr<const rules::RuleSet>> unused;
  for (auto& rules : retired_)
    if (rules.use_count() == 1) unused.push_back(std::move(rules));
  if (unused.empty()) return;
  std::erase(retired_, nullptr);
  guard.unlock();
  unused.clear();
  ::malloc_trim(0);
  guard.lock();
}

RuleReloader::RuleReloader(ReloadSources sources, const rules::LoadedRules& first)
    : thread_(std::make_unique<Thread>(std::move(sources), unreadable_files(first))) {}
RuleReloader::~RuleReloader() = default;

bool RuleReloader::start(std::shared_ptr<const rules::RuleSet> current) {
  return thread_->start(std::move(current));
}
int RuleReloader::fd() const {
  return thread_->fd();
}
std::optional<RuleReloader::Result> RuleReloader::take() {
  return thread_->take();
}
void RuleReloader::retire(std::shared_ptr<const rules::RuleSet> old) {
  thread_->retire(std::move(old));
}

}  // namespace weir::engine
