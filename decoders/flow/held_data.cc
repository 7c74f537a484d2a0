#include "decoders/flow/held_data.h"

namespace weir::flow {
namespace {

// With its places in the list and in the map, about.
constexpr std::size_t kPlaceBytes = 160;

std::size_t cost(Bytes body) {
  return body.size() + sizeof(HeldSet) + kPlaceBytes;
}

}  // namespace

void HeldData::give_back(Bytes body) {
  bytes_ -= cost(body);
  budget_.give(cost(body));
}

// It is the oldest of those for its template as well.
bool HeldData::drop_oldest() {
  if (sets_.empty()) return false;
  const HeldSet& oldest = sets_.front();
  const auto waiting = by_key_.find({oldest.domain, oldest.key.packed()});
  waiting->second.pop_front();
  if (waiting->second.empty()) by_key_.erase(waiting);
  give_back(oldest.body);
  sets_.pop_front();
  return true;
}

void HeldData::add(HeldSet set, Bytes body) {
  const std::size_t bytes = cost(body);
  while (sets_.size() >= kMaxHeldSets || bytes_ + bytes > kMaxHeldBytes)
    if (!drop_oldest()) return;
  if (!budget_.take(bytes)) return;
  bytes_ += bytes;
  set.body.assign(body.begin(), body.end());
  const Waiting waiting{set.domain, set.key.packed()};
  sets_.push_back(std::move(set));
  by_key_[waiting].push_back(std::prev(sets_.end()));
}

void HeldData::expire(TimeUs before) {
  while (!sets_.empty() && sets_.front().received < before) (void)drop_oldest();
}

void HeldData::forget(std::uint32_t domain) {
  auto waiting = by_key_.lower_bound({domain, 0});
  while (waiting != by_key_.end() && waiting->first.first == domain) {
    for (const Sets::iterator set : waiting->second) {
      give_back(set->body);
      sets_.erase(set);
    }
    waiting = by_key_.erase(waiting);
  }
}

std::vector<HeldSet> HeldData::take(std::uint32_t domain, TemplateKey key) {
  std::vector<HeldSet> out;
  const auto waiting = by_key_.find({domain, key.packed()});
  if (waiting == by_key_.end()) return out;
  for (const Sets::iterator set : waiting->second) {
    give_back(set->body);
    out.push_back(std::move(*set));
    sets_.erase(set);
  }
  by_key_.erase(waiting);
  return out;
}

}  // namespace weir::flow
