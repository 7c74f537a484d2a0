#include "engine/query/part_joiner.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <tuple>

#include "decoders/flow/hits.h"
#include "engine/scan/scan_hash.h"

namespace weir::engine {
namespace {

using flow::Detail;
using flow::Record;
using flow::Side;
using flow::SideDetail;

// The same in every run: flows whose hashes are equal are told apart by is_same_flow().
constexpr std::uint64_t kPartSeed = 0x2545F4914F6CDD1DULL;

std::uint64_t flow_hash(const Record& r) {
  const std::uint64_t ports =
      std::uint64_t{r.source_port} << 32U | std::uint64_t{r.destination_port} << 16U | r.vlan;
  std::uint64_t hash = scan_hash(r.source, kPartSeed);
  hash = scan_hash(r.destination, hash);
  hash = scan_hash(r.exporter.address, hash ^ r.exporter.domain);
  return scan_hash(ports << 8U | r.protocol, hash);
}

bool is_same_flow(const Record& a, const Record& b) {
  return std::tie(a.source, a.destination, a.source_port, a.destination_port, a.protocol, a.vlan,
                  a.exporter.address, a.exporter.domain) == std::tie(b.source, b.destination, b.source_port,
                                                                     b.destination_port, b.protocol, b.vlan,
                                                                     b.exporter.address, b.exporter.domain);
}

template <class T>
void add_to(T& sum, T more) {
  sum =
      more > std::numeric_limits<T>::max() - sum ? std::numeric_limits<T>::max() : static_cast<T>(sum + more);
}
// 0: not said.
template <class T>
void take_least(T& least, T other) {
  if (other != 0 && (least == 0 || other < least)) least = other;
}
template <class T>
void take_if_none(T& value, T other) {
  if (value == T{}) value = other;
}

void join_side(Side& side, const Side& more) {
  if (more.packets == 0) return;
  if (side.packets == 0) {
    side = more;
    return;
  }
  add_to(side.packets, more.packets);
  add_to(side.bytes, more.bytes);
  take_least(side.first, more.first);
  side.last = std::max(side.last, more.last);
  side.tcp_flags |= more.tcp_flags;
}

// Of all packets, where one of the two said it of some.
void join_means(SideDetail& side, const SideDetail& before, const Side& all) {
  if ((side.size_mean | before.size_mean) != 0 && all.packets != 0)
    side.size_mean = static_cast<std::uint32_t>(all.bytes / all.packets);
  if ((side.gap_mean_us | before.gap_mean_us) != 0 && all.packets > 1 && all.last >= all.first)
    side.gap_mean_us = static_cast<std::uint64_t>(all.last - all.first) / (all.packets - 1);
  take_if_none(side.jitter_us, before.jitter_us);
}

// `side` is of the later part, and gets what the earlier ones said; `all` has the counters of both.
void join_detail(SideDetail& side, const SideDetail& before, const Side& all) {
  add_to(side.payload_bytes, before.payload_bytes);
  add_to(side.retransmitted_packets, before.retransmitted_packets);
  add_to(side.retransmitted_bytes, before.retransmitted_bytes);
  add_to(side.out_of_order_packets, before.out_of_order_packets);
  add_to(side.lost_bytes, before.lost_bytes);
  add_to(side.zero_windows, before.zero_windows);
  add_to(side.fragments, before.fragments);
  add_to(side.ecn_marked, before.ecn_marked);
  take_least(side.size_min, before.size_min);
  take_least(side.ttl_min, before.ttl_min);
  take_least(side.window_min, before.window_min);
  side.size_max = std::max(side.size_max, before.size_max);
  side.ttl_max = std::max(side.ttl_max, before.ttl_max);
  side.window_max = std::max(side.window_max, before.window_max);
  take_least(side.gap_min_us, before.gap_min_us);
  side.gap_max_us = std::max(side.gap_max_us, before.gap_max_us);
  join_means(side, before, all);
  // What was said at the begin, or comes from it.
  if (before.first_tcp_flags != 0) side.first_tcp_flags = before.first_tcp_flags;
  take_if_none(side.window_scale, before.window_scale);
  take_if_none(side.mss, before.mss);
  take_if_none(side.syn_options, before.syn_options);
  if (before.base_sequence != 0) side.base_sequence = before.base_sequence;
  if (!before.payload.empty()) {
    side.payload = before.payload;
    side.entropy_milli = before.entropy_milli;
  }
}

// Those of the later part come behind the others.
void join_hits(Detail& detail, const Detail& before, JoinedTexts& texts) {
  std::string rules(before.hit_rules), indicators(before.hit_indicators);
  flow::for_each_rule_hit(detail.hit_rules, [&](const flow::RuleHit& hit) { flow::add_hit(rules, hit); });
  flow::for_each_indicator_hit(detail.hit_indicators,
                               [&](const flow::IndicatorHit& hit) { flow::add_hit(indicators, hit); });
  texts = {std::move(rules), std::move(indicators)};
  detail.hit_rules = texts.hit_rules;
  detail.hit_indicators = texts.hit_indicators;
  add_to(detail.rule_hits, before.rule_hits);
  add_to(detail.indicator_hits, before.indicator_hits);
}

void join_details(const Record& record, Detail& detail, JoinedTexts& texts, const Detail& more) {
  const Detail before = std::exchange(detail, more);
  for (std::size_t i = 0; i < detail.sides.size(); ++i)
    join_detail(detail.sides[i], before.sides[i], record.sides[i]);
  take_if_none(detail.initiator_by, before.initiator_by);
  take_if_none(detail.syn_to_synack_us, before.syn_to_synack_us);
  take_if_none(detail.synack_to_ack_us, before.synack_to_ack_us);
  take_if_none(detail.application, before.application);
  take_if_none(detail.host, before.host);
  take_if_none(detail.ja4, before.ja4);
  take_if_none(detail.certificate_sha256, before.certificate_sha256);
  take_if_none(detail.user, before.user);
  join_hits(detail, before, texts);
}

}  // namespace

void join_part(Record& record, Detail& detail, JoinedTexts& texts, const Record& more) {
  for (std::size_t i = 0; i < record.sides.size(); ++i) join_side(record.sides[i], more.sides[i]);
  record.times_of_message = record.times_of_message || more.times_of_message;
  record.end_reason = more.end_reason;
  record.sampling = std::max(record.sampling, more.sampling);
  if (more.detail == nullptr) return;
  if (record.detail == nullptr) {
    detail = *more.detail;
    record.detail = &detail;
  } else {
    join_details(record, detail, texts, *more.detail);
  }
}

void PartJoiner::take(std::span<const Record> records) {
  const auto is_part = [](const Record& r) { return r.part != 0 && r.rollup == flow::Rollup::none; };
  while (!records.empty()) {
    const auto part = std::find_if(records.begin(), records.end(), is_part);
    const auto whole = static_cast<std::size_t>(part - records.begin());
    if (whole != 0) next_.take(records.first(whole));
    records = records.subspan(whole);
    if (records.empty()) return;
    keep(records.front());
    records = records.subspan(1);
  }
}

void PartJoiner::keep(const Record& record) {
  Kept one{flow_hash(record), times_of(record).first, record.part, KeptRecord(record)};
  const std::size_t size = sizeof one + one.record.bytes();
  if (bytes_ + size > most_bytes_) {
    ++not_joined_;
    next_.take({&record, 1});
    return;
  }
  bytes_ += size;
  kept_.push_back(std::move(one));
}

void PartJoiner::merge(PartJoiner& other) {
  kept_.insert(kept_.end(), std::move_iterator(other.kept_.begin()), std::move_iterator(other.kept_.end()));
  other.kept_ = {};
  not_joined_ += std::exchange(other.not_joined_, 0);
}

void PartJoiner::finish() {
  std::sort(kept_.begin(), kept_.end(), [](const Kept& a, const Kept& b) {
    return std::tie(a.flow, a.first, a.part) < std::tie(b.flow, b.first, b.part);
  });
  Record joined, more;
  Detail detail, other;
  JoinedTexts texts;
  std::uint32_t last_part = 0;  // 0: there is none yet
  const auto hand_on = [&] {
    if (last_part == 0) return;
    joined.part = 0;
    next_.take({&joined, 1});
  };
  for (const Kept& kept : kept_) {
    kept.record.read(more, other);
    if (last_part != 0 && more.part > last_part && is_same_flow(joined, more)) {
      last_part = more.part;
      join_part(joined, detail, texts, more);
      continue;
    }
    hand_on();
    last_part = more.part;
    joined = more;
    if (more.detail == nullptr) continue;
    detail = *more.detail;
    joined.detail = &detail;
  }
  hand_on();
  kept_ = {};
  bytes_ = 0;
}

}  // namespace weir::engine
