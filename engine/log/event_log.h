// Turns what the engine found into EVE records and hands them to the worker's log sessions.
//
// One EventLog a worker. Records are built in members that are reused: nothing is allocated per event in
// steady state.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "decoders/packet.h"
#include "engine/account/exception_policy.h"
#include "engine/account/stats.h"
#include "engine/account/verdict.h"
#include "engine/app/due_transactions.h"
#include "engine/detect/detect.h"
#include "engine/flow/flow.h"
#include "engine/log/log_limits.h"
#include "output/file_store.h"
#include "output/log.h"
#include "output/packet_log_settings.h"
#include "output/packet_tap.h"
#include "output/records.h"
#include "rules/set/rule_set.h"

namespace weir::engine {

struct AppLayer;

// Where a packet stands: what every event about it needs.
struct PacketFacts {
  const Packet& packet;
  Flow* flow = nullptr;  // null: the packet carries no flow
  Direction direction = Direction::to_server;
  const output::TunnelRecord* tunnel = nullptr;    // the packet around it
  const rules::VariableList* variables = nullptr;  // what rules captured of it; null: nothing
  std::uint64_t frame = 0;                         // as PacketTap counts them; 0: no frame brought it
};

class DeferredAlerts;  // engine/log/deferred_alert.h

class EventLog {
 public:
  // One log, and the sink of this worker's lines. Both outlive the EventLog. After an exception out of any member the
  // event at hand is lost, and nothing else.
  struct Output {
    const output::Log* log;
    output::Sink* sink;
  };
  // `rules` may be null (no names of flowbits are needed then).
  // `deferred` decides on alerts that are marked so; null when there are none.
  EventLog(const std::vector<Output>& outputs, std::shared_ptr<const rules::RuleSet> rules,
           Counters& counters, const ExceptionPolicies& policies, bool inline_mode, DeferredAlerts* deferred);
  // Files go to `store` from now on. `turn`: of one of several workers, see rules/turn.h; may be null.
  void store_files(output::FileStore& store, rules::Turn* turn);

  // What alerts and tags are about is told to `packets` from now on, as a log of these packets wants it.
  void tell_packets(output::PacketTap& packets, output::PacketLogSettings::Which which);

  // Before the first event; without it there are none.
  void set_limits(const LogLimits& limits);

  // Between two packets: what follows was found by these.
  void set_rules(std::shared_ptr<const rules::RuleSet> rules) { rules_ = std::move(rules); }

  // The interface that the packets come from; the text outlives the events.
  void set_interface(std::string_view name) { interface_ = name; }

  // Of a packet that has some: decoder and stream anomalies, and the application layer's engine events.
  void anomalies(const PacketFacts& facts, const std::vector<Anomaly>* stream_events);
  void alerts(const PacketFacts& facts, const DetectResult& found, const PacketFate& fate);
  // Of a packet that is one.
  void arp(const PacketFacts& facts);
  // A packet that a rule's tag asks for.
  void tagged_packet(const PacketFacts& facts);
  // A packet that is dropped or rejected, and the rule that says so, if any does.
  void drop(const PacketFacts& facts, const DetectResult& found, const PacketFate& fate);
  // Some log writes frames.
  [[nodiscard]] bool wants_frames() const { return wants_frames_; }
  // Frames of the packet's direction that are whole, or of which there is enough to be shown.
  void frames(const PacketFacts& facts);
  // Writes what is due of one transaction: its event once both sides have come far enough, its anomalies and
  // closed files. Everything is written: by every logger that wants the transaction or its files.
  Written transaction(const PacketFacts& facts, const DueTransaction& due);
  // `metered`: what its meter says, to be shown; null: nothing of it.
  void flow_end(const Flow& flow, FlowEnd reason, TimeUs now, const flow::Record* metered = nullptr);
  // Of a flow that goes on: what there was of it until now.
  void flow_part(const Flow& flow, TimeUs now, const flow::Record& metered);

 private:
  struct TxLogger {  // one output's logger of a protocol
    output::LogSession* session;
    const output::ActiveTxLogger* active;
  };
  // While it lives what is written is cut at what the flow has left. `flow` may be null.
  class Charge {
   public:
    enum class Kind : std::uint8_t {
      event,  // counts as the flow's, and so does that it was cut
      // An alert or a drop: not left out for others, nor others for it. Whether it is written may be decided later, so it
      // must leave no trace in what the flow has left. That it was cut stands in itself.
      alert
    };
    Charge(EventLog& log, Flow* flow, Kind kind = Kind::event);
    ~Charge();
    Charge(const Charge&) = delete;
    Charge& operator=(const Charge&) = delete;

   private:
    EventLog& log_;
    Flow* flow_;
    Kind kind_;
    std::uint64_t bytes_before_, cut_before_;
  };
  // What the flow may have written in all.
  [[nodiscard]] std::uint64_t share_of(const Flow& flow) const;
  // An event that the flow has no share left for is counted instead.
  [[nodiscard]] bool leaves_out(Flow* flow);
  void name_origin(output::EventHead& head) const;
  // Not inlined: what each packet goes through stays short.
  [[gnu::noinline]] void write_anomalies(const PacketFacts& facts, const std::vector<Anomaly>* stream_events,
                                         const AppLayer* app);
  [[gnu::noinline]] void write_alerts(const PacketFacts& facts, const DetectResult& found,
                                      const PacketFate& fate);
  void write_flow(const Flow& flow);
  void fill_frame(const PacketFacts& facts, const FrameLook& look, output::FrameFacts& out);
  void write_alert(const PacketFacts& facts, const Alert& alert, output::AlertRecord& record);
  void keep_packets(const PacketFacts& facts, const Alert& alert, output::AlertRecord& record);
  // Rules want no events of it.
  static bool is_unlogged(const Flow& flow, Transaction& tx);
  void anomaly(output::AnomalyRecord& record, Flow* flow);
  void transaction_anomalies(const PacketFacts& facts, Transaction& tx);
  Written transaction_files(const PacketFacts& facts, Transaction& tx, bool over, bool inspected);
  void store_file(const PacketFacts& facts, const Transaction& tx, Direction d, AppFile& file, bool decided);
  void write_file(const PacketFacts& facts, const Transaction& tx, Direction d, AppFile& file);
  void alert_record(const PacketFacts& facts, output::AlertRecord& record);
  void fill_verdict(const PacketFate& fate, output::AlertRecord& record) const;
  void fill_flow(const Flow& flow);
  [[nodiscard]] bool blocks(rules::Action action) const;
  void show_matched(const PacketFacts& facts, const Alert& alert, output::AlertRecord& record);
  const output::FlowMetadata* metadata_of(const Flow* flow, const rules::VariableList* of_packet = nullptr);
  void name_flow_variables(const Flow& flow);
  void name_variables(const DetectResult& found, const Alert& alert);

  DeferredAlerts* deferred_;
  std::vector<std::unique_ptr<output::LogSession>> sessions_;
  std::array<std::vector<TxLogger>, kMaxAppProtos> tx_loggers_;
  std::array<std::uint32_t, kMaxAppProtos> tx_mask_{};
  std::shared_ptr<const rules::RuleSet> rules_;
  Counters& counters_;
  ExceptionPolicies policies_;
  output::PacketTap* packets_ = nullptr;  // null: no packets are kept
  output::PacketLogSettings::Which which_packets_{};
  std::string_view interface_;
  LogLimits limits_{.flow_rate = 0};
  output::LogMeter meter_;
  bool inline_mode_;
  bool wants_anomalies_ = false, wants_arp_ = false, wants_files_ = false, wants_frames_ = false;
  std::unique_ptr<output::FileStore::Session> store_;  // null: files are not stored
  rules::Turn* turn_ = nullptr;
  output::FlowRecord flow_record_;
  static constexpr std::size_t kMaxStreamPayload = 65536;  // of an alert on the stream, or of a frame
  std::vector<std::uint8_t> stream_payload_, frame_payload_, shown_packet_;
  bool stream_shown_ = false;  // stream_payload_ is that of the packet at hand
  output::FlowMetadata metadata_;
  std::vector<output::ContextItem> alert_variables_;
};

}  // namespace weir::engine
