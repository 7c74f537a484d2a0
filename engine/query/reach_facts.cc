#include "engine/query/reach_facts.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/query/answer_text.h"
#include "engine/query/initiator.h"
#include "engine/query/quoted_flow.h"
#include "engine/query/read_with.h"

namespace weir::engine {
namespace {

constexpr std::uint8_t kFirewallDenied = 3;  // firewallEvent of IANA's registry
constexpr std::uint8_t kDropped = 2;         // Detail::verdict

void add(Seen& sum, const Seen& one) {
  if (one.records == 0) return;
  sum.first = sum.records == 0 ? one.first : std::min(sum.first, one.first);
  sum.last = sum.records == 0 ? one.last : std::max(sum.last, one.last);
  sum.packets += one.packets;
  sum.bytes += one.bytes;
  sum.records += one.records;
  sum.flows += std::max(one.flows, 1U);
  sum.tcp_flags |= one.tcp_flags;
}

// An exporter may count on the way in and on the way out: what it saw more of stands for it.
std::map<PointName, SeenAtPoint> by_name(const Conversations& conversations, const Conversation& c) {
  std::map<PointName, SeenAtPoint> out;
  for (const SeenAtPoint& p : c.points) {
    const ObservationPoint& point = conversations.point(p.point);
    SeenAtPoint& seen = out[{.exporter = point.exporter, .domain = point.domain}];
    for (const std::size_t way : {std::size_t{0}, std::size_t{1}})
      if (p.sides[way].records != 0 &&
          (seen.sides[way].records == 0 || p.sides[way].packets > seen.sides[way].packets))
        seen.sides[way] = p.sides[way];
  }
  return out;
}

void add_points(ServiceFacts& facts, const Conversations& conversations, const Conversation& c) {
  const auto points = by_name(conversations, c);
  const TimeUs first = c.side(Direction::to_server).first;
  const auto seen = std::count_if(points.begin(), points.end(),
                                  [](const auto& p) { return p.second.sides[0].records != 0; });
  for (const auto& [name, point] : points) {
    PointFacts& sums = facts.points[name];
    add(sums.ahead, point.sides[0]);
    add(sums.back, point.sides[1]);
    if (seen < 2 || point.sides[0].records == 0) continue;
    sums.lag_sum_us += point.sides[0].first - first;
    ++sums.lags;
  }
}

void add(ServiceFacts& facts, const Conversations& conversations, const Conversation& c) {
  facts.attempts += c.flows;
  facts.refused += c.refused ? c.flows : 0;
  add(facts.ahead, c.side(Direction::to_server));
  add(facts.back, c.side(Direction::to_client));
  add_points(facts, conversations, c);
  if (!c.answered) return;
  const TimeUs last = c.last_answered_first();
  facts.answered += c.answered_flows;
  facts.last_answered = std::max(facts.last_answered, last);
  facts.answered_in_hour[hour_begin(last)] += c.answered_flows;
}

// Began by the client, to one of the ports, or to whatever port is the server's when none was named.
bool is_asked(const QuestionCall& call, const ReachPair& pair, const Conversation& c) {
  return c.client == pair.client && c.server == pair.server &&
         (call.ports.empty() ||
          std::find(call.ports.begin(), call.ports.end(), c.server_port) != call.ports.end());
}

RecordQuery query_of(const QuestionCall& call, const ReachPair& pair) {
  RecordQuery out = window_of(call);
  out.hosts.add(pair.client);
  out.others.add(pair.server);
  out.ports = call.ports;
  return out;
}

template <class T>
void add_some(std::set<T>& to, const T& what) {
  if (to.size() < kMaxBlockers) to.insert(what);
}

// What else records of the two say.
class DetailReader final : public flow::RecordConsumer {
 public:
  explicit DetailReader(const ReachPair& pair) : pair_(pair) {}
  void take(std::span<const flow::Record> records) override {
    for (const flow::Record& r : records) {
      const PointName point{.exporter = r.exporter.address, .domain = r.exporter.domain};
      const bool is_known = found.next_hops.contains(point) || found.next_hops.size() < kMaxObservationPoints;
      if (r.source == pair_.client && r.routing.next_hop.family != 0 && is_known)
        add_some(found.next_hops[point], r.routing.next_hop);
      if (r.detail != nullptr) look(r, *r.detail, point);
    }
  }
  Blockers found;

 private:
  void look(const flow::Record& r, const flow::Detail& d, const PointName& point) {
    if (d.gateway.family != 0) add_some(found.unreachable, d.gateway);
    if (d.firewall_event == kFirewallDenied || d.verdict == kDropped)
      add_some(found.firewalls, r.exporter.address);
    const std::uint8_t ttl = d.sides[r.source == pair_.client ? 0 : 1].ttl_min;
    if (ttl == 0 || found.ttls.size() >= kMaxObservationPoints) return;
    std::uint8_t& kept = found.ttls[point];
    kept = kept == 0 ? ttl : std::min(kept, ttl);
  }

  ReachPair pair_;
};

// Who sent "destination unreachable" and the like to the client.
class IcmpReader final : public flow::RecordConsumer {
 public:
  explicit IcmpReader(const ReachPair& pair) : pair_(pair) {}
  void take(std::span<const flow::Record> records) override {
    for (const flow::Record& r : records)
      if (is_icmp_error(r) && r.destination == pair_.client && r.sides[0].packets != 0)
        add_some(senders, r.source);
  }
  std::set<IpAddress> senders;

 private:
  ReachPair pair_;
};

// What these errors are about, as far as their records quote it. Errors about other flows are passed over.
class QuoteReader final : public flow::RecordConsumer {
 public:
  QuoteReader(const ReachPair& pair, const std::vector<std::uint16_t>& ports) : pair_(pair), ports_(ports) {}
  void take(std::span<const flow::Record> records) override {
    for (const flow::Record& r : records) {
      if (!is_icmp_error(r) || r.destination != pair_.client || r.sides[0].packets == 0) continue;
      const auto quoted = quoted_flow(r);
      if (!quoted)
        add_some(not_said, r.source);
      else if (quoted->source == pair_.client && quoted->destination == pair_.server)
        add_port(*quoted, r.source);
    }
  }
  std::set<IpAddress> joined, not_said;

 private:
  void add_port(const QuotedFlow& quoted, const IpAddress& sender) {
    const std::uint16_t port = quoted.destination_port;
    if (ports_.empty() || std::find(ports_.begin(), ports_.end(), port) != ports_.end())
      add_some(joined, sender);
    else if (port == 0)
      add_some(not_said, sender);
  }

  ReachPair pair_;
  std::vector<std::uint16_t> ports_;
};

// All that the readers of one pass have found, capped as each of them is.
template <class Readers, class Found>
std::set<IpAddress> all_of(const Readers& readers, Found found) {
  std::set<IpAddress> out;
  for (const auto& one : readers)
    for (const IpAddress& address : (*one).*found) add_some(out, address);
  return out;
}

tl::expected<void, std::string> read_icmp(QuestionCall& call, const ReachPair& pair, Blockers& out) {
  RecordQuery query = window_of(call);
  query.hosts.add(pair.client);
  query.fields = Field::addresses | Field::ports | Field::protocol | Field::counters;
  const auto errors = read_with<IcmpReader>(call, query, pair);
  if (!errors) return tl::unexpected(errors.error());
  const std::set<IpAddress> senders = all_of(*errors, &IcmpReader::senders);
  if (senders.empty()) return {};
  for (const IpAddress& sender : senders) query.others.add(sender);
  query.fields = query.fields | Field::detail;
  const auto quotes = read_with<QuoteReader>(call, query, pair, call.ports);
  if (!quotes) return tl::unexpected(quotes.error());
  for (const IpAddress& sender : all_of(*quotes, &QuoteReader::joined)) add_some(out.unreachable, sender);
  for (const IpAddress& sender : all_of(*quotes, &QuoteReader::not_said))
    if (!out.unreachable.contains(sender)) add_some(out.perhaps_unreachable, sender);
  return {};
}

void merge(Blockers& to, const Blockers& from) {
  to.firewalls.insert(from.firewalls.begin(), from.firewalls.end());
  to.unreachable.insert(from.unreachable.begin(), from.unreachable.end());
  for (const auto& [name, hops] : from.next_hops)
    for (const IpAddress& hop : hops) add_some(to.next_hops[name], hop);
  for (const auto& [name, ttl] : from.ttls) {
    const auto [kept, is_new] = to.ttls.emplace(name, ttl);
    if (!is_new) kept->second = std::min(kept->second, ttl);
  }
}

}  // namespace

tl::expected<ReachFacts, std::string> reach_facts(QuestionCall& call, const ReachPair& pair, TimeUs from,
                                                  TimeUs to) {
  ReachFacts out;
  std::uint64_t left_out = 0;
  Conversations* all = nullptr;
  Conversations conversations({.raw = call.options.raw, .server_ports = call.ports},
                              [&](const Conversation& c) {
                                if (!is_asked(call, pair, c)) return;
                                const Service service{.protocol = c.protocol, .port = c.server_port};
                                if (out.size() >= kMaxReachServices && !out.contains(service))
                                  ++left_out;
                                else
                                  add(out[service], *all, c);
                              });
  all = &conversations;
  RecordQuery query = query_of(call, pair);
  query.from = from;
  query.to = to;
  if (auto read = read_conversations(call, query, conversations); !read) return tl::unexpected(read.error());
  if (left_out != 0)
    call.warnings.push_back(
        fmt::format("more than {} services: {} conversations are left out; name some with --port",
                    kMaxReachServices, left_out));
  return out;
}

tl::expected<Blockers, std::string> blockers_of(QuestionCall& call, const ReachPair& pair) {
  RecordQuery query = query_of(call, pair);
  query.fields = Field::addresses | Field::exporter | Field::path | Field::detail;
  const auto details = read_with<DetailReader>(call, query, pair);
  if (!details) return tl::unexpected(details.error());
  Blockers out;
  for (const auto& one : *details) merge(out, one->found);
  if (auto read = read_icmp(call, pair, out); !read) return tl::unexpected(read.error());
  return out;
}

}  // namespace weir::engine
