#include "engine/app/first_bytes.h"

#include <algorithm>
#include <cassert>
#include <tuple>

#include "decoders/text.h"

namespace weir::engine {
namespace {

std::uint8_t other_case(std::uint8_t c) {
  const bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
  return letter ? static_cast<std::uint8_t>(c ^ 0x20) : c;
}

}  // namespace

void FirstBytes::add(const ProbePattern& pattern, std::size_t number) {
  assert(number < kMaxPatterns && !pattern.bytes.empty());
  const std::size_t end = pattern.depth != 0 ? pattern.depth : pattern.offset + pattern.bytes.size();
  reach_ = std::max(reach_, end);
  for (std::size_t place = pattern.offset; place + pattern.bytes.size() <= end; ++place) {
    const auto first = static_cast<std::uint8_t>(pattern.bytes.front());
    Entry entry{place, first, static_cast<std::uint16_t>(number), pattern.nocase, pattern.bytes};
    entries_.push_back(entry);
    if (!pattern.nocase || other_case(first) == first) continue;
    entry.first = other_case(first);
    entries_.push_back(entry);
  }
}

void FirstBytes::build() {
  const auto order = [](const Entry& e) { return std::tuple(e.place, e.first, e.number); };
  std::sort(entries_.begin(), entries_.end(),
            [&](const Entry& a, const Entry& b) { return order(a) < order(b); });
  for (std::size_t i = 0; i < entries_.size();) {
    Place place{.at = entries_[i].place};
    for (std::size_t byte = 0; byte <= 256; ++byte) {
      place.first_with[byte] = static_cast<std::uint16_t>(i);
      while (i < entries_.size() && entries_[i].place == place.at && entries_[i].first == byte) ++i;
    }
    places_.push_back(place);
  }
}

void FirstBytes::find(Bytes data, Hits& hits) const {
  const std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  for (const Place& place : places_) {
    if (place.at >= text.size()) return;
    const auto byte = static_cast<std::uint8_t>(text[place.at]);
    for (std::size_t i = place.first_with[byte]; i < place.first_with[byte + 1U]; ++i) {
      const Entry& entry = entries_[i];
      const std::string_view here = text.substr(place.at, entry.bytes.size());
      if (entry.nocase ? equals_nocase(here, entry.bytes) : here == entry.bytes)
        hits[entry.number / 64] |= std::uint64_t{1} << (entry.number % 64);
    }
  }
}

}  // namespace weir::engine
