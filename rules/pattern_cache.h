// Compiled pattern databases on disk, so that a start need not compile what an earlier one did.
//
// One file a rule set, named by the set's content, the library's version and the processor: "patterns-<hash>.hs". It is
// written under a temporary name and renamed; checksums are verified when it is read. Anything wrong with it means "not
// found". A folder keeps at most kMaxCacheFiles of them: the oldest go.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct hs_database;

namespace weir::rules {

inline constexpr std::size_t kMaxCacheFiles = 8;
inline constexpr std::uint64_t kMaxCacheBytes = std::uint64_t{512} << 20U;  // of one file

// A handle that frees the database.
std::shared_ptr<const hs_database> own_database(hs_database* database);

class PatternCache {
 public:
  // `contents`: of all databases of the rule set; their file is opened, or the newest other one, which has some of them
  // when few rules changed. An empty folder name: nothing is found or kept. The folder is made when something is kept.
  PatternCache(std::string folder, const std::vector<std::string_view>& contents);
  ~PatternCache();
  PatternCache(const PatternCache&) = delete;
  PatternCache& operator=(const PatternCache&) = delete;

  // Null when it is not there.
  [[nodiscard]] std::shared_ptr<const hs_database> find(std::string_view content) const;

  struct Item {
    std::string_view content;
    const hs_database* database;
  };
  // Writes a file with these. Failing is silent: the next start compiles again.
  void replace(const std::vector<Item>& items);

 private:
  using Key = std::pair<std::uint64_t, std::uint64_t>;  // XXH3-128 of content, library and processor
  struct Blob {
    std::string_view bytes;
    std::uint64_t checksum;
  };
  [[nodiscard]] Key key_of(std::string_view content) const;
  void read(const std::string& path);

  std::string folder_;
  std::string platform_;
  std::string path_;  // of this rule set's file
  std::map<Key, Blob> blobs_;
  void* mapped_ = nullptr;
  std::size_t mapped_bytes_ = 0;
};

}  // namespace weir::rules
