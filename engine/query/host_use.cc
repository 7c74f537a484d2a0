#include "engine/query/host_use.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "decoders/net/ip_protocol.h"
#include "decoders/text.h"
#include "engine/query/conversations.h"
#include "engine/query/read_with.h"
#include "output/flow/flow_json.h"

namespace weir::engine {
namespace {

void add(Use& use, const Conversation& c) {
  const bool is_new = use.answered + use.unanswered == 0;
  use.first = is_new ? c.first() : std::min(use.first, c.first());
  use.last = std::max(use.last, c.last());
  use.answered += c.answered_flows;
  use.unanswered += c.flows - c.answered_flows;
  if (c.answered) {
    use.bytes += c.bytes();
    use.last_answered = std::max(use.last_answered, c.last_answered_last());
    use.starts = {};
    return;
  }
  use.refused += c.refused_flows;
  if (use.answered == 0 && use.starts.size() < kMaxUseStarts) use.starts.push_back(c.first());
}

// The interval of attempts that come in a beat: most gaps are within a tenth of the middle one.
std::optional<TimeUs> beat_of(std::vector<TimeUs> starts) {
  if (starts.size() < kMonitorAttempts) return std::nullopt;
  std::sort(starts.begin(), starts.end());
  std::vector<TimeUs> gaps;
  for (std::size_t i = 1; i < starts.size(); ++i) gaps.push_back(starts[i] - starts[i - 1]);
  std::sort(gaps.begin(), gaps.end());
  const TimeUs middle = gaps[gaps.size() / 2];
  const auto is_near = [&](TimeUs gap) { return gap >= middle - middle / 10 && gap <= middle + middle / 10; };
  const auto near = static_cast<std::size_t>(std::count_if(gaps.begin(), gaps.end(), is_near));
  return middle > 0 && near * 10 >= gaps.size() * 8 ? std::optional(middle) : std::nullopt;
}

}  // namespace

std::string service_text(const Service& service) {
  const std::string name = lower_case(output::flow_protocol_name(service.protocol));
  return ip_protocol::has_ports(service.protocol) ? fmt::format("{}/{}", name, service.port) : name;
}

Knocker knocker_of(const Uses& uses) {
  Knocker out;
  for (const auto& [service, use] : uses) {
    out.attempts += use.unanswered;
    out.refused += use.refused;
    out.last = std::max(out.last, use.last);
  }
  if (uses.size() >= kScannedPorts) {
    out.kind = Knock::scanner;
    return out;
  }
  for (const auto& [service, use] : uses) {
    const auto beat = beat_of(use.starts);
    if (!beat) continue;
    out.kind = Knock::monitor;
    out.interval = *beat;
  }
  return out;
}

tl::expected<std::map<IpAddress, Clients>, std::string> uses_of(QuestionCall& call, const IpNetwork& hosts) {
  std::map<IpAddress, Clients> out;
  std::size_t kept = 0;
  std::uint64_t left_out = 0;
  Conversations conversations({.raw = call.options.raw}, [&](const Conversation& c) {
    if (!hosts.contains(c.server)) return;
    if (kept >= kMaxUses) {
      ++left_out;
      return;
    }
    Uses& uses = out[c.server][c.client];
    const auto [place, is_new] = uses.try_emplace({.protocol = c.protocol, .port = c.server_port});
    kept += is_new ? 1 : 0;
    add(place->second, c);
  });
  RecordQuery query = window_of(call);
  query.hosts.add(hosts);
  if (auto read = read_conversations(call, query, conversations); !read) return tl::unexpected(read.error());
  if (left_out != 0)
    call.warnings.push_back(fmt::format(
        "more than {} clients and services: {} conversations are left out; ask for less time, or fewer hosts",
        kMaxUses, left_out));
  return out;
}

}  // namespace weir::engine
