#include "decoders/app/file_facts.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace weir {
namespace {

constexpr std::array kFacts{&FileFacts::md5, &FileFacts::sha1, &FileFacts::sha256, &FileFacts::magic};

// How many wish for each. Nothing else hangs on them, so their order among other memory does not matter.
constinit std::array<std::atomic<std::uint32_t>, kFacts.size()> wishes{};

void count(const FileFacts& facts, std::uint32_t change) {
  for (std::size_t i = 0; i < kFacts.size(); ++i)
    if (facts.*kFacts[i]) wishes[i].fetch_add(change, std::memory_order_relaxed);
}

}  // namespace

FileFacts& FileFacts::operator|=(const FileFacts& other) {
  for (const auto fact : kFacts) this->*fact = this->*fact || other.*fact;
  return *this;
}

FileFactsWish::FileFactsWish(const FileFacts& facts) : facts_(facts) { count(facts_, 1); }
FileFactsWish::~FileFactsWish() { count(facts_, UINT32_MAX); }  // one less
FileFactsWish::FileFactsWish(FileFactsWish&& other) noexcept : facts_(std::exchange(other.facts_, {})) {}
FileFactsWish& FileFactsWish::operator=(FileFactsWish&& other) noexcept {
  std::swap(facts_, other.facts_);
  return *this;
}

FileFacts wanted_file_facts() {
  FileFacts out;
  for (std::size_t i = 0; i < kFacts.size(); ++i)
    out.*kFacts[i] = wishes[i].load(std::memory_order_relaxed) != 0;
  return out;
}

}  // namespace weir
