#include "rules/set/packet_groups.h"

#include <algorithm>
#include <map>
#include <set>

#include "decoders/app/protocol.h"
#include "decoders/net/ip_protocol.h"
#include "rules/prefilter/pattern_choice.h"

namespace weir::rules {
namespace {

constexpr std::size_t kWidePortSet = 2048;  // a rule for more ports than this is grouped as one for any port

using RuleIds = std::vector<RuleId>;  // ascending

bool allows(const HeaderMatch& header, IpClass c) {
  if (header.any_ip_protocol) return true;
  switch (c) {
    case IpClass::tcp: return header.ip_protocols[ip_protocol::tcp];
    case IpClass::udp: return header.ip_protocols[ip_protocol::udp];
    case IpClass::icmp:
      return header.ip_protocols[ip_protocol::icmp] || header.ip_protocols[ip_protocol::icmpv6];
    case IpClass::other: break;
  }
  for (std::size_t p = 0; p < 256; ++p)
    if (header.ip_protocols[p] && ip_class(static_cast<std::uint8_t>(p)) == IpClass::other) return true;
  return false;
}

std::size_t port_count(const PortSet& ports) {
  std::size_t n = 0;
  for (const PortSet::Range& r : ports.ranges()) n += static_cast<std::size_t>(r.last - r.first) + 1;
  return n;
}

// The groups of one IP class and direction.
class Grouping {
 public:
  Grouping(RuleSet::Program& program, PatternDatabases& databases, IpClass c, Direction d)
      : rules_(program.rules),
        databases_(databases),
        class_(c),
        direction_(d),
        out_(program.packets[static_cast<std::size_t>(c)][index(d)]) {}

  void run() {
    sort_by_port();
    group_any_port();
    if (starts_.empty()) return;
    group_ports();
    join_usual_ports();
  }

 private:
  void sort_by_port();
  void group_any_port();
  void group_ports();
  void join_usual_ports();
  [[nodiscard]] PacketGroup group_of(const RuleIds& ids) const;

  const std::vector<CompiledRule>& rules_;
  PatternDatabases& databases_;
  IpClass class_;
  Direction direction_;
  PacketRules& out_;
  RuleIds any_port_;
  std::map<std::uint32_t, RuleIds> starts_, ends_;  // of rules for particular ports, by port
  std::vector<RuleIds> members_of_any_, members_of_class_;
};

void Grouping::sort_by_port() {
  for (RuleId id = 0; id < rules_.size(); ++id) {
    const CompiledRule& r = rules_[id];
    const Signature& s = *r.signature;
    if (r.kind != RuleKind::header && r.kind != RuleKind::payload) continue;
    if (!s.flow.allows(direction_) || !allows(s.header, class_)) continue;
    const PortSet& ports =
        *(direction_ == Direction::to_server ? s.header.destination_ports : s.header.source_ports);
    const bool has_ports = class_ == IpClass::tcp || class_ == IpClass::udp;
    if (!has_ports || s.header.bidirectional || port_count(ports) > kWidePortSet) {
      any_port_.push_back(id);
      continue;
    }
    for (const PortSet::Range& range : ports.ranges()) {
      starts_[range.first].push_back(id);
      ends_[std::uint32_t{range.last} + 1].push_back(id);
    }
  }
}

PacketGroup Grouping::group_of(const RuleIds& ids) const {
  PatternSetBuilder packet, stream;
  PacketGroup out;
  for (const RuleId id : ids) {
    const CompiledRule& r = rules_[id];
    if (r.kind == RuleKind::header) {
      out.header.push_back(id);
      continue;
    }
    const bool on_packet = class_ != IpClass::tcp || r.on_packet;
    const bool on_stream = class_ == IpClass::tcp && r.on_stream;
    auto p = choose_head_pattern(r.signature->payload);
    if (!p) p = choose_pattern(r.signature->payload);
    if (!p) {
      if (on_packet) out.packet_always.push_back(id);
      if (on_stream) out.stream_always.push_back(id);
      continue;
    }
    PatternBounds on_packet_bounds = p->bounds;
    if (const auto& size = r.signature->dsize)
      on_packet_bounds.last = std::min<std::uint32_t>(on_packet_bounds.last, size->second);
    if (on_packet) packet.add(p->bytes, p->nocase, id, on_packet_bounds);
    if (on_stream) stream.add(p->bytes, p->nocase, id, p->bounds);
    // One that is found anywhere in the stream is found in the packet by that.
    if (class_ == IpClass::tcp && on_packet && !(on_stream && p->bounds.anywhere(p->bytes.size())))
      stream.add_for_packet(p->bytes, p->nocase, id, on_packet_bounds);
  }
  out.packet = packet.build(databases_);
  out.stream = stream.build(databases_);
  return out;
}

// Rules about an application protocol are not searched for in the flows of others: a protocol with such rules has a group of its
// own, which holds the rules for every protocol, too, so that one pass finds both. Shorter sets pay twice, as few literals are
// searched for faster each.
void Grouping::group_any_port() {
  const auto build = [&](const auto& takes) {
    RuleIds members;
    std::copy_if(any_port_.begin(), any_port_.end(), std::back_inserter(members),
                 [&](RuleId id) { return takes(rules_[id]); });
    out_.any.push_back(group_of(members));
    members_of_any_.push_back(std::move(members));
  };
  build([](const CompiledRule& r) { return !r.checks_app; });
  for (std::size_t p = 0; p < index(AppProto::count_); ++p) {
    const auto names_it = [&](const CompiledRule& r) {
      return r.signature->header.names(static_cast<AppProto>(p));
    };
    if (std::none_of(any_port_.begin(), any_port_.end(), [&](RuleId id) { return names_it(rules_[id]); }))
      continue;
    out_.any_of[p] = static_cast<std::uint8_t>(out_.any.size());
    build([&](const CompiledRule& r) { return !r.checks_app || names_it(r); });
  }
}

// The ports are cut where the set of rules for a port changes; intervals with the same rules share a class.
void Grouping::group_ports() {
  out_.class_of.assign(65536, 0);
  out_.by_class.emplace_back();
  members_of_class_.emplace_back();
  std::set<std::uint32_t> cuts;
  for (const auto& [port, ids] : starts_) cuts.insert(port);
  for (const auto& [port, ids] : ends_) cuts.insert(port);
  cuts.insert(65536);
  std::map<RuleIds, std::uint16_t> classes;
  std::set<RuleId> active;
  for (auto cut = cuts.begin(); *cut < 65536; ++cut) {
    if (const auto e = ends_.find(*cut); e != ends_.end())
      for (const RuleId id : e->second) active.erase(id);
    if (const auto s = starts_.find(*cut); s != starts_.end())
      active.insert(s->second.begin(), s->second.end());
    if (active.empty()) continue;
    const RuleIds members(active.begin(), active.end());
    const auto [it, added] = classes.try_emplace(members, static_cast<std::uint16_t>(out_.by_class.size()));
    if (added) {
      out_.by_class.push_back(group_of(members));
      members_of_class_.push_back(members);
    }
    const std::uint32_t next = *std::next(cut);
    std::fill(out_.class_of.begin() + *cut, out_.class_of.begin() + next, it->second);
  }
}

// Most flows of a protocol are on its usual ports. There the rules for the port and those for the protocol are searched for in
// one pass; elsewhere it takes two. Not for every pair: a set for each takes memory.
void Grouping::join_usual_ports() {
  out_.joined.emplace_back();
  out_.joined_of.assign(out_.any.size() * out_.by_class.size(), 0);
  const auto join = [&](std::size_t any, std::size_t port_class) {
    std::uint16_t& joined = out_.joined_of[any * out_.by_class.size() + port_class];
    if (joined != 0) return;
    RuleIds members;
    std::set_union(members_of_any_[any].begin(), members_of_any_[any].end(),
                   members_of_class_[port_class].begin(), members_of_class_[port_class].end(),
                   std::back_inserter(members));
    joined = static_cast<std::uint16_t>(out_.joined.size());
    out_.joined.push_back(group_of(members));
  };
  for (std::size_t p = 0; p < index(AppProto::count_); ++p)
    for (const std::uint16_t port : protocol_info(static_cast<AppProto>(p)).usual_ports) {
      const std::size_t port_class = out_.class_of[port];
      if (port_class != 0) join(out_.any_of[p], port_class);
    }
}

}  // namespace

void group_packets(RuleSet::Program& program, PatternDatabases& databases) {
  for (std::size_t c = 0; c < kIpClasses; ++c)
    for (std::size_t d = 0; d < 2; ++d)
      Grouping(program, databases, static_cast<IpClass>(c), static_cast<Direction>(d)).run();
}

}  // namespace weir::rules
