// When it is a scan, and how much is kept to tell.
//
// A source scans
//  - horizontally: it tried one port of at least `hosts` hosts,
//  - vertically: it tried at least `ports` ports of one host,
// within `window`, and at least `ratio` of them gave no answer. A refusal (RST) is none, nor is a connection that the source gave up
// by RST before it was made. All that were tried count as targets, those that answered, too. Of what took longer than `window` it is
// enough that so many gave no answer in one of the days.
//
// So these are no scanners, and for these reasons:
//  - resolvers, proxies, crawlers, pollers, mail servers, NAT gateways, busy clients: most of their many targets answer;
//  - clients that retry a dead server, health checks of balancers: few targets, however often they are tried; and where a balancer has
//    many, and gives each check up by RST, they answer more than ten of them;
//  - servers whose replies are recorded first, or alone; victims of forged floods: they answer (scan_contact.h);
//  - programs between peers (P2P, calls): their ports are ephemeral, so that few hosts are tried at the same one, and most answer;
//  - browsers where UDP to port 443 is blocked, and others that fall back to something else: a host counts as answering when the source
//    talks with it on another port;
//  - traceroute: its UDP ports (33434 to 33534) make no scan;
//  - hosts of which an exporter sees one direction only: TCP flags tell what was answered, and nothing is said of UDP and ICMP;
//  - exporters that sample: the answers to queries are not those to the sampled ones, so numbers are compared there, not pairs.
// What looks the same, and is reported: peers of P2P networks with a fixed port that know many dead addresses; clients of a protocol
// that is blocked and that have nothing to fall back to (IPv6 that leads nowhere); inventories of mostly empty networks. What is not
// found: tries of random ports of random hosts, which programs between peers make as well; UDP from a port below 1024 to ports above it
// alone, which servers' replies look like.
#pragma once

#include <cstddef>
#include <cstdint>

#include "decoders/settings.h"
#include "decoders/types.h"

namespace weir::engine {

// The same for live runs, collectors and questions about what was kept.
struct ScanSettings {
  std::uint64_t hosts = 100;
  std::uint64_t ports = 100;
  double ratio = 0.5;
  TimeUs window = TimeUs{86'400} * 1'000'000;

  // `weir.flows.scans`; values that cannot be are told by Settings::unreadable() and not used.
  static ScanSettings from(const Settings& root);
};

// Of memory; for tests, to be smaller.
struct ScanLimits {
  // Sources that a pass over all records tells apart, by thread. At the limit those with the fewest targets without an answer go, and
  // are counted. About 80 bytes each, and up to 1 KB where there are many targets.
  std::size_t sources = std::size_t{1} << 18U;
  // Sources that are looked at closely, those with the most targets first.
  std::size_t candidates = 16'384;
  // Targets of one source, and of all together, that are told apart: 48 bytes each. Above, those of a source are estimated.
  std::size_t targets_of_source = std::size_t{1} << 18U;
  std::size_t targets_in_all = std::size_t{1} << 22U;
};

}  // namespace weir::engine
