// The folder that files out of traffic are stored in: DIR/xx/<SHA-256>, xx being the first two digits of the
// hash.
//
// While a file's bytes come they go into DIR/tmp; complete, it gets its name, or its temporary file is
// removed when the same contents are there already (whose time of change is then now). No link is followed
// below DIR, and no file that was there is written to. What fails is counted, the file at hand is lost, and
// the next one is tried again: a full disk that has room again is used again. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <tl/expected.hpp>

#include "decoders/types.h"

namespace weir::output {

inline constexpr mode_t kStoredFileMode = 0640, kStoreFolderMode = 0750;

struct StoreFolderCounters {
  std::uint64_t errors = 0;            // calls that failed; each costs a file, or its fileinfo
  std::uint64_t files = 0, bytes = 0;  // that got their name
  std::uint64_t duplicates = 0;        // that were there already
  std::uint64_t open_files = 0;        // as of now
  std::uint64_t open_max_hit = 0;      // how often one was closed to open another
};

class StoreFolder {
 public:
  // Makes what is missing of the folder and those below it. `max_open` temporary files stay open between two
  // pieces; 0: none does. Fails with a text that names the folder.
  static tl::expected<std::unique_ptr<StoreFolder>, std::string> open(const std::string& dir,
                                                                      unsigned max_open);
  // Removes temporary files that were not finished.
  ~StoreFolder();
  StoreFolder(const StoreFolder&) = delete;
  StoreFolder& operator=(const StoreFolder&) = delete;

  // `file` is the caller's number for it. After a failure the rest of the file is ignored.
  void append(std::uint64_t file, Bytes bytes);
  // `hash` in hexadecimal. A fileinfo that is not empty is written beside it, as <hash>.<fileinfo_name>.json.
  void finish(std::uint64_t file, const std::string& hash, std::string_view fileinfo_name,
              std::string_view fileinfo);
  void drop(std::uint64_t file);

  [[nodiscard]] const StoreFolderCounters& counters() const { return counters_; }
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 private:
  struct Temporary {
    std::string name;
    int fd = -1;
    std::uint64_t bytes = 0;
    bool failed = false;
    std::list<std::uint64_t>::iterator place;  // in open_, while fd is
  };
  StoreFolder(std::string dir, int dir_fd, int temporary_fd, unsigned max_open)
      : dir_(std::move(dir)), dir_fd_(dir_fd), temporary_fd_(temporary_fd), max_open_(max_open) {}
  bool create(Temporary& file);
  bool reopen(std::uint64_t number, Temporary& file);
  void close(Temporary& file);
  void give_up(Temporary& file, std::string_view call);
  void remove(const Temporary& file) const;
  bool put(int fd, Bytes bytes);
  bool give_name(const Temporary& file, int folder, const std::string& hash);
  bool copy(const Temporary& file, int folder, const std::string& hash);
  void write_fileinfo(int folder, const std::string& name, std::string_view text);
  void failed(std::string_view call, std::string_view name);

  const std::string dir_;
  const int dir_fd_, temporary_fd_;
  const unsigned max_open_;
  std::uint64_t next_name_ = 0;
  std::unordered_map<std::uint64_t, Temporary>
      files_;                      // those with bytes, not finished: one a file that is open in traffic
  std::list<std::uint64_t> open_;  // those with a descriptor, the one used last in front
  StoreFolderCounters counters_;
  std::string last_error_;
};

}  // namespace weir::output
