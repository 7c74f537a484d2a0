#include "engine/query/conversations.h"

#include <algorithm>
#include <random>
#include <tuple>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

#include "decoders/net/ip_protocol.h"
#include "decoders/packet.h"
#include "engine/query/initiator.h"
#include "engine/query/read_with.h"

namespace weir::engine {
namespace {

ObservationPoint observation_point(const flow::Record& r) {
  return {.exporter = r.exporter.address, .domain = r.exporter.domain, .observed_at = r.observed_at};
}

bool is_there(const flow::Side& side) {
  return side.packets != 0 || side.bytes != 0;
}

// A meter that put both directions into one record knows who began. One direction alone may be the replies, whoever metered it.
bool knows_initiator(const flow::Record& r) {
  if (r.rollup != flow::Rollup::none) return r.rollup == flow::Rollup::answered;
  return is_there(r.sides[0]) && is_there(r.sides[1]);
}

// Of the records of a flow, one counts: the first of numbered parts, else the one after which the exporter does not go on. Where it
// does not say whether it does, that of TCP with the SYN.
bool counts_as_flow(const flow::Record& r, const flow::Side& side) {
  if (r.part != 0) return r.part == 1;
  if (r.end_reason != flow::EndReason::unknown || r.protocol != ip_protocol::tcp || side.tcp_flags == 0)
    return r.end_reason != flow::EndReason::active;
  return (side.tcp_flags & tcp_flag::syn) != 0;
}

// A rollup that knows both directions knows of each of its flows what became of it. Those stay apart: 1 for flows that were answered, 2 for
// such that were refused, 0 where only all records together can tell.
std::uint8_t outcome_of(const flow::Record& r) {
  if (r.rollup != flow::Rollup::answered) return 0;
  const bool went_on = (signs_of(r, 0, true) & sign::went_on) != 0;
  return !went_on && (signs_of(r, 1, true) & sign::only_reset) != 0 ? 2 : 1;
}

void add_up(std::uint32_t& sum, std::uint32_t more) {
  sum = more > UINT32_MAX - sum ? UINT32_MAX : sum + more;
}

void widen(Seen& seen, TimeUs first, TimeUs last) {
  seen.first = seen.records == 0 ? first : std::min(seen.first, first);
  seen.last = seen.records == 0 ? last : std::max(seen.last, last);
}

// Adds what a point saw to what all of them saw.
void take_most(Seen& all, const Seen& point) {
  if (point.records == 0) return;
  widen(all, point.first, point.last);
  all.records += point.records;
  all.flows = std::max(all.flows, point.flows);
  all.answers = std::max(all.answers, point.answers);
  all.refusals = std::max(all.refusals, point.refusals);
  all.newest = std::max(all.newest, point.newest);
  all.tcp_flags |= point.tcp_flags;
  if (std::tie(point.packets, point.bytes) > std::tie(all.packets, all.bytes))
    std::tie(all.packets, all.bytes) = std::tie(point.packets, point.bytes);
}

// At how many points more the first end's packets came first.
int which_is_earlier(std::span<const SeenAtPoint> points) {
  int out = 0;
  for (const SeenAtPoint& p : points)
    if (p.sides[0].records != 0 && p.sides[1].records != 0)
      out += p.sides[0].first < p.sides[1].first ? -1 : p.sides[0].first > p.sides[1].first ? 1 : 0;
  return out;
}

// Of TCP a reset alone is no answer, unless the handshake was over. Who sends data behind a handshake was answered, whether the
// answers came by here or not.
bool is_answered(std::uint8_t client, std::uint8_t server) {
  return (server & sign::spoke) != 0 || (client & sign::went_on) != 0;
}

}  // namespace

Conversations::Conversations(JoinSettings settings, Visit visit)
    : settings_(std::move(settings)),
      seed_(std::random_device{}()),
      visit_(std::move(visit)),
      most_of_shard_(std::max<std::size_t>(settings_.most / kShards, 1)) {
  points_.reserve(kMaxObservationPoints);
}

std::uint64_t Conversations::hash_of(const Key& key) const {
  static_assert(std::has_unique_object_representations_v<Key>);
  return XXH3_64bits_withSeed(&key, sizeof key, seed_);
}

std::uint16_t Conversations::point_of(const flow::Record& record) {
  const ObservationPoint point = observation_point(record);
  const std::scoped_lock lock(points_lock_);
  const auto found = point_numbers_.find(point);
  if (found != point_numbers_.end()) return found->second;
  if (points_.size() == kMaxObservationPoints) return kMaxObservationPoints - 1;
  const auto number = static_cast<std::uint16_t>(points_.size());
  points_.push_back(point);
  point_numbers_.emplace(point, number);
  return number;
}

void Conversations::grow(Shard& shard) const {
  constexpr std::size_t kLeast = 64;
  shard.index.assign(std::max(kLeast, shard.index.size() * 2), kNone);
  const std::size_t mask = shard.index.size() - 1;
  for (std::uint32_t number = 0; number < shard.entries.size(); ++number) {
    std::size_t at = hash_of(shard.entries[number].key) & mask;
    while (shard.index[at] != kNone) at = (at + 1) & mask;
    shard.index[at] = number;
  }
}

Conversations::Entry& Conversations::entry_of(Shard& shard, const Key& key, std::uint64_t hash) {
  if (shard.entries.size() * 2 >= shard.index.size()) grow(shard);
  const std::size_t mask = shard.index.size() - 1;
  std::size_t at = hash & mask;
  for (; shard.index[at] != kNone; at = (at + 1) & mask)
    if (Entry& entry = shard.entries[shard.index[at]]; entry.key == key) return entry;
  if (shard.entries.size() >= most_of_shard_) {
    fold(shard);
    at = hash & mask;
  }
  shard.index[at] = static_cast<std::uint32_t>(shard.entries.size());
  return shard.entries.emplace_back(Entry{.key = key});
}

void Conversations::fold(Shard& shard) {
  {
    const std::scoped_lock lock(visit_lock_);
    folded_ += shard.entries.size();
  }
  tell_all(shard);
}

SeenAtPoint& Conversations::seen_at(Shard& shard, Entry& entry, std::uint16_t point) {
  std::size_t met = 0;
  for (std::uint32_t at = entry.first_point; at != kNone; at = shard.points[at].next)
    if (++met; shard.points[at].seen.point == point || met == kMaxPointsOfOne) return shard.points[at].seen;
  const auto number = static_cast<std::uint32_t>(shard.points.size());
  PointEntry& made = shard.points.emplace_back();
  made.seen.point = point;
  made.next = std::exchange(entry.first_point, number);
  return made.seen;
}

void Conversations::add_side(Seen& seen, const flow::Record& r, std::size_t side, std::uint8_t signs) const {
  const flow::Side& from = r.sides[side];
  const auto [first, last] = times_of(r);
  const std::uint64_t factor = settings_.raw ? 1 : std::max<std::uint64_t>(r.sampling, 1);
  const TimeUs began = from.first != 0 ? from.first : first;
  widen(seen, began, from.last != 0 ? from.last : last);
  seen.packets += from.packets * factor;
  seen.bytes += from.bytes * factor;
  ++seen.records;
  const bool is_reset = (signs & sign::only_reset) != 0;
  if (is_reset) add_up(seen.refusals, r.flows);
  if (counts_as_flow(r, from)) {
    add_up(seen.flows, r.flows);
    if (!is_reset) add_up(seen.answers, r.flows);
    seen.newest = std::max(seen.newest, began);
  }
  seen.tcp_flags |= from.tcp_flags;
}

void Conversations::add(const flow::Record& r, std::uint32_t tag, std::uint16_t point) {
  if (is_icmp_error(r)) return;
  const bool has_ports = ip_protocol::has_ports(r.protocol);
  const std::uint16_t from = has_ports ? r.source_port : 0, to = has_ports ? r.destination_port : 0;
  const bool turned = std::tie(r.destination, to) < std::tie(r.source, from);
  Key key{.addresses = {r.source, r.destination},
          .protocol = r.protocol,
          .outcome = outcome_of(r),
          .ports = {from, to},
          .tag = tag};
  if (turned) {
    std::swap(key.addresses[0], key.addresses[1]);
    std::swap(key.ports[0], key.ports[1]);
  }
  const std::uint64_t hash = hash_of(key);
  constexpr unsigned kShardShift = 58;
  static_assert(kShards == std::size_t{1} << (64U - kShardShift));
  Shard& shard = shards_[hash >> kShardShift];
  const bool knows = knows_initiator(r), is_empty = !is_there(r.sides[0]) && !is_there(r.sides[1]);
  const std::scoped_lock lock(shard.lock);
  if (shard.points.size() >= kUsualPoints * most_of_shard_) fold(shard);
  Entry& entry = entry_of(shard, key, hash);
  SeenAtPoint& seen = seen_at(shard, entry, point);
  for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
    // What a firewall has not let through has a record without packets.
    const bool is_told = is_empty ? side == 0 : r.rollup == flow::Rollup::answered;
    if (!is_there(r.sides[side]) && !is_told) continue;
    const std::size_t end = turned ? 1 - side : side;
    const std::uint8_t signs = signs_of(r, side, knows);
    entry.signs[end] |= signs;
    add_side(seen.sides[end], r, side, signs);
  }
}

bool Conversations::is_named(std::uint16_t port) const {
  const auto& ports = settings_.server_ports;
  return std::find(ports.begin(), ports.end(), port) != ports.end();
}

void Conversations::tell(const Shard& shard, const Entry& entry) {
  scratch_.clear();
  for (std::uint32_t at = entry.first_point; at != kNone; at = shard.points[at].next)
    scratch_.push_back(shard.points[at].seen);
  const std::size_t client =
      initiator_of({.ports = entry.key.ports,
                    .signs = entry.signs,
                    .protocol = entry.key.protocol,
                    .named = {is_named(entry.key.ports[0]), is_named(entry.key.ports[1])},
                    .earlier = which_is_earlier(scratch_)});
  const std::size_t server = 1 - client;
  Conversation out{.client = entry.key.addresses[client],
                   .server = entry.key.addresses[server],
                   .client_port = entry.key.ports[client],
                   .server_port = entry.key.ports[server],
                   .protocol = entry.key.protocol,
                   .tag = entry.key.tag,
                   .sides = {},
                   .points = scratch_};
  for (SeenAtPoint& p : scratch_) {
    if (client == 1) std::swap(p.sides[0], p.sides[1]);
    for (const std::size_t d : {std::size_t{0}, std::size_t{1}}) take_most(out.sides[d], p.sides[d]);
  }
  const Seen& counted = out.sides[0].records != 0 ? out.sides[0] : out.sides[1];
  out.flows = std::max<std::uint32_t>(counted.flows, 1);
  out.answered = is_answered(entry.signs[client], entry.signs[server]);
  const Seen& back = out.sides[1];
  if (out.answered)
    out.answered_flows =
        back.records == 0 ? out.flows : std::clamp<std::uint32_t>(back.answers, 1, out.flows);
  out.refused = !out.answered && (entry.signs[server] & sign::only_reset) != 0;
  out.refused_flows = out.refused ? out.flows : std::min(back.refusals, out.flows - out.answered_flows);
  visit_(out);
}

void Conversations::tell_all(Shard& shard) {
  const std::scoped_lock lock(visit_lock_);
  for (const Entry& entry : shard.entries) tell(shard, entry);
  shard.entries.clear();
  shard.points.clear();
  std::fill(shard.index.begin(), shard.index.end(), kNone);
}

void Conversations::finish() {
  for (Shard& shard : shards_) tell_all(shard);
}

void ConversationConsumer::add(const flow::Record& record, std::uint32_t tag) {
  const ObservationPoint point = observation_point(record);
  auto found = points_.find(point);
  if (found == points_.end() && points_.size() < kMaxObservationPoints)
    found = points_.emplace(point, into_.point_of(record)).first;
  into_.add(record, tag, found == points_.end() ? into_.point_of(record) : found->second);
}

void ConversationConsumer::take(std::span<const flow::Record> records) {
  for (const flow::Record& record : records) add(record);
}

RollupNeeds conversation_rollups() {
  return {.keys = output::RollupKeys::usual(),
          .untold = "the ports of clients, nor which of them come in a beat (monitors)"};
}

tl::expected<void, std::string> read_conversations(QuestionCall& call, RecordQuery query,
                                                   Conversations& into) {
  query.fields = kConversationFields;
  query.rollups = conversation_rollups();
  const auto read = read_with<ConversationConsumer>(call, query, into);
  if (!read) return tl::unexpected(read.error());
  finish(call, into);
  return {};
}

void finish(QuestionCall& call, Conversations& conversations) {
  conversations.finish();
  if (conversations.folded() != 0)
    call.warnings.push_back(fmt::format(
        "more than {} conversations at a time: {} were counted before all was read, and some of them twice",
        kMaxConversations, conversations.folded()));
}

}  // namespace weir::engine
