#include "engine/query/record_source.h"

#include <algorithm>
#include <thread>

#include "decoders/net/ip_protocol.h"

namespace weir::engine {
namespace {

bool has_addresses(const RecordQuery& query, const flow::Record& r) {
  const auto is_pair = [&](const IpAddress& host, const IpAddress& other) {
    return (query.hosts.empty() || query.hosts.contains(host)) &&
           (query.others.empty() || query.others.contains(other));
  };
  return is_pair(r.source, r.destination) || is_pair(r.destination, r.source);
}

bool has_port(const RecordQuery& query, const flow::Record& r) {
  if (query.ports.empty()) return true;
  return !ip_protocol::is_icmp(r.protocol) &&
         std::any_of(query.ports.begin(), query.ports.end(),
                     [&](std::uint16_t port) { return port == r.source_port || port == r.destination_port; });
}

}  // namespace

bool fits(const RecordQuery& query, const flow::Record& record) {
  const auto [first, last] = times_of(record);
  return first < query.to && last >= query.from && has_addresses(query, record) && has_port(query, record);
}

unsigned reader_count() {
  return std::clamp(std::thread::hardware_concurrency(), 1U, kMostReaders);
}

}  // namespace weir::engine
