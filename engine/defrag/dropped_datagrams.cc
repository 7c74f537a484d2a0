#include "engine/defrag/dropped_datagrams.h"

#include <algorithm>

namespace weir::engine {

DroppedDatagrams::DroppedDatagrams(const DefragSettings& settings, bool wanted)
    : places_(wanted ? kPlaces : 0),
      receivers_(settings.receivers),
      seed_(random_hash_seed()),
      use_vlans_(settings.use_vlans) {}

void DroppedDatagrams::add(const Packet& fragment) {
  const std::uint64_t hash = DatagramKey::of(fragment, use_vlans_).hash(seed_);
  Place& place = places_[hash % kPlaces];
  auto entry = std::find_if(place.begin(), place.end(), [&](const Entry& e) { return e.hash == hash; });
  if (entry == place.end())
    entry = std::min_element(place.begin(), place.end(),
                             [](const Entry& a, const Entry& b) { return a.until < b.until; });
  *entry = {hash, fragment.raw.time + TimeUs{receivers_.timeout_of(fragment.ip.destination)} * 1'000'000};
}

bool DroppedDatagrams::has(const Packet& fragment) const {
  if (places_.empty()) return false;
  const std::uint64_t hash = DatagramKey::of(fragment, use_vlans_).hash(seed_);
  const Place& place = places_[hash % kPlaces];
  return std::any_of(place.begin(), place.end(),
                     [&](const Entry& e) { return e.hash == hash && fragment.raw.time <= e.until; });
}

}  // namespace weir::engine
