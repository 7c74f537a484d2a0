// The Hyperscan databases of one rule set: each distinct set of literals once, compiled on all cores, or taken from a
// cache file on disk.
//
// Used at load by one thread (compile() starts its own); the databases are immutable afterwards and shared.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct hs_database;
struct hs_scratch;

namespace weir::rules {

struct Literal {
  std::string bytes;  // lower case when nocase
  bool nocase = false;
  bool single_match = false;  // where it stands does not matter: reporting it once is enough
  auto operator<=>(const Literal&) const = default;
};

// Filled by PatternDatabases::compile; empty before.
struct PatternDatabase {
  std::shared_ptr<const hs_database> handle;
};

class PatternDatabases {
 public:
  // The database of these literals; ids count in their order. It may report the id behind the last one, which means
  // nothing (rules/pattern_padding.h).
  std::shared_ptr<const PatternDatabase> get(std::vector<Literal> literals);

  // Compiles what is not in the cache, with up to `threads` threads. `cache_dir` empty: no cache. A cache that cannot be
  // read, is stale, damaged or for another processor is passed over and written anew; failing to write it is no error.
  // Throws std::runtime_error with the library's text when a set of literals is refused.
  void compile(unsigned threads, const std::string& cache_dir);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t compiled() const { return compiled_; }  // of them, by the last compile()
  // A scratch that fits every database; null when there is none. Throws std::bad_alloc.
  [[nodiscard]] std::shared_ptr<hs_scratch> make_scratch() const;

 private:
  struct Entry {
    std::vector<Literal> literals;
    std::shared_ptr<PatternDatabase> database;
  };
  std::map<std::string, Entry> entries_;  // by content
  std::size_t compiled_ = 0;
};

}  // namespace weir::rules
