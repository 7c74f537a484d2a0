#include "output/flow/export/application_numbers.h"

#include <algorithm>

namespace weir::output {
namespace {

// FNV-1a: names are few and our own, and the numbers must not change.
std::uint32_t hash_of_name(std::string_view name) {
  std::uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619U;
  return hash;
}

}  // namespace

ApplicationNumbers::ApplicationNumbers() {
  entries_.reserve(kMost);
}

std::uint32_t ApplicationNumbers::of(std::string_view name) {
  if (name.empty()) return 0;
  const std::uint32_t hash = hash_of_name(name);
  std::size_t place = hash % kPlaces;
  for (; places_[place] != 0; place = (place + 1) % kPlaces)
    if (const Entry& e = entries_[places_[place] - 1U]; e.name == name) return e.number;
  return entries_.size() < kMost ? add(name, hash, place) : 0;
}

std::uint32_t ApplicationNumbers::add(std::string_view name, std::uint32_t hash, std::size_t place) {
  std::uint32_t selector = hash % kSelectors;
  while (selector == 0 || is_taken(kUserDefined | selector)) selector = (selector + 1) % kSelectors;
  entries_.push_back({kUserDefined | selector, std::string(name)});
  places_[place] = static_cast<std::uint16_t>(entries_.size());
  return entries_.back().number;
}

bool ApplicationNumbers::is_taken(std::uint32_t number) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.number == number; });
}

}  // namespace weir::output
