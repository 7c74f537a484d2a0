// What a worker counts: plain numbers that only it touches, summed over the workers when a stats event is
// due.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decoders/anomaly.h"
#include "decoders/app/app_proto.h"
#include "decoders/packet.h"
#include "engine/account/exception_policy.h"
#include "engine/account/latency.h"
#include "engine/account/stage_clock.h"
#include "engine/account/verdict.h"

namespace weir::engine {

// Counts of one application protocol, by Transport (TCP 0, UDP 1).
struct AppCounters {
  std::array<std::uint64_t, 2> flows{}, transactions{}, gap_errors{}, parser_errors{};
};

inline constexpr std::size_t kProtoCount = static_cast<std::size_t>(Proto::count_);

struct Counters {
#define COUNTER(field, name) std::uint64_t field = 0;
#include "engine/account/counters.def"
#undef COUNTER
  std::array<std::uint64_t, kProtoCount> layers{};  // by Proto
  std::array<std::uint64_t, static_cast<std::size_t>(Anomaly::count_)> anomalies{};
  std::array<AppCounters, kMaxAppProtos> app{};
  std::array<std::uint64_t, kDropReasons> drop_reasons{};      // by DropReason; index 0 unused
  std::array<std::uint64_t, kExceptionTargets> exceptions{};  // policies applied, other than ignore
  StageTicks stages{};  // sampled: only their proportions mean something
  LatencyTicks latency{};  // of frames, sampled likewise

  // Sums, and takes the greater of maxima.
  Counters& operator+=(const Counters& other);
};

// Stage of the pipeline and its part of the time, 0 to 1 with three decimals; empty when nothing was timed.
std::vector<std::pair<std::string_view, double>> stage_shares(const StageTicks& stages);

// Names and values for a stats event, in the order in which they are written. The names live as long as the
// object (which is to be kept: names of protocols and anomalies are made once).
class CounterNames {
 public:
  // `ips`: prevent mode, which counts verdicts. Of an exception policy only the one that is set is counted; with
  // `policies_per_protocol` also by application protocol.
  struct Options {
    bool ips = true;
    ExceptionPolicies policies{};
    bool policies_total = true, policies_per_protocol = false;
    static Options from(const Settings& root, bool inline_mode, bool fail_open = false);
  };
  CounterNames() : CounterNames(Options{}) {}
  explicit CounterNames(const Options& options);
  using Value = std::pair<std::string_view, std::uint64_t>;
  [[nodiscard]] std::vector<Value> values(const Counters& counters) const;

 private:
  struct AppNames {
    std::array<std::string, 2> flow, tx, gap, parser, policy;
    std::array<bool, 2> used{};
  };
  Options options_;
  std::array<std::string, kDropReasons> drop_reasons_;
  std::array<std::string, kExceptionTargets> exceptions_;  // empty: not counted
  std::array<std::string, kProtoCount> layers_;
  std::array<std::string, static_cast<std::size_t>(Anomaly::count_)> anomalies_;
  std::array<AppNames, kMaxAppProtos> app_;
};

}  // namespace weir::engine
