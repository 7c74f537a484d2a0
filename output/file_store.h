// The store of files: `outputs: - file-store:`, version 2.
//
// Workers hand over what waits of a file (decoders/app/file.h) in pieces; one thread of the store writes
// them. So no worker ever waits for a disk, as with logs: in live runs a file that finds the queue full is
// not stored, in runs over captures the worker waits for room. Whether a file is stored is decided by its
// worker, so that the event can say so; a disk that fails later is counted, and the event has already said
// `stored`, as Suricata's does.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/app/file.h"
#include "decoders/app/requested.h"
#include "decoders/settings.h"
#include "output/log.h"
#include "output/records.h"
#include "output/store_folder.h"

namespace weir::output {

struct FileStoreSettings {
  std::string dir;              // `dir`, below the log folder when it is relative
  bool write_fileinfo = false;  // a fileinfo event beside each file
  FileFacts facts;  // what parsers are to make for it: force-filestore, force-magic, force-hash, the name
  // stream-depth: how much of a stream is followed once a file of it is to be stored (0: all). None: as
  // without.
  std::optional<std::uint64_t> stream_depth;
  unsigned max_open_files = 0;
  // Our own, of `weir.file-store`: a larger file is not stored; how many different ones a run stores, and
  // their bytes.
  std::uint64_t max_file_bytes = std::uint64_t{1} << 30U;
  std::uint64_t max_files = 1'000'000, max_total_bytes = std::uint64_t{10} << 30U;
  std::size_t queue_bytes = std::size_t{64} << 20U;

  // Fails with a text that names the key.
  static tl::expected<FileStoreSettings, std::string> from(const Settings& output, const Settings& own,
                                                           const std::string& log_dir);
};

class FileStore {
 public:
  class Session;

  // Makes the folder. Fails with a text that names it.
  static tl::expected<std::unique_ptr<FileStore>, std::string> open(FileStoreSettings settings);
  ~FileStore();
  FileStore(const FileStore&) = delete;
  FileStore& operator=(const FileStore&) = delete;

  // One a worker; the first one starts the thread.
  std::unique_ptr<Session> session();
  // From now on a session does not wait for room in the queue.
  void never_wait() { waits_ = false; }
  // Writes what is in the queue, for at most `limit`; the rest is lost. What went wrong is told in `errors`.
  // No session is used afterwards.
  void stop(std::chrono::milliseconds limit, std::vector<std::string>& errors);
  // For stats events; of a moment ago, or after stop() of the end. From any thread.
  void append_counters(std::vector<CounterValue>& values) const;
  [[nodiscard]] const FileStoreSettings& settings() const { return settings_; }

 private:
  struct Job {
    enum class What : std::uint8_t { append, finish, drop } what;
    std::uint64_t file;
    std::vector<std::uint8_t> bytes{};
    std::string hash{}, fileinfo_name{}, fileinfo{};
    [[nodiscard]] std::size_t size() const { return sizeof(Job) + bytes.size() + fileinfo.size(); }
  };
  struct Refusals {  // of files that were wanted
    std::uint64_t limit = 0, queue_full = 0;
  };

  FileStore(FileStoreSettings settings, std::unique_ptr<StoreFolder> folder);
  bool push(Job job);
  bool reserve(const SlabString& hash, std::uint64_t bytes);
  void count_refusal(std::uint64_t Refusals::*reason);
  void run();
  void carry_out(Job& job);

  const FileStoreSettings settings_;
  std::unique_ptr<StoreFolder> folder_;        // the thread's, once that runs
  const std::unique_ptr<const Log> fileinfo_;  // how the event beside a file is written; null: none is
  bool waits_ = true;

  mutable std::mutex lock_;  // of all that follows
  std::condition_variable work_, room_;
  std::deque<Job> queue_;
  std::size_t queued_bytes_ = 0;
  bool stopping_ = false;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  std::uint64_t next_file_ = 0;
  std::set<std::string> known_;  // hashes of the run's files, at most max_files
  std::uint64_t known_bytes_ = 0;
  Refusals refused_;
  std::uint64_t late_ = 0;  // jobs that the end did not wait for
  StoreFolderCounters written_;
  std::string last_error_;
  std::thread thread_;
};

// A worker's end. To be called after each packet for the files that it changed.
class FileStore::Session {
 public:
  explicit Session(FileStore& store);
  ~Session();
  // What waits of a file that is wanted goes to the store, once that is worth it or the file is closed.
  void take(AppFile& file);
  // Decides on a wanted file that is closed: `file.stored` afterwards. The limits of the run hold for the
  // files in the order of these calls, so several workers over captures take turns.
  void admit(AppFile& file);
  // A stored file gets its name, and what its event says is written beside it.
  void finish(AppFile& file, const FileRecord& record);
  [[nodiscard]] std::optional<std::uint64_t> stream_depth() const { return store_.settings_.stream_depth; }

 private:
  class Stored;
  struct LineKeeper final : Sink {
    void write_line(std::string_view text, const std::shared_ptr<LineCondition>&) override { line = text; }
    void flush() override {}
    std::string line;
  };
  bool hand_over(AppFile& file);
  void refuse(AppFile& file, std::uint64_t Refusals::*reason);

  FileStore& store_;
  LineKeeper line_;
  std::unique_ptr<LogSession> fileinfo_;  // null: none is written
};

}  // namespace weir::output
