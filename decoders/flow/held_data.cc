#include "decoders/flow/held_data.h"

#include <algorithm>

namespace weir::flow {
namespace {

std::size_t cost(Bytes body) {
  return body.size() + sizeof(HeldSet);
}

}  // namespace

void HeldData::drop_oldest() {
  const std::size_t bytes = cost(sets_.front().body);
  sets_.pop_front();
  bytes_ -= bytes;
  budget_.give(bytes);
  ++dropped_;
}

void HeldData::add(std::uint32_t domain, TemplateKey key, std::uint16_t port, const MessageFacts& message,
                   Bytes body) {
  const std::size_t bytes = cost(body);
  while (!sets_.empty() && (sets_.size() >= kMaxHeldSets || bytes_ + bytes > kMaxHeldBytes)) drop_oldest();
  if (!budget_.take(bytes)) {
    ++dropped_;
    return;
  }
  bytes_ += bytes;
  sets_.push_back({domain, key, port, message, {body.begin(), body.end()}});
}

std::vector<HeldSet> HeldData::take(std::uint32_t domain, TemplateKey key) {
  std::vector<HeldSet> out;
  if (sets_.empty()) return out;
  const auto waits_for_it = [&](const HeldSet& set) { return set.domain == domain && set.key == key; };
  for (HeldSet& set : sets_) {
    if (!waits_for_it(set)) continue;
    bytes_ -= cost(set.body);
    budget_.give(cost(set.body));
    out.push_back(std::move(set));
  }
  if (!out.empty()) std::erase_if(sets_, waits_for_it);
  return out;
}

}  // namespace weir::flow
