// The inside of Detect, shared by its parts: the run itself and the alert queue (detect.cc), packets and streams
// (detect_packet.cc), frames (detect_frame.cc), transactions (detect_tx.cc), which files are stored
// (detect_files.cc), bytes that came before their protocol was known (detect_late.cc), variables and tags (detect_marks.cc),
// reloads (detect_reload.cc).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "decoders/app/protocol_ids.h"
#include "engine/detect/detect.h"
#include "engine/flow/detect_state.h"
#include "engine/flow/flow_frames.h"
#include "rules/set/program.h"

namespace weir::engine {

using rules::CompiledRule;
using rules::RuleId;

// The values of the buffers of one transaction (or packet), each made once however many rules look at it.
class BufferCache {
 public:
  // `scratch` is that of the worker and outlives the cache.
  BufferCache(std::size_t buffers, rules::PcreScratch& scratch) : scratch_(scratch), entries_(buffers) {}
  void clear();
  // Instances of the buffer; empty when it is not there. Valid until clear().
  std::span<const BodyView> of_transaction(const rules::RuleSet::Program& program, rules::BufferId id,
                                           const rules::BufferSource& source, const Transaction& tx, Direction d);
  std::span<const BodyView> of_packet(const rules::RuleSet::Program& program, rules::BufferId id, const Packet& packet);
  // The same of a part of a frame. Made anew with each call.
  BodyView of_frame(const rules::RuleSet::Program& program, rules::BufferId id, BodyView part);

 private:
  struct Entry {
    std::uint32_t epoch = 0;
    std::vector<BodyView> values;
  };
  void transform(const rules::InspectBuffer& buffer, BodyView& view);

  rules::PcreScratch& scratch_;
  std::vector<Entry> entries_;
  rules::BufferArena arena_;
  std::uint32_t epoch_ = 1;
};

inline constexpr std::uint32_t kMaxBufferInstances = 1024;
inline constexpr std::size_t kMaxPendingRules =
    1024;  // per transaction and direction; further ones are counted

// A rule of which some conditions held and others wait for more of the transaction.
struct PendingRule {
  RuleId rule = 0;               // in the set of FlowDetect::generation
  rules::RuleSerial serial = 0;  // of it, through all sets
  std::uint64_t engines_met = 0;  // bit i: engine i matched
  bool payload_met = false;
  // What it lacks: more of the message; or the packet had all that its header asks of packets, and what flow and hosts have
  // come to (PacketCheck::may_yet_match, flowbits) is still to fit.
  enum class WaitsFor : std::uint8_t { nothing, message, flow } waits_for = WaitsFor::nothing;
};

// What detection remembers of a transaction.
struct TxDetect final : TransactionAttachment {
  struct Side {
    bool started = false, done = false;
    std::uint8_t progress = 0;
    std::size_t events = 0;
    SlabVector<bool> scanned;   // prefilters that need not run again
    boost::container::small_vector<PendingRule, 4> pending;  // in the order of rules
    boost::container::small_vector<rules::RuleSerial, 4> alerted;
  };
  std::array<Side, 2> sides;
  // Rules about both sides ("=>"): what either has met so far.
  boost::container::small_vector<PendingRule, 1> both_sides;
  // Of rules that have matched and have to do with files that are still to come. Each list holds at most kMaxPendingRules.
  struct Files : Slabbed {
    struct Storing {  // asks that they be stored
      rules::RuleSerial serial;
      Direction direction;  // of the files
      bool operator==(const Storing&) const = default;
    };
    struct Rule {  // alerts again when one fits
      rules::RuleSerial serial;
      Direction direction;
      std::uint32_t last_file;  // id of the latest that it has alerted on
    };
    SlabVector<Storing> storing;
    SlabVector<Rule> rules;
  };
  std::unique_ptr<Files> files;  // null: there are none
  Files& file_memory() {
    if (files == nullptr) files = std::make_unique<Files>();
    return *files;
  }
};

static_assert(sizeof(TxDetect) <= kAttachmentBytes);

struct Detect::Impl {
  Impl(std::shared_ptr<const rules::RuleSet> rule_set, const DetectSettings& detect_settings,
       rules::SharedState& shared_state);

  // --- detect.cc
  void begin(const DetectInput& in);
  // Its effects come at once, the alert is queued. `first_file` as in Alert.
  void match(RuleId id, const Transaction* tx, bool from_stream, const FrameLook& frame = {},
             std::uint32_t first_file = 0);
  void finish();
  // `tx`: what else the rule looks at, or null.
  [[nodiscard]] bool header_matches(const CompiledRule& rule, const Transaction* tx = nullptr) const;
  // Its parts: the flowbits that are to be set; what does not change while the rule waits.
  [[nodiscard]] bool has_bits(const rules::Signature& s) const;
  [[nodiscard]] bool header_fits(const CompiledRule& rule, const Transaction* tx) const;
  // --- detect_marks.cc
  // Tells whether the packet is a tagged one, and begins the tags of rules that matched on it.
  void follow_tags();
  // Before another run: what the last one found for detect_marks.cc.
  void forget_marks();
  [[nodiscard]] bool has_tags() const {
    return program->tags_hosts || !tagging.empty() || (in->flow != nullptr && in->flow->detect->tags != nullptr);
  }
  // --- detect_packet.cc
  // What the stream has to show now, if anything is due.
  [[nodiscard]] std::optional<TcpStream::RawChunk> due_chunk() const;
  void run_ip_only();
  void run_proto_only();
  void run_packet();
  // --- detect_late.cc: what the stream has shown before its protocol was known, for rules that name it
  [[nodiscard]] bool is_late_protocol() const {
    return settings.inline_mode && flow_facts.protocol != AppProto::unknown && in->flow != nullptr &&
           in->flow->tcp != nullptr && in->flow->tcp->stream(in->direction).again_from() != UINT64_MAX;
  }
  void run_late_protocol();
  // --- detect_frame.cc; the flow has frames in this direction
  void run_frames();
  // --- detect_tx.cc
  void run_transactions();

  [[nodiscard]] bool out_of_time() const { return in->deadline != 0 && ticks_now() > in->deadline; }
  // --- detect_files.cc
  void leave_unlogged(rules::LoggingOff what, const Transaction* matched);
  void want_files(RuleId id, const Transaction* matched);
  [[nodiscard]] bool is_still_looked_at(const Transaction& tx, Direction d) const;
  void want_later_files(const TxDetect::Files& memory, const Transaction& tx) const;
  // The rule has alerted on the transaction: files that come yet make it alert again.
  void expect_files(TxDetect& memory, RuleId id, const Transaction& tx);
  void match_later_files(TxDetect::Files& memory, const Transaction& tx);
  // --- detect_reload.cc
  // The flow is new to detection, or the rules were replaced since its last packet.
  void meet(Flow& flow) const;

  std::shared_ptr<const rules::RuleSet> rules;
  const rules::RuleSet::Program* program = nullptr;
  DetectSettings settings;
  rules::SharedState& shared;
  std::shared_ptr<hs_scratch> scratch;
  rules::ChainScratch chain_scratch;
  rules::CandidateSet candidates;
  BufferCache buffers;
  std::unique_ptr<RuleProfile> profile;  // null: not wanted
  DetectResult result;

  // The packet at hand.
  const DetectInput* in = nullptr;
  rules::FlowFacts flow_facts;
  std::optional<rules::PacketContext> context;
  std::optional<TcpStream::RawChunk> stream_chunk;  // what stream rules look at; none when nothing is due
  bool payload_on_packet = false;  // the packet's own payload is looked at by all payload rules
  bool payload_ends_chunk = false;  // what the chunk has anew is the packet's payload, as mostly inline

  // For let_go.
  TcpStream* chunk_looked_at = nullptr;  // whose chunk packet rules have looked at
  Flow* looked_at = nullptr;
  Direction looked_at_direction = Direction::to_server;

  struct Queued {
    RuleId rule;
    const Transaction* tx;
    bool tx_guessed;
    bool from_stream;
    FrameLook frame;
    std::uint32_t first_variable, variables, first_file;  // see Alert
  };
  std::vector<Queued> queue;
  std::size_t alerts_kept = 0;  // of the packet at hand
  std::vector<RuleId> tagging;  // rules of the packet at hand that begin tags
  bool left_marks = false;      // the last run has something for forget_marks

 private:
  bool ask_thresholds(const rules::Signature& s, Alert& alert);
  void keep_captures();
  bool count_host_tags(const rules::TaggedPacket& packet);
  void begin_tags(RuleId id, const rules::TaggedPacket& packet);
  struct GuessedTx {
    const Transaction* tx = nullptr;
    bool guessed = false;  // it is the only open one, no more is known
  };
  [[nodiscard]] GuessedTx guess_transaction(const CompiledRule& rule) const;
  void note_action(const Alert& alert, bool for_flow);
  void gather_packet_candidates(const rules::PacketGroup& group);
  // What lies in bytes alone that rules have seen before was reported then, or was not asked for yet.
  enum class SeenBytes : std::uint8_t { were_reported, count };
  [[nodiscard]] bool packet_rule_matches(const CompiledRule& rule, bool& from_stream,
                                         SeenBytes seen = SeenBytes::were_reported);
  [[nodiscard]] bool payload_is_hidden() const;
  [[nodiscard]] bool chain_on_packet(const CompiledRule& rule);
  [[nodiscard]] bool chain_on_stream(const CompiledRule& rule, SeenBytes seen);
  void await_protocol() const;
  void run_late_window(const rules::PacketGroup& group, const BodyView& window);
  [[nodiscard]] bool packet_buffers_match(const CompiledRule& rule);
  struct FrameWindow {
    BodyView view;          // its offset counts from the start of the frame
    std::size_t fresh = 0;  // view.data[fresh] is the first byte that was not looked at before
  };
  [[nodiscard]] std::optional<FrameExtent> due_of_frame(const AppFrame& frame, const FrameBytes& bytes) const;
  void run_frame(const FrameLook& look, const FrameBytes& bytes, const rules::FrameRules& frame_rules);
  void run_frame_window(const FrameLook& look, const FrameWindow& window,
                        const rules::FrameRules& frame_rules);
  [[nodiscard]] bool frame_rule_matches(const CompiledRule& rule, const FrameWindow& window);
  [[nodiscard]] bool has_matched(RuleId id, const FrameLook& look) const;
  enum class TxVerdict : std::uint8_t { match, no, wait };
  bool look_through(Transaction& tx);
  void run_transaction(Transaction& tx, const rules::TxRules& tx_rules, bool complete);
  void gather_tx_candidates(const Transaction& tx, const rules::TxRules& tx_rules, TxDetect::Side& side);
  [[nodiscard]] TxVerdict evaluate(const Transaction& tx, const rules::TxRules& tx_rules, PendingRule& state,
                                   bool side_complete);
  [[nodiscard]] TxVerdict header_verdict(const CompiledRule& rule, const Transaction& tx,
                                         PendingRule::WaitsFor lacked, bool complete) const;
  [[nodiscard]] TxVerdict rule_verdict(const Transaction& tx, const rules::TxRules& tx_rules,
                                       PendingRule& state, bool complete);
  void keep_waiting(TxDetect::Side& side, PendingRule state);
  [[nodiscard]] static bool has_alerted(const TxDetect::Side& side, rules::RuleSerial serial);
  [[nodiscard]] bool other_side_met(TxDetect& memory, const CompiledRule& rule, const PendingRule& state);
  [[nodiscard]] TxVerdict engine_verdict(const Transaction& tx, const rules::CompiledEngine& engine,
                                         const rules::BufferSource& source, bool side_complete);
};

}  // namespace weir::engine
