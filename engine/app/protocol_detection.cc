#include "engine/app/protocol_detection.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include <fmt/format.h>

#include "decoders/app/protocol.h"
#include "engine/config/protocol_mode.h"

namespace weir::engine {
namespace {

constexpr std::size_t kPorts = 65536;

struct PortRange {
  std::uint32_t first = 0, last = 0;
};

// "53", "80,8080", "[5060, 5061]", "5900-5909".
tl::expected<std::vector<PortRange>, std::string> parse_ports(std::string_view text) {
  std::vector<PortRange> out;
  const char* p = text.data();
  const char* const end = p + text.size();
  const auto number = [&](std::uint32_t& value) {
    const auto [next, error] = std::from_chars(p, end, value);
    p = next;
    return error == std::errc{} && value < kPorts;
  };
  while (p != end) {
    if (*p == ' ' || *p == ',' || *p == '[' || *p == ']') {
      ++p;
      continue;
    }
    PortRange range;
    if (!number(range.first)) return tl::unexpected("bad port list '" + std::string(text) + "'");
    range.last = range.first;
    if (p != end && (*p == '-' || *p == ':')) {
      ++p;
      if (!number(range.last) || range.last < range.first)
        return tl::unexpected("bad port list '" + std::string(text) + "'");
    }
    out.push_back(range);
  }
  return out;
}

std::string configured(const Settings& protocols, const std::string& path) {
  if (const auto text = protocols.text(path)) return *text;
  std::string out;
  for (const std::string& item : protocols.list(path)) out += item + ",";
  return out;
}

}  // namespace

tl::expected<std::unique_ptr<const ProtocolDetector>, std::string> ProtocolDetector::make(
    const Settings& protocols) {
  std::unique_ptr<ProtocolDetector> out(new ProtocolDetector);
  for (const Transport t : {Transport::tcp, Transport::udp})
    if (auto filled = out->fill(t, protocols); !filled) return tl::unexpected(filled.error());
  return out;
}

tl::expected<void, std::string> ProtocolDetector::fill(Transport t, const Settings& protocols) {
  Table& table = tables_[index_of(t)];
  table.server_ports.assign(kPorts, 0);
  table.client_ports.assign(kPorts, 0);
  table.port_lists.emplace_back();
  for (const ProtocolInfo* row : all_protocols()) {
    const ProtocolInfo& info = *row;
    if (t == Transport::tcp ? !info.over_tcp : !info.over_udp) continue;
    const std::string base(info.name);
    const std::string own = base + (t == Transport::tcp ? ".tcp" : ".udp");
    const ProtocolMode mode = protocol_mode(protocols, info, t == Transport::tcp);
    if (mode == ProtocolMode::off) continue;
    parsed_[index_of(t)][index(info.id)] = mode == ProtocolMode::on;

    for (const ProbePattern& p : t == Transport::tcp ? info.patterns_tcp : info.patterns_udp) {
      if (table.rows.size() == FirstBytes::kMaxPatterns)
        return tl::unexpected(std::string("too many protocol patterns"));
      table.patterns[index(p.direction)].add(p, table.rows.size());
      table.rows.push_back({info.id, static_cast<std::uint16_t>(p.bytes.size()), p.weak, info.confirm});
    }
    if (info.probe == nullptr) continue;
    std::string server = configured(protocols, own + ".detection-ports.dp");
    std::string client = configured(protocols, own + ".detection-ports.sp");
    if (server.empty()) server = configured(protocols, base + ".detection-ports.dp");
    if (client.empty()) client = configured(protocols, base + ".detection-ports.sp");
    if (server.empty() && client.empty())
      server = t == Transport::tcp ? info.probe_ports.tcp : info.probe_ports.udp;
    auto added = add_ports(table, table.server_ports, info.id, server);
    if (added) added = add_ports(table, table.client_ports, info.id, client);
    if (!added) return tl::unexpected("app-layer.protocols." + base + ".detection-ports: " + added.error());
  }
  for (FirstBytes& patterns : table.patterns) patterns.build();
  return {};
}

// Ports with the same set of protocols share a list; there are few different ones.
tl::expected<void, std::string> ProtocolDetector::add_ports(Table& table, std::vector<std::uint8_t>& lists,
                                                            AppProto p, const std::string& ports) {
  const auto ranges = parse_ports(ports);
  if (!ranges) return tl::unexpected(ranges.error());
  for (const PortRange& range : *ranges)
    for (std::uint32_t port = range.first; port <= range.last; ++port) {
      std::vector<AppProto> wanted = table.port_lists[lists[port]];
      if (std::find(wanted.begin(), wanted.end(), p) != wanted.end()) continue;
      wanted.push_back(p);
      auto found = std::find(table.port_lists.begin(), table.port_lists.end(), wanted);
      if (found == table.port_lists.end()) {
        if (table.port_lists.size() > 255)
          return tl::unexpected(std::string("too many different sets of ports"));
        found = table.port_lists.insert(found, wanted);
      }
      lists[port] = static_cast<std::uint8_t>(found - table.port_lists.begin());
    }
  return {};
}

ProtocolDetector::Found ProtocolDetector::detect(const Input& in, DirectionProbe& tried) const {
  if (in.data.empty()) return {};
  const Table& table = tables_[index_of(in.transport)];
  Found by_bytes;
  if (!tried.patterns_done) {
    by_bytes = by_pattern(table, in, tried);
    if (by_bytes.protocol != AppProto::unknown && !by_bytes.weak) return by_bytes;
  }
  if (!tried.probes_done) {
    const Found found = by_probe(table, in, tried);
    if (found.protocol != AppProto::unknown) return found;
  }
  return by_bytes;
}

// As it stands there, or else behind line ends, which some protocols pass over.
ProtocolDetector::Found ProtocolDetector::by_pattern(const Table& table, const Input& in,
                                                     DirectionProbe& tried) const {
  const Found found = by_pattern_at_start(table, in, tried);
  if (found.protocol != AppProto::unknown || (in.data[0] != '\r' && in.data[0] != '\n')) return found;
  const auto text =
      std::find_if(in.data.begin(), in.data.end(), [](std::uint8_t c) { return c != '\r' && c != '\n'; });
  Input behind = in;
  behind.data = in.data.subspan(static_cast<std::size_t>(text - in.data.begin()));
  const Found late = behind.data.empty() ? Found{} : by_pattern_at_start(table, behind, tried);
  tried.patterns_done = in.data.size() >= kMaxProbeBytes || (tried.patterns_done && !behind.data.empty());
  return protocol_info(late.protocol).skips_line_ends && !late.reversed ? late : found;
}

std::optional<bool> ProtocolDetector::are_sides_swapped(const Table& table, const Input& in, AppProto p,
                                                        ProbeResult answer) {
  const auto lives_on = [&](std::uint16_t port) {
    const std::vector<AppProto>& list = table.port_lists[table.server_ports[port]];
    return std::find(list.begin(), list.end(), p) != list.end();
  };
  switch (answer) {
    case ProbeResult::no:
    case ProbeResult::need_more: return std::nullopt;
    case ProbeResult::yes: return false;
    case ProbeResult::yes_reversed: return true;
    case ProbeResult::yes_by_port: return lives_on(in.client_port) && !lives_on(in.server_port);
  }
  return std::nullopt;
}

// Of the patterns that stand there and whose protocol agrees, the longest one.
ProtocolDetector::Found ProtocolDetector::by_pattern_at_start(const Table& table, const Input& in,
                                                              DirectionProbe& tried) const {
  bool wait = false;
  Found found;
  const std::array<Direction, 2> sides{in.direction, opposite(in.direction)};
  for (std::size_t s = 0; s < (in.either_way ? 2U : 1U) && found.protocol == AppProto::unknown; ++s) {
    FirstBytes::Hits hits{};
    table.patterns[index(sides[s])].find(in.data, hits);
    std::uint16_t best = 0;
    for (std::size_t word = 0; word < hits.size(); ++word)
      for (std::uint64_t left = hits[word]; left != 0; left &= left - 1) {
        const Row& row = table.rows[word * 64 + static_cast<std::size_t>(std::countr_zero(left))];
        if (row.length < best || (row.length == best && row.confirm == nullptr)) continue;
        const ProbeResult answer = row.confirm == nullptr ? ProbeResult::yes : row.confirm(sides[s], in.data);
        if (answer == ProbeResult::need_more) wait = in.data.size() < kMaxProbeBytes;
        const auto swapped = are_sides_swapped(table, in, row.protocol, answer);
        if (!swapped) continue;
        best = row.length;
        found = {row.protocol, (s == 1) != *swapped, row.weak};
      }
  }
  tried.patterns_done = !wait && in.data.size() >= table.patterns[index(in.direction)].reach();
  return found;
}

ProtocolDetector::Found ProtocolDetector::by_probe(const Table& table, const Input& in,
                                                   DirectionProbe& tried) const {
  // The last: what was seen of the flow begins with its server's words.
  const std::array<std::uint8_t, 3> lists{table.server_ports[in.server_port],
                                          table.client_ports[in.client_port],
                                          table.server_ports[in.client_port]};
  bool wait = false;
  for (const auto* list = lists.begin(); list != lists.end(); ++list) {
    if (std::find(lists.begin(), list, *list) != list) continue;
    for (const AppProto p : table.port_lists[*list]) {
      if (tried.refused.test(static_cast<std::size_t>(p))) continue;
      const ProbeResult answer = protocol_info(p).probe(in.direction, in.data);
      if (const auto swapped = are_sides_swapped(table, in, p, answer)) return {p, *swapped};
      if (answer == ProbeResult::no || in.data.size() >= kMaxProbeBytes)
        tried.refused.set(static_cast<std::size_t>(p));
      else
        wait = true;
    }
  }
  tried.probes_done = !wait;
  return {};
}

}  // namespace weir::engine
