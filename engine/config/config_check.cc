#include "engine/config/config_check.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "rules/compile/action_order.h"

namespace weir::engine {
namespace {

constexpr std::array<std::string_view, 9> kPolicyKeys{
    "exception-policy",        "stream.memcap-policy",     "stream.reassembly.memcap-policy",
    "stream.midstream-policy", "defrag.memcap-policy",     "flow.memcap-policy",
    "app-layer.error-policy",  "weir.packet-budget-policy", "weir.memory-policy"};
constexpr std::array<std::string_view, 10> kPolicies{"auto",        "ignore",    "drop-flow",
                                                     "drop-packet", "reject",    "rejectboth",
                                                     "reject-both", "bypass",    "pass-flow",
                                                     "pass-packet"};

// Why the policy for connections without a handshake cannot be kept; empty when it can.
std::string_view midstream_fault(std::string_view policy, bool midstream) {
  if (policy == "drop-packet" || policy == "pass-packet") return "it is about whole flows, not packets";
  if (midstream && policy != "ignore" && policy != "auto" && policy != "pass-flow")
    return "with stream.midstream only ignore and pass-flow make sense";
  return {};
}

}  // namespace

std::vector<std::string> check_policies(const Config& config) {
  std::vector<std::string> out;
  for (const std::string_view key : kPolicyKeys) {
    const auto policy = config.text(key);
    if (!policy) continue;
    if (std::find(kPolicies.begin(), kPolicies.end(), *policy) == kPolicies.end()) {
      out.push_back(fmt::format("{}: '{}' is not an exception policy; there are {}", key, *policy, fmt::join(kPolicies, ", ")));
    } else if (key == "stream.midstream-policy") {
      const std::string_view fault = midstream_fault(*policy, config.flag("stream.midstream", false));
      if (!fault.empty()) out.push_back(fmt::format("{}: '{}' is not possible: {}", key, *policy, fault));
    }
  }
  const auto order = rules::ActionOrder::parse(config.list("action-order"));
  if (!order) out.push_back(fmt::format("action-order: {}", order.error()));
  return out;
}

}  // namespace weir::engine
