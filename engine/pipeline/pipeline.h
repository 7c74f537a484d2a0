// A packet's journey: decode, defragment, flow, stream, application layer, detection, decision, log.
//
// One Pipeline a worker; it owns everything that belongs to the worker's flows, so nothing on the packet path
// is locked. Detect and prevent mode, files and live capture differ only in who calls inspect() and what is
// done with the verdict.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/decode.h"
#include "decoders/packet.h"
#include "engine/account/exception_policy.h"
#include "engine/account/stats.h"
#include "engine/account/verdict.h"
#include "engine/app/app_layer.h"
#include "engine/defrag/dropped_datagrams.h"
#include "engine/detect/detect.h"
#include "engine/flow/ended_flows.h"
#include "engine/flow/flow_table.h"
#include "engine/flow/fragment_meter.h"
#include "engine/flow/meter_settings.h"
#include "engine/log/event_log.h"
#include "engine/log/flow_recorder.h"
#include "engine/log/log_outputs.h"
#include "engine/log/run_position.h"
#include "engine/pipeline/frame_decoder.h"
#include "engine/pipeline/normaliser.h"
#include "engine/tcp/tcp_session.h"

namespace weir::engine {

class Config;

// What the pipelines of a run share: made once from the configuration, immutable.
struct PipelineSetup {
  DecodeSettings decoding;
  DefragSettings defrag;
  FlowTableSettings flows;
  StreamSettings streams;
  DetectSettings detection;
  std::shared_ptr<const AppLayerSetup> app_layer;
  ExceptionPolicies policies;
  MeterSettings meters;
  bool flows_only = false;  // packets are counted for records, and nothing else is done with them
  LogLimits log_limits;
  NormaliserSettings normaliser;
  bool inline_mode = false;
  Ticks packet_budget = 0;  // of one frame's inspection; 0: as long as it takes
  bool checksums_keep_out = true;  // stream.checksum-validation: wrong ones are no part of the stream
  // Fails with a text when a setting cannot be used.
  // `fail_open`: what cannot be inspected as it should passes, unless the configuration says otherwise.
  static tl::expected<PipelineSetup, std::string> make(const Config& config, bool inline_mode, bool fail_open = false);
  // Whether somebody takes the records of flows: PoolLinks::records of the pipelines.
  // Gives why that cannot be, or nothing. `any`: somebody does; `fingerprints`: and wants those of TLS.
  [[nodiscard]] std::string want_records(bool any, bool fingerprints = false);
};

// What a pipeline has of the run that it works in.
struct PoolLinks {
  DeferredAlerts* deferred = nullptr;  // decides on thresholds; null: detection does
  rules::Turn* turn = nullptr;         // for what other pipelines change, too; null: at any time
  output::FileStore* files = nullptr;  // null: files are not stored
  PacketLinks packets{};
  // Shared with pipelines that get other flows of the same hosts; null: its own.
  ExpectedFlows* expected = nullptr;
  RangedFiles* ranged = nullptr;
  // Null: nobody wants records. Else the setup's flows are `metered`.
  RecordTap* records = nullptr;
};

// Bytes that a pipeline's tables take, as they account for them themselves.
struct PipelineMemory {
  std::uint64_t flows = 0;            // the flow table
  std::uint64_t stream_sessions = 0;  // stream.memcap
  std::uint64_t stream_data = 0;      // stream.reassembly.memcap
  std::uint64_t defrag = 0;
  PipelineMemory& operator+=(const PipelineMemory& other) {
    flows += other.flows;
    stream_sessions += other.stream_sessions;
    stream_data += other.stream_data;
    defrag += other.defrag;
    return *this;
  }
};

// What the caller of inspect() may want to know besides the verdict. Valid until the next call.
struct Outcome {
  Verdict verdict = Verdict::accept;
  DropReason reason = DropReason::none;
  // With verdict reject: the packet to be answered, and which of its ends are told; see engine/pipeline/rejection.h. In detect
  // mode the packet itself goes on all the same.
  const Packet* rejected = nullptr;
  RejectTarget reject = RejectTarget::none;
  // The rest of the packet's flow need not be shown to us any more.
  bool bypass = false;
  // With verdict accept: what goes on; other bytes than came when `replaced` (the length is the same), for its payload
  // or, inline, for its headers.
  Bytes frame;
  bool replaced = false;
};

class Pipeline {
 public:
  // `setup`, `shared`, `position` and what `pool` names outlive the pipeline. It always moves `position` to where
  // the events being written stand.
  Pipeline(const PipelineSetup& setup, std::shared_ptr<const rules::RuleSet> rules,
           rules::SharedState& shared, const std::vector<EventLog::Output>& outputs, 
           RunPosition& position, const PoolLinks& pool = {});
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // The views in `raw` are needed only during the call. Never fails for want of memory: what there is none for is left
  // undone and counted, and the exception policies say what becomes of the packet.
  Verdict inspect(const RawPacket& raw);
  // The same for some of the packets of a decoded frame, bit i for frame.packets[i]; other pipelines may have
  // the rest at the same time.
  Verdict inspect(DecodedFrame& frame, PacketMask which);
  // ICMP errors that another pipeline has, and that quote flows of this one.
  void note_quoting(const DecodedFrame& frame, PacketMask which);
  // Of the last inspect().
  [[nodiscard]] const Outcome& outcome() const { return outcome_; }
  // Packet time has moved on (inspect() does this itself): flows whose time is over end.
  void advance_clock(TimeUs now, std::uint64_t packet_number);
  // Between two packets, on the worker's thread: these rules, not null and built with the present ones as `previous`,
  // take over. Flows keep all that is known of them: streams, parsers, transactions, bits and variables, and what was
  // decided of them. Only of a pipeline that was made with rules and does not defer alerts. The caller holds the old set
  // until every worker has the new one, and lets go of it elsewhere: freeing it takes a while.
  void set_rules(std::shared_ptr<const rules::RuleSet> rules);
  // Packets may have gone by that were not shown to us: what flows that are there say from now on need not fit what we
  // know of them, and is not dropped for that.
  void packets_were_missed() { missed_until_ = now_; }
  // The run is over: every flow ends.
  void finish();

  // The text outlives the pipeline's events.
  void set_interface(std::string_view name) {
    log_.set_interface(name);
    if (recorder_) recorder_->set_interface(name);
  }
  // Whether checksums of the following packets are looked at; on at first.
  void verify_checksums(bool on) { decoder_.verify_checksums(on && !setup_.flows_only); }
  [[nodiscard]] Counters counters() const;
  // Between two packets.
  [[nodiscard]] const FlowTable& flows() const { return flows_; }
  // From now on nothing of this flow passes, whatever the rules say; each packet's drop event says why. Only in
  // inline mode. `flow` is one of flows().
  void drop_flow(Flow& flow);
  [[nodiscard]] PipelineMemory memory() const;
  // Null unless the setup asks for it.
  [[nodiscard]] const RuleProfile* rule_profile() const { return detect_ ? detect_->profile() : nullptr; }

 private:
  // Where one packet stands on its way.
  struct Step {
    Packet& packet;
    Flow* flow = nullptr;
    Direction direction = Direction::to_server;
    const SegmentResult* segment = nullptr;
    const std::vector<Anomaly>* stream_events = nullptr;
    const output::TunnelRecord* tunnel = nullptr;
    const Packet* around = nullptr;                  // that it was in, or the last fragment of it
    const rules::VariableList* variables = nullptr;  // of the packet, once detection ran
    std::uint64_t frame = 0;        // as the log of packets counts them; 0: no frame brought the packet
    bool is_frame = false;          // the packet that came from the wire, not one inside it: it can be rewritten
    bool refused_fragment = false;  // there was no room to put its datagram together
    bool established = false;   // the flow is, as rules see it at this packet
    bool last_of_flow = false;  // pseudo packet after which nothing comes
    bool only_transactions = false;  // are to be inspected
    bool bypass = false;        // the flow is to be left alone once this packet is done with
    bool counted = false;       // its verdict is
    bool drop_logged = false;
    bool replaces = false;      // replaced_payload_ is its own
    unsigned rounds = 0;        // that are behind it, of parsing and looking at what was parsed
    Stage stage = Stage::flow;  // that it has reached
    PacketFate fate{};
  };

  void request_for(const rules::RuleSet* rules);
  Verdict inspect_packets(DecodedFrame& frame, PacketMask which);
  void inspect_one(Step& step);
  void conclude(const Step& step, bool outermost);
  void find_flow(Step& step);
  // pipeline_meter.cc: what records say of packets.
  [[gnu::noinline]] void meter(const Step& step, bool created);
  [[gnu::noinline]] void meter_other(const Step& step, bool created);
  [[gnu::noinline]] void meter_alone(const Packet& packet, const Packet* around);
  void meter_fragment(const Packet& fragment);
  void meter_only(const Packet& packet, const Packet* around);
  void meter_cut(const Packet& packet);
  void note_quoting(const Packet& error);
  void count_in(Flow& flow, Direction d, const Packet& packet, const Packet* around, bool created);
  [[gnu::noinline]] void count_datagram(FlowMeter& meter, Direction d, const Packet& datagram,
                                        const Packet& last);
  [[nodiscard]] bool leaves_out(const Flow& flow) const;
  void follow_connection(Flow& flow, const Packet& packet);
  void meter_given_up(const FragmentedDatagram& datagram);
  // Of fragments that have not become a datagram for long, or at all.
  void expire_fragments(TimeUs now);
  void identify(Flow& flow, const Transaction& tx);
  // pipeline_ended.cc: flows that come back after their end.
  // This packet begins another connection than the flow's, or goes on with an older one of the same ends.
  bool is_of_another(Flow& flow, const Packet& packet, Direction direction) {
    if (!packet.has_tcp) return false;
    if (flow.contested && comes_back(flow, packet, direction)) return true;
    return flow.tcp != nullptr && TcpSession::is_reuse(*flow.tcp, packet, direction);
  }
  FlowTable::Lookup begin_another(const FlowTable::Lookup& old, const Packet& packet);
  bool comes_back(Flow& flow, const Packet& packet, Direction direction);
  [[nodiscard]] bool recalls(const Packet& packet) const {
    return !ended_.empty() && (packet.has_tcp || setup_.inline_mode);
  }
  bool recall(FlowTable::Lookup& lookup, const Packet& packet);
  void pick_up(Flow& flow, const EndedFlow& past);
  [[nodiscard]] bool may_come_back(const Flow& flow, FlowEnd reason) const;
  [[nodiscard]] bool is_worth_remembering(const Flow& flow, const EndedFlow& facts) const;
  void remember(const Flow& flow, EndedFlow facts);

  [[gnu::noinline]] void keep_packet(const Step& step) const;
  void track_stream(Step& step);
  void follow_segment(Step& step);
  static void disable_raw(Flow& flow);
  void parse_application(Step& step);
  const DetectResult& detect(Step& step);
  [[gnu::noinline]] static void note_macs(Flow& flow, const Packet& packet, Direction d);
  static bool is_established(const Flow& flow);
  static bool is_paused(const Flow* flow);
  [[nodiscard]] static bool has_anomalies(const Step& step);
  void write_events(Step& step, const DetectResult& found);
  static PacketFacts facts_of(const Step& step) {
    return {step.packet, step.flow, step.direction, step.tunnel, step.variables, step.frame};
  }

  // pipeline_decide.cc
  [[nodiscard]] bool over_budget() const { return deadline_ != 0 && ticks_now() > deadline_; }
  bool is_settled(Step& step);
  void apply_policy(Step& step, ExceptionTarget target);
  void judge_segment(Step& step);
  static bool depth_reached(const Flow& flow);
  void finish_rewriting(Step& step, bool done) const;
  static void pass_flow(Flow& flow);
  void decide(Step& step, const DetectResult& found);
  void replace_contents(Step& step, const DetectResult& found);
  void count_verdict(Step& step);
  void take_back_verdict(Step& step);
  [[gnu::noinline]] void normalise(Step& step);
  void let_go_of_flow(Step& step);

  void enter(Step& step, Stage stage) {
    stages_.enter(stage);
    step.stage = stage;
  }
  // pipeline_memory.cc: what an allocation that failed leads to.
  void run_out_of_memory(Step& step);
  Verdict run_out_of_memory(const RawPacket& raw);
  void run_out_of_memory_behind_verdict(Step& step);

  // pipeline_readings.cc
  [[gnu::noinline]] void look_for_other_readings(Step& step);
  void look_for_combinations(Step& step);
  void begin_reading(Step& step, const Flow& from, const TcpReading& change, std::size_t place);
  void leave_out_reading(Step& step);
  void begin_with_message(Flow& flow, Flow& other);
  [[gnu::noinline]] void follow_readings(Step& step);
  void heed(Step& step, const Step& along);
  void finish_readings(Flow& flow);
  [[nodiscard]] std::span<const std::uint64_t> told_before() const;
  [[gnu::noinline]] void write_alerts(Step& step, const DetectResult& found);

  static void let_go_of_bodies(Flow& flow);
  void settle_transactions(Step& step);
  void settle_frames(Step& step) {
    if (step.flow != nullptr && has_frames(step.flow->app.get(), step.direction)) write_frames(step);
  }
  void write_frames(Step& step);  // pipeline_frames.cc
  // pipeline_pseudo.cc
  bool has_more(Step& step);
  void end_flow(Flow& flow, FlowEnd reason);
  void finish_stream(Flow& flow);
  void inspect_pseudo(Flow& flow, Direction direction, PacketOrigin origin, bool last);
  void inspect_pseudo(Step& step);
  void finish_protocol(Step& step);
  [[gnu::noinline]] void end_protocol(Step& step);
  // A packet of a flow's direction that no frame brought; until the next one, and as long as `segment` lives.
  Step pseudo_step(Flow& flow, Direction direction, PacketOrigin origin, const SegmentResult& segment);
  void update_flow_state(Flow& flow);
  void count(const Packet& packet);
  void count_stacked_tags(const Packet& packet);
  void count_tunnel(const Packet& inner);
  void count_stream_events();

  const PipelineSetup& setup_;
  RunPosition& position_;
  Counters counters_;
  StageClock stages_{counters_.stages};
  FrameDecoder decoder_;
  DecodedFrame frame_;  // reused from frame to frame
  MemoryBudget stream_memory_;  // before the flows: sessions that are left give their bytes back when they die
  FlowTable flows_;
  EndedFlows ended_;
  std::vector<std::uint8_t> rewritten_;  // the frame of a packet of which something was replaced
  std::vector<std::uint8_t> replaced_payload_;
  Normaliser normaliser_;
  DroppedDatagrams dropped_datagrams_;
  Outcome outcome_;
  Requested requested_by_outputs_;
  bool notes_macs_ = false;  // of flows, for logs that show them
  AppLayerDriver apps_;
  std::optional<Detect> detect_;  // none without rules
  EventLog log_;
  std::optional<FlowRecorder> recorder_;  // none: nobody wants records
  FragmentMeter fragments_;
  bool samples_packets_ = false;        // not all of them are counted for records
  bool sampled_ = true;                 // the packets of this frame are counted
  const Packet* completing_ = nullptr;  // the fragment that its datagram has been counted with
  Packet pseudo_;
  SegmentResult segment_;
  std::vector<Anomaly> stream_events_;
  PacketLinks packets_;
  std::uint64_t frame_number_ = 0;  // of the frame at hand, for the log of packets
  TimeUs now_ = 0;
  TimeUs missed_until_ = -1;  // flows that began by then may lack packets
  Ticks deadline_ = 0;        // of the frame at hand; 0: none
  std::uint64_t packet_number_ = 0;
  std::uint32_t other_readings_ = 0;   // of flows that are there
  OtherReadings* readings_ = nullptr;  // what is inspected now is one of them
  DetectResult nothing_;
};

}  // namespace weir::engine
