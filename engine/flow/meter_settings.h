// `weir.flows`: what records of flows say, and how often.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "decoders/settings.h"

namespace weir::engine {

struct MeterSettings {
  static constexpr std::int64_t kReportEveryS = 60;  // where nothing else is said

  // Which packets are counted: all, every N-th, one of N at random, or those of one of N flows.
  enum class Sampling : std::uint8_t { all, count, random, flow };
  struct Sample {
    Sampling how = Sampling::all;
    std::uint32_t n = 1;
  };
  // "1:N", "1:N:count", "1:N:random" or "1:N:flow"; none of anything else.
  static std::optional<Sample> parse_sample(std::string_view text);
  static constexpr const char* kSampleExpected = "1:N, 1:N:random or 1:N:flow";

  bool only = false;          // only: nothing else is done with packets
  bool in_eve = false;        // eve: flow events show what the meter knows
  bool parts_in_eve = false;  // and so do events of flows that go on: where status-interval is given as well
  bool fingerprints = false;  // records say JA4 and digests of certificates: somebody wants them
  std::uint16_t payload = 0;  // payload: first bytes of each direction
  // active-timeout.{default,tcp,udp,icmp}, else status-interval: by FlowClass, seconds after which a part of the record of a flow
  // that goes on is told; 0: the record comes at its end.
  std::array<std::int64_t, 4> report_every_s{kReportEveryS, kReportEveryS, kReportEveryS, kReportEveryS};

  Sample sample;  // sample

  [[nodiscard]] bool leaves_out_packets() const {
    return sample.how == Sampling::count || sample.how == Sampling::random;
  }
  // Of a packet, by its number in the run; the same in every run.
  [[nodiscard]] bool takes_packet(std::uint64_t number) const {
    if (sample.how == Sampling::count) return number % sample.n == 0;
    return sample.how != Sampling::random || scattered(number) % sample.n == 0;
  }
  // Of a flow, by fixed_hash() of its key.
  [[nodiscard]] bool takes_flow(std::uint64_t hash) const {
    return sample.how != Sampling::flow || hash % sample.n == 0;
  }

  // `root` is the whole configuration.
  static MeterSettings from(const Settings& root);

 private:
  static std::uint64_t scattered(std::uint64_t number);
};

}  // namespace weir::engine
