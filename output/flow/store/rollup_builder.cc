#include "output/flow/store/rollup_builder.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "decoders/byte_cursor.h"
#include "decoders/packet.h"
#include "decoders/text.h"

namespace weir::output {
namespace {

constexpr std::uint32_t kMostFlows = std::numeric_limits<std::uint32_t>::max();

bool would_overflow(std::uint64_t a, std::uint64_t b) {
  return a > std::numeric_limits<std::uint64_t>::max() - b;
}

// Sides with a mere reset are told from others by how many packets they had: those with more are kept apart.
char reset_class(const flow::Record& r) {
  unsigned out = 0;
  for (std::size_t i = 0; i < r.sides.size(); ++i)
    if ((r.sides[i].tcp_flags & tcp_flag::rst) != 0 &&
        r.sides[i].packets > flow::kMaxResets * std::max<std::uint64_t>(r.flows, 1))
      out |= 1U << i;
  return static_cast<char>(out);
}

constexpr std::size_t kClassBytes = 2;  // behind the packed record: answered, resets

}  // namespace

void RollupBuilder::pack(const flow::Record& record) {
  flow::Record kept;
  keys_.keep(record, kept, detail_);
  const auto* const end = RecordEncoder().encode(kept, room_.data());
  key_.assign(reinterpret_cast<const char*>(room_.data()), static_cast<std::size_t>(end - room_.data()));
  key_ += reset_class(record);
  key_ += static_cast<char>(kept.rollup);
}

void RollupBuilder::add(const flow::Record& record) {
  pack(record);
  // What is behind this record's step is over.
  const std::uint32_t now = step_at(times_of(record).first, step_);
  while (!steps_.empty() && steps_.begin()->first < now) {
    hand_on(steps_.begin()->second);
    steps_.erase(steps_.begin());
  }
  const std::uint64_t most = shares_ < kMaxShares ? kMaxRecordSteps : 1;
  const bool is_whole = visit_steps(record, step_, most, [&](const StepShare& share) {
    if (!share.is_first) ++shares_;
    add_share(share, share.is_first ? record.flows : 0);
  });
  if (!is_whole) ++not_spread_;
}

void RollupBuilder::add_share(const StepShare& share, std::uint32_t flows) {
  if (size_ >= most_ && !steps_[share.step].contains(key_)) {
    spilled_ += size_;
    finish();
  }
  auto [found, is_new] = steps_[share.step].try_emplace(key_);
  Group& group = found->second;
  const auto overflows = [&](std::size_t i) {
    return would_overflow(group.packets[i], share.packets[i]) ||
           would_overflow(group.bytes[i], share.bytes[i]);
  };
  if (group.flows > kMostFlows - flows || overflows(0) || overflows(1)) {
    Groups full;
    full.emplace(key_, group);
    hand_on(full);  // counts it as gone
    group = Group{};
    is_new = true;
  }
  size_ += is_new ? 1 : 0;
  group.flows += flows;
  for (std::size_t i = 0; i < 2; ++i) {
    group.packets[i] += share.packets[i];
    group.bytes[i] += share.bytes[i];
  }
  group.first = is_new ? share.first : std::min(group.first, share.first);
  group.last = is_new ? share.last : std::max(group.last, share.last);
}

// In the order of their keys, so that neighbours have the same addresses.
void RollupBuilder::hand_on(const Groups& groups) {
  std::vector<const Groups::value_type*> order;
  order.reserve(groups.size());
  for (const auto& entry : groups) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  flow::Record record;
  const auto detail = std::make_unique<flow::Detail>();
  for (const auto* entry : order) {
    ByteCursor in(as_bytes(entry->first).first(entry->first.size() - kClassBytes));
    RecordDecoder().decode(in, record, *detail);
    const Group& group = entry->second;
    // A packed record has addresses, whether they are kept or not.
    if (!keys_.has(RollupKey::source)) record.source = {};
    if (!keys_.has(RollupKey::destination)) record.destination = {};
    record.rollup = static_cast<flow::Rollup>(entry->first.back());
    record.flows = group.flows;
    for (std::size_t i = 0; i < 2; ++i) {
      record.sides[i].packets = group.packets[i];
      record.sides[i].bytes = group.bytes[i];
      record.sides[i].first = record.sides[i].last = 0;
    }
    record.sides[0].first = group.first;
    record.sides[0].last = group.last;
    emit_(record);
  }
  size_ -= std::min(size_, groups.size());
}

void RollupBuilder::finish() {
  for (const auto& [step, groups] : steps_) hand_on(groups);
  steps_.clear();
  size_ = 0;
}

}  // namespace weir::output
