// `weir flows used`: whether anybody still needs a host.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "decoders/address_text.h"
#include "decoders/net/ip_protocol.h"
#include "engine/query/answer_text.h"
#include "engine/query/answers.h"
#include "engine/query/host_use.h"
#include "engine/query/human_text.h"
#include "engine/query/question_words.h"

namespace weir::engine {
namespace {

constexpr std::size_t kMaxShownKnockers = 20, kMaxShownServices = 50, kMaxShownHosts = 100;

struct ServiceUse {
  std::uint64_t clients = 0, flows = 0, bytes = 0;
  TimeUs last = 0;
};
struct HostReport {
  std::vector<IpAddress> clients, pinging;
  std::map<Service, ServiceUse> services;
  std::map<IpAddress, Knocker> knockers;  // that were never answered
  std::map<IpAddress, Knocker> scanning;  // clients that look like scanners
  std::uint64_t flows = 0, attempts = 0;
  TimeUs last = 0;
};

// Clients that tried many ports, and got nearly nothing.
bool looks_like_scan(const Uses& uses) {
  const auto answered = static_cast<std::size_t>(
      std::count_if(uses.begin(), uses.end(), [](const auto& use) { return use.second.answered != 0; }));
  return uses.size() >= kScannedPorts && answered * 10 <= uses.size();
}

void add_client(HostReport& report, const IpAddress& client, const Uses& uses) {
  bool is_client = false, is_pinging = false;
  for (const auto& [service, use] : uses) {
    report.attempts += use.unanswered;
    if (use.answered == 0) continue;
    if (ip_protocol::is_icmp(service.protocol)) {
      is_pinging = true;
      continue;
    }
    is_client = true;
    ServiceUse& sums = report.services[service];
    ++sums.clients;
    sums.flows += use.answered;
    sums.bytes += use.bytes;
    sums.last = std::max(sums.last, use.last_answered);
    report.flows += use.answered;
    report.last = std::max(report.last, use.last_answered);
  }
  if (is_client) report.clients.push_back(client);
  if (is_pinging && !is_client) report.pinging.push_back(client);
  if (!is_client && !is_pinging) report.knockers.emplace(client, knocker_of(uses));
  if (is_client && looks_like_scan(uses)) report.scanning.emplace(client, knocker_of(uses));
}

HostReport report_of(const Clients& clients) {
  HostReport out;
  for (const auto& [client, uses] : clients) add_client(out, client, uses);
  return out;
}

std::vector<IpAddress> knockers_of(const HostReport& report, Knock kind) {
  std::vector<IpAddress> out;
  for (const auto& [address, knocker] : report.knockers)
    if (knocker.kind == kind) out.push_back(address);
  return out;
}

std::vector<Cell> row_of(const IpAddress& host, const HostReport& report) {
  std::vector<std::string> services;
  for (const auto& [service, use] : report.services) services.push_back(service_text(service));
  return {host,
          !report.clients.empty(),
          When{report.last},
          report.clients,
          services,
          std::uint64_t{report.knockers.size()},
          report.flows,
          report.attempts,
          knockers_of(report, Knock::scanner),
          knockers_of(report, Knock::monitor),
          report.pinging};
}

void add_knocker(std::vector<std::string>& lines, const IpAddress& address, const Knocker& knocker) {
  std::string line = "    ";
  line += short_text(address) + ": ";
  if (knocker.kind == Knock::scanner) line += "a scanner, ";
  if (knocker.kind == Knock::monitor)
    line += fmt::format("a monitor, every {}, ", human_span(knocker.interval));
  line += count_text(knocker.attempts, "attempt", "attempts");
  if (knocker.refused != 0) line += fmt::format(", {} refused", knocker.refused);
  lines.push_back(line + ", last " + clock_text(knocker.last, true));
}

void add_knockers(std::vector<std::string>& lines, const std::string& title,
                  const std::map<IpAddress, Knocker>& knockers, bool is_hidden) {
  if (knockers.empty()) return;
  lines.push_back(fmt::format("  {}: {}", title, count_text(knockers.size(), "address", "addresses")));
  std::vector<std::pair<IpAddress, Knocker>> sorted(knockers.begin(), knockers.end());
  mix_when_hidden(sorted, is_hidden);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.attempts > b.second.attempts; });
  for (std::size_t i = 0; i < std::min(sorted.size(), kMaxShownKnockers); ++i)
    add_knocker(lines, sorted[i].first, sorted[i].second);
  if (sorted.size() > kMaxShownKnockers)
    lines.push_back(fmt::format("    and {} more", sorted.size() - kMaxShownKnockers));
}

void add_services(std::vector<std::string>& lines, const std::map<Service, ServiceUse>& services) {
  std::vector<std::pair<Service, ServiceUse>> sorted(services.begin(), services.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.flows > b.second.flows; });
  for (std::size_t i = 0; i < std::min(sorted.size(), kMaxShownServices); ++i) {
    const ServiceUse& use = sorted[i].second;
    lines.push_back(fmt::format("    {:12} {:>14} {:>14} {:>10}   last {}", service_text(sorted[i].first),
                                count_text(use.clients, "client", "clients"),
                                count_text(use.flows, "flow", "flows"),
                                human_bytes(static_cast<double>(use.bytes)), clock_text(use.last, true)));
  }
  if (sorted.size() > kMaxShownServices)
    lines.push_back(fmt::format("    and {} more", sorted.size() - kMaxShownServices));
}

void add_clients(std::vector<std::string>& lines, std::vector<IpAddress> clients, bool is_hidden) {
  mix_when_hidden(clients, is_hidden);
  std::string line = "  clients:";
  for (std::size_t i = 0; i < std::min(clients.size(), kMaxShownKnockers); ++i) {
    line += i == 0 ? " " : ", ";
    line += short_text(clients[i]);
  }
  if (clients.size() > kMaxShownKnockers)
    line += fmt::format(" and {} more", clients.size() - kMaxShownKnockers);
  lines.push_back(line);
}

// "10.20.0.7 is used: 3 clients, last answered 2026-11-30 14:00:02", its services, and who only knocks.
void add_report(std::vector<std::string>& lines, const IpAddress& host, const HostReport& report,
                bool is_hidden) {
  const std::string head = short_text(host);
  if (report.clients.empty()) {
    lines.push_back(head + " is not used: nobody was answered");
  } else {
    lines.push_back(head + fmt::format(" is used: {}, last answered {}",
                                       count_text(report.clients.size(), "client", "clients"),
                                       clock_text(report.last, true)));
    add_services(lines, report.services);
    add_clients(lines, report.clients, is_hidden);
  }
  add_knockers(lines, "of these look like scanners", report.scanning, is_hidden);
  add_knockers(lines, "only knock, and were never answered", report.knockers, is_hidden);
  if (!report.pinging.empty())
    lines.push_back(
        fmt::format("  only ping: {}", count_text(report.pinging.size(), "address", "addresses")));
}

}  // namespace

tl::expected<Answer, std::string> answer_used(QuestionCall& call) {
  const auto hosts = network_word("HOST", call.options.words.front());
  if (!hosts) return call.refuse(hosts.error());
  auto uses = uses_of(call, *hosts);
  if (!uses) return tl::unexpected(uses.error());
  const bool is_one = hosts->bits == (hosts->address.family == 6 ? 128 : 32);
  if (is_one) uses->try_emplace(hosts->address);
  Answer out;
  out.columns = {{.name = "host"},
                 {.name = "used"},
                 {.name = "last"},
                 {.name = "clients"},
                 {.name = "services"},
                 {.name = "unanswered", .look = Look::count},
                 {.name = "flows", .look = Look::count},
                 {.name = "attempts", .look = Look::count},
                 {.name = "scanners"},
                 {.name = "monitors"},
                 {.name = "pinging"}};
  out.only_text = true;
  out.sorted_by.emplace();
  const bool is_hidden = !call.options.anonymise.empty();
  std::vector<IpAddress> order;
  for (const auto& [host, clients] : *uses) order.push_back(host);
  mix_when_hidden(order, is_hidden);
  std::size_t shown = 0;
  for (const IpAddress& host : order) {
    const HostReport report = report_of(uses->at(host));
    if (++shown <= kMaxShownHosts) add_report(out.before, host, report, is_hidden);
    out.rows.push_back(row_of(host, report));
  }
  if (shown > kMaxShownHosts) out.before.push_back(fmt::format("and {} hosts more", shown - kMaxShownHosts));
  if (shown == 0) out.before.push_back("nobody asked any of these hosts for anything");
  return out;
}

}  // namespace weir::engine
