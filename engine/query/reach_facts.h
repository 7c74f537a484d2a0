// What was seen of a client and a server, for each service that the client asked for, and at each observation point.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "engine/query/conversations.h"
#include "engine/query/host_use.h"

namespace weir::engine {

inline constexpr std::size_t kMaxReachServices = 4096;  // of one client and server; others are left out
inline constexpr std::size_t kMaxBlockers = 64;         // addresses of those who say no

// An exporter and its domain: a place on the path.
struct PointName {
  IpAddress exporter;
  std::uint32_t domain = 0;
  auto operator<=>(const PointName&) const = default;
};

struct PointFacts {
  Seen ahead, back;  // sums of all conversations
  // How much later than at the first point packets came, of all conversations that several points saw; microseconds.
  TimeUs lag_sum_us = 0;
  std::uint64_t lags = 0;
  std::uint8_t ttl = 0;  // the least of packets to the server, where the exporter tells
  std::set<IpAddress> next_hops;
};

struct ServiceFacts {
  std::uint64_t attempts = 0, answered = 0, refused = 0;  // flows
  Seen ahead, back;                                       // each conversation once
  std::map<PointName, PointFacts> points;
  TimeUs last_answered = 0;                          // start of the last flow that was answered
  std::map<TimeUs, std::uint64_t> answered_in_hour;  // by start of the hour, of local time
};
using ReachFacts = std::map<Service, ServiceFacts>;

// Who says that packets do not get through.
struct Blockers {
  std::set<IpAddress> firewalls;    // exporters that tell of packets that they dropped
  std::set<IpAddress> unreachable;  // who sent ICMP errors about these flows
  // Who sent some to the client meanwhile, whose records do not say what they are about.
  std::set<IpAddress> perhaps_unreachable;
  std::map<PointName, std::uint8_t> ttls;
  std::map<PointName, std::set<IpAddress>> next_hops;  // that packets to the server were sent on to
};

struct ReachPair {
  IpAddress client, server;
};

// In [from, to), with one of the call's ports. Reads.
tl::expected<ReachFacts, std::string> reach_facts(QuestionCall& call, const ReachPair& pair, TimeUs from,
                                                  TimeUs to);
// In the window of the call. Reads two or three times: details of the records of both, who sent ICMP errors to the client, and when there
// are some, what these quote.
tl::expected<Blockers, std::string> blockers_of(QuestionCall& call, const ReachPair& pair);

}  // namespace weir::engine
