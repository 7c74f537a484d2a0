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
void HeldData::drop_oldest() {
  const HeldSet& oldest = sets_.front();
  const auto waiting = by_key_.find({oldest.domain, oldest.key.packed()});
  waiting->second.pop_front();
  if (waiting->second.empty()) by_key_.erase(waiting);
  give_back(oldest.body);
  sets_.pop_front();
}

void HeldData::add(std::uint32_t domain, TemplateKey key, std::uint16_t port, const MessageFacts& message,
                   Bytes body) {
  const std::size_t bytes = cost(body);
  while (!sets_.empty() && (sets_.size() >= kMaxHeldSets || bytes_ + bytes > kMaxHeldBytes)) drop_oldest();
  if (!budget_.take(bytes)) return;
  bytes_ += bytes;
  sets_.push_back({domain, key, port, message, {body.begin(), body.end()}});
  by_key_[{domain, key.packed()}].push_back(std::prev(sets_.end()));
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
