// What a pipeline takes from the configuration.
#include <algorithm>

#include "engine/config/config.h"
#include "engine/pipeline/pipeline.h"

namespace weir::engine {
namespace {

constexpr std::uint64_t kMaxGuesses = 200;  // of detect.stream-tx-log-limit

}  // namespace

tl::expected<PipelineSetup, std::string> PipelineSetup::make(const Config& config, bool inline_mode,
                                                             bool fail_open) {
  PipelineSetup out;
  out.inline_mode = inline_mode;
  out.checksums_keep_out = config.flag("stream.checksum-validation", true);
  out.decoding = DecodeSettings::from(config);
  out.defrag = DefragSettings::from(config);
  out.flows = FlowTableSettings::from(config);
  out.streams = StreamSettings::from(config.sub("stream"), inline_mode);
  out.streams.midstream = picks_up_midstream(config, inline_mode, fail_open);
  out.streams.host_os = HostOsPolicies::from(config);
  out.defrag.receivers.host_os = out.streams.host_os;
  out.log_limits = LogLimits::from(config);
  out.normaliser = NormaliserSettings::from(config.sub("weir.normalizer"));
  out.meters = MeterSettings::from(config);
  out.flows.metered = out.meters.in_eve;
  out.flows.metered_payload = out.meters.payload;
  out.policies = ExceptionPolicies::from(config, inline_mode, fail_open);
  out.streams.pick_up = out.policies.follows_midstream();
  out.detection.packet_alert_max = static_cast<std::size_t>(config.number("packet-alert-max", 15));
  out.detection.inline_mode = inline_mode;
  if (config.flag("detect.guess-applayer-tx", false))
    out.detection.guess_limit =
        static_cast<unsigned>(std::min(config.number("detect.stream-tx-log-limit", 4), kMaxGuesses));
  auto app_layer = AppLayerSetup::make(config);
  if (!app_layer) return tl::unexpected(app_layer.error());
  out.app_layer = std::move(*app_layer);
  return out;
}

std::string PipelineSetup::want_records(bool any, bool fingerprints) {
  if (meters.only && !any)
    return "--flows-only: nobody takes the records; name a folder with --store, a collector with "
           "--flow-export, "
           "or set weir.flows.clickhouse.url";
  const bool asks = meters.payload != 0 || meters.sample.how != MeterSettings::Sampling::all;
  if (asks && !any && !meters.in_eve)
    return "--sample, --flow-payload: nobody takes records of flows; name a folder with --store, a collector "
           "with "
           "--flow-export, or set weir.flows.clickhouse.url or weir.flows.eve";
  if (meters.only && inline_mode) return "--flows-only: what passes inline is inspected; use weir detect";
  flows_only = flows.any_makes_room = meters.only;
  flows.metered = any || meters.in_eve;
  meters.fingerprints = fingerprints || meters.in_eve;
  if (any || meters.parts_in_eve) flows.report_every_s = meters.report_every_s;
  return {};
}

}  // namespace weir::engine
