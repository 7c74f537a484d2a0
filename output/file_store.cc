#include "output/file_store.h"

#include <pthread.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "decoders/text.h"
#include "output/eve_log.h"

namespace weir::output {
namespace {

using Clock = std::chrono::steady_clock;

// So much of a file is gathered before it is handed over.
constexpr std::size_t kPieceBytes = std::size_t{64} << 10U;
constexpr std::int64_t kUsPerSecond = 1'000'000;
constexpr std::uint64_t kMaxFiles = 100'000'000;

std::unique_ptr<const Log> fileinfo_log() {
  return std::make_unique<EveLog>(no_settings(), std::vector<LogEntry::Type>{{"files", &no_settings()}});
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const std::uint8_t byte : as_bytes(bytes)) append_hex(out, byte);
  return out;
}

}  // namespace

tl::expected<FileStoreSettings, std::string> FileStoreSettings::from(const Settings& output,
                                                                     const Settings& own,
                                                                     const std::string& log_dir) {
  FileStoreSettings out;
  if (output.number("version", 2) != 2)
    return tl::unexpected(fmt::format("outputs: file-store: version {} is not supported: version 2 is",
                                      output.text("version").value_or("")));
  out.dir = (std::filesystem::path(log_dir) / output.text("dir").value_or("filestore")).string();
  out.write_fileinfo = output.flag("write-fileinfo", false);
  out.facts = FileFacts::from(output);
  out.facts.sha256 = out.facts.store = true;
  out.facts.store_all = output.flag("force-filestore", false);
  if (const auto depth = output.text("stream-depth"); depth && *depth != "no")
    out.stream_depth = output.bytes("stream-depth", 0);
  out.max_open_files = static_cast<unsigned>(
      std::min<std::uint64_t>(output.number("max-open-files", 0), std::numeric_limits<unsigned>::max()));
  out.max_file_bytes = own.bytes("max-file-size", out.max_file_bytes);
  out.max_files = std::min(own.number("max-files", out.max_files), kMaxFiles);
  out.max_total_bytes = own.bytes("max-total-size", out.max_total_bytes);
  out.queue_bytes = static_cast<std::size_t>(own.bytes("queue-size", out.queue_bytes));
  return out;
}

tl::expected<std::unique_ptr<FileStore>, std::string> FileStore::open(FileStoreSettings settings) {
  auto folder = StoreFolder::open(settings.dir, settings.max_open_files);
  if (!folder) return tl::unexpected(folder.error());
  return std::unique_ptr<FileStore>(new FileStore(std::move(settings), std::move(*folder)));
}

FileStore::FileStore(FileStoreSettings settings, std::unique_ptr<StoreFolder> folder)
    : settings_(std::move(settings)),
      folder_(std::move(folder)),
      fileinfo_(settings_.write_fileinfo ? fileinfo_log() : nullptr) {}

FileStore::~FileStore() {
  std::vector<std::string> errors;
  stop(std::chrono::milliseconds(1000), errors);
}

std::unique_ptr<FileStore::Session> FileStore::session() {
  const std::lock_guard guard(lock_);
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  return std::make_unique<Session>(*this);
}

// Appending may find no room; what ends a file always does, as its bytes wait for it.
bool FileStore::push(Job job) {
  std::unique_lock guard(lock_);
  const auto fits = [&] { return queued_bytes_ == 0 || queued_bytes_ + job.size() <= settings_.queue_bytes; };
  if (job.what == Job::What::append && !fits()) {
    if (!waits_) return false;
    room_.wait(guard, [&] { return fits() || stopping_; });
  }
  if (stopping_) return false;
  queued_bytes_ += job.size();
  queue_.push_back(std::move(job));
  work_.notify_one();
  return true;
}

// The same contents again take no room.
bool FileStore::reserve(const SlabString& hash, std::uint64_t bytes) {
  const std::lock_guard guard(lock_);
  if (known_.contains(std::string(hash))) return true;
  if (known_.size() >= settings_.max_files || bytes > settings_.max_total_bytes - known_bytes_) return false;
  known_.emplace(hash);
  known_bytes_ += bytes;
  return true;
}

void FileStore::count_refusal(std::uint64_t Refusals::*reason) {
  const std::lock_guard guard(lock_);
  ++(refused_.*reason);
}

void FileStore::carry_out(Job& job) {
  switch (job.what) {
    case Job::What::append: return folder_->append(job.file, job.bytes);
    case Job::What::finish: return folder_->finish(job.file, job.hash, job.fileinfo_name, job.fileinfo);
    case Job::What::drop: return folder_->drop(job.file);
  }
}

void FileStore::run() {
  (void)pthread_setname_np(pthread_self(), "FileStore");
  std::unique_lock guard(lock_);
  for (;;) {
    work_.wait(guard, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    if (stopping_ && Clock::now() >= deadline_) {
      late_ += queue_.size();
      return queue_.clear();
    }
    Job job = std::move(queue_.front());
    queue_.pop_front();
    guard.unlock();
    carry_out(job);
    guard.lock();
    queued_bytes_ -= job.size();
    written_ = folder_->counters();
    if (last_error_ != folder_->last_error()) last_error_ = folder_->last_error();
    room_.notify_all();
  }
}

void FileStore::stop(std::chrono::milliseconds limit, std::vector<std::string>& errors) {
  {
    const std::lock_guard guard(lock_);
    if (!thread_.joinable()) return;
    deadline_ = Clock::now() + limit;
    stopping_ = true;
  }
  work_.notify_one();
  room_.notify_all();
  thread_.join();
  folder_.reset();
  const auto tell = [&](std::uint64_t count, std::string_view what) {
    if (count != 0) errors.push_back(fmt::format("file-store: {}: {} {}", settings_.dir, count, what));
  };
  tell(refused_.limit, "files not stored: a limit was reached");
  tell(refused_.queue_full, "files not stored: the disk was too slow");
  tell(late_, "pieces of files not written: the end did not wait");
  if (written_.errors != 0) tell(written_.errors, fmt::format("errors, the last one: {}", last_error_));
}

void FileStore::append_counters(std::vector<CounterValue>& values) const {
  const std::lock_guard guard(lock_);
  values.emplace_back("file_store.open_files", written_.open_files);
  values.emplace_back("file_store.open_files_max_hit", written_.open_max_hit);
  values.emplace_back("file_store.fs_errors", written_.errors);
  values.emplace_back("weir.file_store_files", written_.files);
  values.emplace_back("weir.file_store_bytes", written_.bytes);
  values.emplace_back("weir.file_store_duplicates", written_.duplicates);
  values.emplace_back("weir.file_store_refused.limit", refused_.limit);
  values.emplace_back("weir.file_store_refused.queue_full", refused_.queue_full);
}

// Hangs on a file of which the store has bytes: a file that goes without having been finished is dropped
// there.
class FileStore::Session::Stored final : public FileStorage {
 public:
  Stored(FileStore& store, std::uint64_t number) : store_(store), number_(number) {}
  ~Stored() override {
    if (!finished_) (void)store_.push({.what = Job::What::drop, .file = number_});
  }
  Stored(const Stored&) = delete;
  Stored& operator=(const Stored&) = delete;

  bool append(Bytes bytes) {
    return store_.push({.what = Job::What::append, .file = number_, .bytes = {bytes.begin(), bytes.end()}});
  }
  void finish(std::string hash, std::string fileinfo_name, std::string fileinfo) {
    finished_ = store_.push({.what = Job::What::finish,
                             .file = number_,
                             .hash = std::move(hash),
                             .fileinfo_name = std::move(fileinfo_name),
                             .fileinfo = std::move(fileinfo)});
  }

 private:
  FileStore& store_;
  const std::uint64_t number_;
  bool finished_ = false;
};

FileStore::Session::Session(FileStore& store) : store_(store) {
  if (store_.fileinfo_ != nullptr) fileinfo_ = store_.fileinfo_->session(line_);
}
FileStore::Session::~Session() = default;

void FileStore::Session::take(AppFile& file) {
  if (file.keeping == FileKeeping::lost && file.storage != nullptr) return refuse(file, &Refusals::limit);
  if (file.stored || file.keeping != FileKeeping::wanted) return;
  if (file.size > store_.settings_.max_file_bytes) return refuse(file, &Refusals::limit);
  const bool due = file.state != FileState::open || file.kept().size() >= kPieceBytes;
  if (due && !hand_over(file)) refuse(file, &Refusals::queue_full);
}

void FileStore::Session::admit(AppFile& file) {
  if (file.storage == nullptr || !store_.reserve(file.sha256, file.size))
    return refuse(file, &Refusals::limit);
  file.stored = true;
}

bool FileStore::Session::hand_over(AppFile& file) {
  const bool is_empty_file = file.state != FileState::open && file.storage == nullptr;
  if (file.kept().empty() && !is_empty_file) return true;
  if (file.storage == nullptr) {
    const std::lock_guard guard(store_.lock_);
    file.storage = std::make_unique<Stored>(store_, store_.next_file_++);
  }
  const bool taken = static_cast<Stored&>(*file.storage).append(file.kept());
  file.let_go_of_kept();
  return taken;
}

void FileStore::Session::refuse(AppFile& file, std::uint64_t Refusals::*reason) {
  file.stop_keeping(FileKeeping::lost);
  file.storage.reset();
  store_.count_refusal(reason);
}

void FileStore::Session::finish(AppFile& file, const FileRecord& record) {
  if (!file.stored || file.storage == nullptr) return;
  line_.line.clear();
  if (fileinfo_ != nullptr) fileinfo_->fileinfo(record);
  static_cast<Stored&>(*file.storage)
      .finish(hex(file.sha256),
              fmt::format("{}.{}-{}", record.head.time / kUsPerSecond, record.head.flow_id, file.id),
              std::exchange(line_.line, {}));
  file.storage.reset();
}

}  // namespace weir::output
