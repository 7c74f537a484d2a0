// Compiled pattern databases on disk, so that a start need not compile what an earlier one did.
//
// One file a rule set, named by the set's content, the library's version and the processor: "patterns-<hash>.hs". It is
// written under a temporary name, which is no link, and renamed. What is read must be a file of ours that nobody else may
// write, and each database in it is signed with the folder's key (cache_key.h), as the pattern library trusts what it is
// given. Anything wrong with it means "not found". A folder keeps at most kMaxCacheFiles of them: the oldest go.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/prefilter/cache_key.h"
#include "rules/values/text_hash.h"

struct hs_database;

namespace weir {
class ReplacedFile;  // decoders/replace_file.h
}  // namespace weir

namespace weir::rules {

inline constexpr std::size_t kMaxCacheFiles = 8;
inline constexpr std::uint64_t kMaxCacheBytes = std::uint64_t{512} << 20U;  // of one file

// A handle that frees the database.
std::shared_ptr<const hs_database> own_database(hs_database* database);

class PatternCache {
 public:
  // `contents`: hashes of what all databases of the rule set are made of; their file is opened, or the newest other one,
  // which has some of them when few rules changed. An empty folder name: nothing is found or kept. The folder and its key
  // are made when they are missing; when that fails nothing is found or kept either.
  PatternCache(std::string folder, const std::vector<TextHash>& contents);
  ~PatternCache();
  PatternCache(const PatternCache&) = delete;
  PatternCache& operator=(const PatternCache&) = delete;

  // Why nothing is found or kept, though a folder was named; empty: nothing is wrong.
  [[nodiscard]] const std::string& problem() const { return problem_; }

  // Null when it is not there.
  [[nodiscard]] std::shared_ptr<const hs_database> find(const TextHash& content) const;

  struct Item {
    TextHash content;
    const hs_database* database;
  };
  // Writes a file with these. Fails with problem(): the next start compiles again.
  void replace(const std::vector<Item>& items);

 private:
  struct Blob {
    std::string_view bytes, signed_bytes;
    CacheKey::Mac mac;
  };
  // Of content, library and processor.
  [[nodiscard]] TextHash key_of(std::string_view content) const;
  [[nodiscard]] TextHash key_of(const TextHash& content) const;
  void read(const std::string& path, bool use);
  void map(int fd);
  void note_items();
  [[nodiscard]] bool write(ReplacedFile& file, const std::vector<Item>& items) const;
  bool append(std::string& out, const Item& item) const;

  std::string folder_;
  std::optional<CacheKey> key_;  // none: no folder, or a problem
  std::string problem_;
  std::string platform_;
  std::string path_;  // of this rule set's file
  std::map<TextHash, Blob> blobs_;
  void* mapped_ = nullptr;
  std::size_t mapped_bytes_ = 0;
};

}  // namespace weir::rules
