#include "engine/flow/meter_settings.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "decoders/text.h"
#include "engine/flow/flow_meter.h"

namespace weir::engine {
namespace {

constexpr std::uint64_t kMostSeconds = 365ULL * 24 * 3600;
constexpr std::array<const char*, 4> kClasses{"default", "tcp", "udp", "icmp"};  // by FlowClass

constexpr std::array<std::string_view, 3> kSamplings{"count", "random",
                                                     "flow"};  // by Sampling, from the second

}  // namespace

// The finaliser of splitmix64.
std::uint64_t MeterSettings::scattered(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

std::optional<MeterSettings::Sample> MeterSettings::parse_sample(std::string_view text) {
  constexpr std::string_view kOneOf = "1:";
  if (!text.starts_with(kOneOf)) return std::nullopt;
  std::string_view digits = text.substr(kOneOf.size()), how = kSamplings.front();
  if (const std::size_t colon = digits.find(':'); colon != std::string_view::npos) {
    how = digits.substr(colon + 1);
    digits = digits.substr(0, colon);
  }
  const auto n = parse_number<std::uint32_t>(digits);
  const auto* const way = std::find(kSamplings.begin(), kSamplings.end(), how);
  if (!n || *n == 0 || way == kSamplings.end()) return std::nullopt;
  if (*n == 1) return Sample{};
  return Sample{static_cast<Sampling>(1 + (way - kSamplings.begin())), *n};
}

MeterSettings MeterSettings::from(const Settings& root) {
  MeterSettings out;
  out.only = root.flag("weir.flows.only", false);
  if (const auto text = root.text("weir.flows.sample")) {
    if (const auto sample = parse_sample(*text))
      out.sample = *sample;
    else
      root.unreadable("weir.flows.sample", kSampleExpected);
  }
  out.in_eve = root.flag("weir.flows.eve", false);
  const std::uint64_t payload = root.number("weir.flows.payload", 0);
  if (payload > FlowMeter::kMostPayload)
    root.unreadable("weir.flows.payload", "up to 512");
  else
    out.payload = static_cast<std::uint16_t>(payload);
  out.parts_in_eve = out.in_eve && root.has("weir.flows.status-interval");
  const std::uint64_t every =
      std::min(root.number("weir.flows.status-interval", kReportEveryS), kMostSeconds);
  for (std::size_t i = 0; i < kClasses.size(); ++i)
    out.report_every_s[i] = static_cast<std::int64_t>(
        std::min(root.number(std::string("weir.flows.active-timeout.") + kClasses[i], every), kMostSeconds));
  return out;
}

}  // namespace weir::engine
