// A rule, checked and compiled: immutable, shared by all workers. RuleBuilder makes it, RuleSet owns it.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "decoders/app/app_proto.h"
#include "decoders/app/requested.h"
#include "rules/match/buffer.h"
#include "rules/match/check.h"
#include "rules/match/content.h"
#include "rules/match/transform.h"
#include "rules/values/address_set.h"
#include "rules/values/port_set.h"
#include "rules/values/text_hash.h"
#include "rules/values/text_pool.h"

namespace weir::rules {

enum class Action : std::uint8_t { alert, pass, drop, reject, reject_dst, reject_both, config };
enum class Target : std::uint8_t { none, source, destination };

struct SignatureMeta {
  std::uint32_t sid = 0, gid = 1, rev = 0;
  std::string msg;
  std::string_view classtype, category;  // views here point into `texts`
  std::uint8_t priority = 3;
  Target target = Target::none;
  using TextPairs = std::vector<std::pair<std::string_view, std::string_view>>;
  TextPairs metadata;    // in the order of the rule
  TextPairs references;  // {"https://", "example.com/x"}: URL prefix, rest
  std::string text;      // as written; empty when the environment does not ask for it
  TextHash text_hash;    // of the text as written, kept or not
  std::shared_ptr<const TextPool> texts;  // null: the views are somebody else's
  // What no other rule of a set has.
  [[nodiscard]] std::uint64_t number() const { return std::uint64_t{gid} << 32U | sid; }
};

// Which packets a rule's header admits.
struct HeaderMatch {
  bool any_ip_protocol = true;
  std::bitset<256> ip_protocols;  // when not any
  std::uint8_t ip_version = 0;    // 4, 6 or 0 for both
  bool packet_only = false;       // tcp-pkt: never the stream
  bool stream_only = false;       // tcp-stream
  bool packet_header = false;     // pkthdr: packets that carry no (valid) IP, too
  // Never null. Rules with the same text of a list share one set.
  std::shared_ptr<const AddressSet> source = AddressSet::shared_any(), destination = AddressSet::shared_any();
  std::shared_ptr<const PortSet> source_ports = PortSet::shared_any(), destination_ports = PortSet::shared_any();
  bool bidirectional = false;  // "<>": also with source and destination exchanged
  bool transactional = false;  // "=>": buffers of both sides of one transaction, which alerts once all of them matched
  AppProtoSet app_protocols;   // whose transactions it can match; none set: any
  // Whose flows it looks at: those, and the protocols that share their rules.
  AppProtoSet app_flows;

  // Of a header that names application protocols.
  [[nodiscard]] bool names(AppProto protocol) const { return app_flows[index(protocol)]; }
};

// The `flow` keyword.
struct FlowRequirement {
  bool to_server = false, to_client = false;  // neither: both directions
  bool established = false, not_established = false, stateless = false;
  bool only_stream = false, no_stream = false, no_frag = false, only_frag = false;

  [[nodiscard]] bool allows(Direction d) const {
    return d == Direction::to_server ? to_server || !to_client : to_client || !to_server;
  }
};

// "tls:client_hello_done": the rule is about the moment when a side of a transaction reaches a progress. The loader
// also adds a TxCheck that always matches there, so that a rule without buffers has something to run.
struct RuleHook {
  AppProto protocol{};  // unknown for flow_start
  Direction direction = Direction::to_server;
  std::uint8_t progress = 0;
  bool flow_start = false;  // only on the first packet of a flow
};

// All the conditions of a rule on one buffer.
struct BufferEngine {
  const BufferSpec* buffer = nullptr;
  std::vector<std::shared_ptr<const Transform>> transforms;
  BufferChain chain;  // empty only with `absent`
  // Holds when the transaction, complete on this side, has no such buffer. With or_else it also holds when the buffer is
  // there and the chain matches on it.
  bool absent = false, or_else = false;
  // Of a transactional rule ("=>") on a buffer that both sides have: the side it means ("http.connection:to_client").
  std::optional<Direction> direction;
};

struct TxCheckEngine {
  AppProto protocol{};
  // Sides on which it is checked, and from which progress; a side that does not apply has no value.
  std::optional<std::uint8_t> progress_to_server, progress_to_client;
  std::shared_ptr<const TxCheck> check;
};

enum class ThresholdType : std::uint8_t { limit, threshold, both, backoff, detection_filter };
enum class ThresholdTrack : std::uint8_t { by_src, by_dst, by_both, by_rule, by_flow };
struct ThresholdSpec {
  ThresholdType type = ThresholdType::limit;
  ThresholdTrack track = ThresholdTrack::by_src;
  std::uint32_t count = 1, seconds = 60, multiplier = 0;  // multiplier: for backoff, which has no seconds
};
// rate_filter: once more than `count` matches came within `seconds`, the action is another one for `timeout_s`.
struct RateFilter {
  ThresholdTrack track = ThresholdTrack::by_src;
  std::uint32_t count = 1, seconds = 60, timeout_s = 0;  // timeout_s 0: until the window is over
  Action new_action = Action::alert;
};
// suppress: no alert for these addresses; the rule's action and effects happen all the same.
struct Suppression {
  enum class Track : std::uint8_t { all, source, destination, either } track = Track::all;
  std::shared_ptr<const AddressSet> addresses;  // null for all
};

// Packets of the flow or of a host that come after a match are logged, up to `count` of something.
enum class TagUnit : std::uint8_t { packets, seconds, bytes };
struct Tag {
  bool session = true;     // else the host
  bool by_source = false;  // for the host: the packet's source, else its destination
  TagUnit unit = TagUnit::packets;
  std::uint32_t count = 256;
};

// `filestore`: which files a match has stored.
struct Filestore {
  enum class Scope : std::uint8_t { file, tx, flow } scope = Scope::file;
  enum class Side : std::uint8_t { of_match, to_server, to_client, both } side = Side::of_match;

  // Of a match in `matched`, files of direction d are meant.
  [[nodiscard]] bool means(Direction d, Direction matched) const {
    switch (side) {
      case Side::of_match: return d == matched;
      case Side::to_server: return d == Direction::to_server;
      case Side::to_client: return d == Direction::to_client;
      case Side::both: break;
    }
    return true;
  }
};

// `config`: what of the match's transaction or flow is not logged any more. Alerts are.
enum class LoggingOff : std::uint8_t {
  transaction,   // the event of the transaction that matched
  transactions,  // those of all of the flow's
  flow           // the flow's own
};

struct Signature {
  SignatureMeta meta;
  Action action = Action::alert;
  HeaderMatch header;
  FlowRequirement flow;
  std::vector<std::shared_ptr<const PacketCheck>> packet_checks;
  BufferChain payload;  // on the packet's payload or the stream
  bool payload_needs_packet = false;  // dsize, tcp-pkt, flow:no_stream: the stream will not do
  std::vector<BufferEngine> buffers;  // sticky buffers, packet and transaction
  std::vector<TxCheckEngine> tx_checks;
  std::vector<std::shared_ptr<const Effect>> effects;
  std::optional<RuleHook> hook;
  std::optional<ThresholdSpec> threshold, detection_filter;
  std::optional<RateFilter> rate_filter;   // from threshold.config, as the next
  std::vector<Suppression> suppressions;
  // Something for SharedState::decide to look at.
  [[nodiscard]] bool has_thresholds() const {
    return threshold || detection_filter || rate_filter || !suppressions.empty();
  }
  std::vector<Tag> tags;
  // Made of more than its text and RuleEnvironment::fingerprint(): of files, data sets, threshold.config. A reload
  // compiles it anew.
  bool has_outside_parts = false;
  bool noalert = false;
  bool bypass = false;           // after a match the rest of the flow is left alone
  bool alert_requested = false;  // `alert`: a pass rule that writes its alert all the same
  // flowbits this rule waits for (isset), for the cheap test before any byte is compared, and those it sets.
  std::vector<std::uint32_t> requires_bits, sets_bits;
  FileFacts file_facts;  // what it asks of files
  std::optional<Filestore> filestore;
  std::optional<LoggingOff> logging_off;
  // dsize as bounds, when the rule has one: lets the grouping leave packets out early.
  std::optional<std::pair<std::uint16_t, std::uint16_t>> dsize;
};

// A signature in a set of rules, and where it was read. A reload that finds the same text again takes the signature
// over, so sets before and after share it; the place may have moved.
struct LoadedSignature {
  std::shared_ptr<const Signature> signature;  // never null in a set
  std::string_view file;                       // in the signature's `texts`
  std::uint32_t line = 0;

  const Signature& operator*() const { return *signature; }
  const Signature* operator->() const { return signature.get(); }
};

}  // namespace weir::rules
