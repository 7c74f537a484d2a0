#include "rules/prefilter/pattern_databases.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <iterator>
#include <mutex>
#include <new>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>
#include <hs.h>

#include "rules/prefilter/pattern_cache.h"
#include "rules/prefilter/pattern_padding.h"

namespace weir::rules {
namespace {

constexpr std::size_t kWorthCaching = 16384;  // bytes of literals; fewer are compiled as fast as they are read

std::string content_of(const std::vector<Literal>& literals) {
  std::string out;
  for (const Literal& l : literals) {
    out += std::to_string(l.bytes.size());
    out += l.nocase ? 'i' : 'c';
    out += l.single_match ? '1' : '*';
    out += l.bytes;
  }
  return out;
}

// Of a literal: each byte as \xHH.
std::string as_expression(const char* bytes, std::size_t length) {
  std::string out;
  out.reserve(length * 4);
  for (std::size_t i = 0; i < length; ++i)
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(bytes[i]));
  return out;
}

std::shared_ptr<const hs_database> compile_literals(const std::vector<Literal>& literals) {
  std::vector<const char*> texts;
  std::vector<std::size_t> lengths;
  std::vector<unsigned> flags, ids;
  for (const Literal& l : literals) {
    texts.push_back(l.bytes.data());
    lengths.push_back(l.bytes.size());
    flags.push_back((l.nocase ? HS_FLAG_CASELESS : 0U) | (l.single_match ? HS_FLAG_SINGLEMATCH : 0U));
    ids.push_back(static_cast<unsigned>(ids.size()));
  }
  const std::vector<std::string> padding = padding_for(literals);
  for (const std::string& text : padding) {
    texts.push_back(text.data());
    lengths.push_back(text.size());
    flags.push_back(HS_FLAG_SINGLEMATCH);
    ids.push_back(static_cast<unsigned>(literals.size()));
  }
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  const auto count = static_cast<unsigned>(texts.size());
  hs_error_t done = hs_compile_lit_multi(texts.data(), flags.data(), ids.data(), lengths.data(), count,
                                         HS_MODE_BLOCK, nullptr, &database, &error);
  if (done ==
      HS_COMPILER_ERROR) {  // vectorscan takes a literal that begins with a zero byte for an empty one
    hs_free_compile_error(error);
    std::vector<std::string> expressions;
    for (std::size_t i = 0; i < texts.size(); ++i) expressions.push_back(as_expression(texts[i], lengths[i]));
    for (std::size_t i = 0; i < texts.size(); ++i) texts[i] = expressions[i].c_str();
    done = hs_compile_multi(texts.data(), flags.data(), ids.data(), count, HS_MODE_BLOCK, nullptr, &database,
                            &error);
  }
  if (done != HS_SUCCESS) {
    const std::string why = error != nullptr ? error->message : "out of memory";
    hs_free_compile_error(error);
    throw std::runtime_error("compiling patterns: " + why);
  }
  return own_database(database);
}

}  // namespace

PatternDatabases::PatternDatabases(std::span<const PatternDatabasePtr> known) {
  for (const PatternDatabasePtr& database : known) known_.emplace(database->content, database->handle);
}

PatternDatabasePtr PatternDatabases::get(std::vector<Literal> literals) {
  const std::string text = content_of(literals);
  const TextHash content = TextHash::of(text);
  const auto [at, added] = entries_.try_emplace(content);
  Entry& entry = at->second;
  if (!added) return entry.database;
  bytes_ += text.size();
  entry.bytes = text.size();
  entry.database = std::make_shared<PatternDatabase>();
  entry.database->content = content;
  if (const auto known = known_.find(content); known != known_.end())
    entry.database->handle = known->second;
  else
    entry.literals = std::move(literals);
  return entry.database;
}

std::vector<PatternDatabasePtr> PatternDatabases::all() const {
  std::vector<PatternDatabasePtr> out;
  for (const auto& item : entries_) out.push_back(item.second.database);
  return out;
}

void PatternDatabases::compile(unsigned threads, const std::string& cache_dir) {
  std::vector<TextHash> contents;
  std::vector<Entry*> todo;
  for (auto& [content, entry] : entries_) {
    contents.push_back(content);
    if (entry.database->handle == nullptr) todo.push_back(&entry);
  }
  compiled_ = 0;
  if (todo.empty()) return;
  PatternCache cache(bytes_ >= kWorthCaching ? cache_dir : std::string{}, contents);
  cache_problem_ = cache.problem();
  std::erase_if(todo, [&cache](Entry* entry) {
    entry->database->handle = cache.find(entry->database->content);
    return entry->database->handle != nullptr;
  });
  compiled_ = todo.size();
  // The largest first, so that the threads end together.
  std::sort(todo.begin(), todo.end(), [](const Entry* a, const Entry* b) { return a->bytes > b->bytes; });
  std::atomic<std::size_t> next = 0;
  std::exception_ptr failure;
  std::mutex failure_lock;
  const auto work = [&] {
    for (std::size_t i = next++; i < todo.size(); i = next++) {
      try {
        todo[i]->database->handle = compile_literals(todo[i]->literals);
      } catch (...) {
        const std::scoped_lock lock(failure_lock);
        failure = std::current_exception();
      }
    }
  };
  std::vector<std::jthread> helpers;
  for (unsigned i = 1; i < threads && i < todo.size(); ++i) helpers.emplace_back(work);
  work();
  helpers.clear();  // waits for them
  if (failure) std::rethrow_exception(failure);
  if (todo.empty()) return;
  std::vector<PatternCache::Item> items;
  for (const auto& [content, entry] : entries_) items.push_back({content, entry.database->handle.get()});
  cache.replace(items);
  cache_problem_ = cache.problem();
}

std::shared_ptr<hs_scratch> PatternDatabases::make_scratch() const {
  hs_scratch_t* scratch = nullptr;
  for (const auto& [content, entry] : entries_)
    if (hs_alloc_scratch(entry.database->handle.get(), &scratch) != HS_SUCCESS) {
      hs_free_scratch(scratch);
      throw std::bad_alloc();
    }
  if (scratch == nullptr) return nullptr;
  return {scratch, [](hs_scratch_t* s) { hs_free_scratch(s); }};
}

}  // namespace weir::rules
