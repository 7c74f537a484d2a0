// The Hyperscan databases of one rule set: each distinct set of literals once, compiled on all cores, or taken from a
// cache file on disk.
//
// Used at load by one thread (compile() starts its own); the databases are immutable afterwards and shared.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rules/values/text_hash.h"

struct hs_database;
struct hs_scratch;

namespace weir::rules {

struct Literal {
  std::string bytes;  // lower case when nocase
  bool nocase = false;
  bool single_match = false;  // where it stands does not matter: reporting it once is enough
  auto operator<=>(const Literal&) const = default;
};

struct PatternDatabase {
  TextHash content;                           // stands for its literals and their order
  std::shared_ptr<const hs_database> handle;  // PatternDatabases::compile fills it
};
using PatternDatabasePtr = std::shared_ptr<const PatternDatabase>;

class PatternDatabases {
 public:
  // `known`: databases of the rule set that is to be replaced; used again for the same literals.
  explicit PatternDatabases(std::span<const PatternDatabasePtr> known = {});

  // The database of these literals; a match reports the literal's index. It may also report an index behind the last
  // one, which is to be ignored (rules/prefilter/pattern_padding.h).
  PatternDatabasePtr get(std::vector<Literal> literals);

  // Compiles what is neither known nor in the cache, with up to `threads` threads. `cache_dir` empty: no cache. A cache that cannot be
  // read, is stale, damaged or for another processor is passed over and written anew; failing to write it is told by cache_problem().
  // Throws std::runtime_error with the library's text when a set of literals is refused.
  void compile(unsigned threads, const std::string& cache_dir);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::vector<PatternDatabasePtr> all() const;
  // How many of them the last compile() had to compile, not finding them known or in the cache.
  [[nodiscard]] std::size_t compiled() const { return compiled_; }
  // Why the last compile() could not use the cache; empty: it could, or there was none.
  [[nodiscard]] const std::string& cache_problem() const { return cache_problem_; }
  // A scratch that fits every database; null when there is none. Throws std::bad_alloc.
  [[nodiscard]] std::shared_ptr<hs_scratch> make_scratch() const;

 private:
  struct Entry {
    std::vector<Literal> literals;  // empty when the database was known
    std::size_t bytes = 0;          // of the literals together
    std::shared_ptr<PatternDatabase> database;
  };
  std::map<TextHash, std::shared_ptr<const hs_database>> known_;
  std::map<TextHash, Entry> entries_;  // by content
  std::size_t bytes_ = 0;              // of all literals
  std::size_t compiled_ = 0;
  std::string cache_problem_;
};

}  // namespace weir::rules
