#include "tests/fuzz/pipeline_run.h"

#include "engine/capture/capture_source.h"
#include "engine/offline/worker_pool.h"
#include "rules/load/requires.h"
#include "rules/load/rule_loader.h"
#include "rules/load/rule_tables.h"
#include "rules/state/shared_state.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/scarce_memory.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {
namespace {

constexpr std::string_view kConfiguration = R"(
outputs:
  - eve-log:
      enabled: yes
      community-id: yes
      types:
        - alert: {payload: yes, payload-printable: yes, packet: yes, metadata: yes, verdict: yes}
        - drop: {alerts: yes, flows: all, verdict: yes}
        - anomaly: {types: {decode: yes, stream: yes, applayer: yes}, packethdr: yes}
        - frame
        - flow
        - netflow
        - files: {force-hash: [md5, sha1, sha256]}
        - http: {extended: yes, dump-all-headers: both}
        - dns
        - tls: {extended: yes, ja3: yes}
        - ssh
flow: {memcap: 4mb, hash-size: 64, prealloc: 0}
defrag: {memcap: 1mb, hash-size: 64, prealloc: no}
stream: {memcap: 1mb, prealloc-sessions: 0, midstream: true, reassembly: {memcap: 1mb, depth: 64kb}}
)";

engine::Config make_config() {
  auto config = engine::Config::parse(kConfiguration, "fuzz.yaml", "");
  must(config.has_value(), "the configuration can be read");
  return std::move(*config);
}

class LinesSink final : public output::Sink {
 public:
  explicit LinesSink(std::vector<std::string>& lines) : lines_(lines) {}
  using Sink::write_line;
  void write_line(std::string_view line, const std::shared_ptr<output::LineCondition>& condition) override {
    if (condition != nullptr && !condition->holds()) return;
    const Supply plenty(false);
    must_be_json(line);
    lines_.emplace_back(line);
  }
  void flush() override {}

 private:
  std::vector<std::string>& lines_;
};

// Of frames and of the packets in them.
std::uint64_t counted_verdicts(const engine::Counters& counters) {
  return counters.ips_accepted + counters.ips_replaced + counters.ips_blocked + counters.ips_rejected;
}

bool wanted_memory(const engine::Counters& counters) {
  std::uint64_t out = counters.out_of_memory + counters.flow_memcap + counters.tcp_segment_memcap_drop +
                      counters.frames_refused + counters.events_left_out + counters.pcre_limits +
                      counters.tcp_other_readings_left_out;
  for (const std::uint64_t applied : counters.exceptions) out += applied;
  return out != 0;
}

template <class Each>
void for_each_frame(Bytes capture, Each&& each) {
  const MemoryFile file(capture);
  const auto source = engine::open_capture_files({.paths = {file.path()}, .bpf = {}});
  if (!source) return;
  RawPacket raw;
  for (std::size_t n = 0; n < kMostFrames && (*source)->next(raw) == engine::CaptureSource::Next::packet;
       ++n) {
    raw.number = n + 1;
    raw.capture = nullptr;  // the same name in every run
    each(raw);
  }
}

}  // namespace

PipelineRun::PipelineRun(bool prevent)
    : config_(make_config()), setup_(*engine::PipelineSetup::make(config_, prevent)) {}

std::unique_ptr<const output::EveLog> PipelineRun::make_log() const {
  std::vector<output::EveLog::TypeEntry> types;
  for (const auto& item : config_.items("outputs.0.eve-log.types"))
    types.push_back({item.name, item.settings});
  return std::make_unique<output::EveLog>(config_.sub("outputs.0.eve-log"), types);
}

PipelineRun::Result PipelineRun::play(Bytes capture, const Rules& rules, unsigned workers) const {
  Result out;
  engine::LogOutputs outputs;
  outputs.logs.push_back({make_log(), std::make_unique<LinesSink>(out.lines), "memory"});
  if (workers == 0) {
    play_alone(capture, rules, outputs, out);
    return out;
  }
  rules::SharedState shared;
  engine::WorkerPool pool(workers, setup_, rules, shared, outputs, {});
  pool.run([capture](engine::FrameBlock& block) {
    for_each_frame(capture, [&block](const RawPacket& raw) { block.add(raw, false, nullptr); });
    return false;
  });
  return out;
}

void PipelineRun::play_alone(Bytes capture, const Rules& rules, const engine::LogOutputs& outputs,
                             Result& out) const {
  rules::SharedState shared;
  engine::RunPosition position;
  engine::Pipeline pipeline(setup_, rules, shared, {{outputs.logs[0].log.get(), outputs.logs[0].sink.get()}},
                            position);
  pipeline.verify_checksums(false);
  std::uint64_t frames = 0;
  for_each_frame(capture, [&](const RawPacket& raw) {
    ++frames;
    must(scarcely([&] { pipeline.inspect(raw); }), "a frame is inspected without memory, too");
  });
  must(scarcely([&] { pipeline.finish(); }), "a run ends without memory, too");
  const engine::Counters& counters = pipeline.counters();
  must(counters.decoder_pkts == frames, "every frame is counted");
  must(!setup_.inline_mode || counted_verdicts(counters) >= frames, "every frame has a verdict");
  const engine::PipelineMemory memory = pipeline.memory();
  must(pipeline.flows().size() == 0 && memory.stream_sessions == 0 && memory.stream_data == 0,
       "flows give all memory back");
  out.wanted_memory = wanted_memory(counters);
}

std::shared_ptr<const rules::RuleSet> build_rules(std::string_view text, bool prevent, bool strict) {
  rules::RuleEnvironment environment;
  environment.features = rules::default_features();
  environment.inline_mode = prevent;
  rules::add_default_tables(environment);
  rules::LoadedRules loaded;
  rules::load_rule_text(text, "fuzz.rules", environment, loaded);
  if (strict)
    for (const rules::RuleDiagnostic& d : loaded.diagnostics) must(false, rules::to_string(d).c_str());
  if (loaded.signatures.empty()) return nullptr;
  return rules::RuleSet::build(std::move(loaded.signatures), environment, {});
}

}  // namespace weir::fuzz
