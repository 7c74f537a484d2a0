// What a RuleSet holds: the signatures, each with what matching wants at hand, and the groups that pick the few rules
// worth a look at a packet or transaction.
//
// Immutable; shared by all workers. Rules are numbered in the order of evaluation (RuleId): pass before drop before
// reject before alert, then rules that set a flow bit before rules that wait for one, then by priority, then as loaded.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "decoders/net/ip_protocol.h"
#include "rules/compile/rule_builder.h"
#include "rules/compile/signature.h"
#include "rules/match/chain.h"
#include "rules/prefilter/address_map.h"
#include "rules/prefilter/pattern_set.h"
#include "rules/set/rule_lineage.h"
#include "rules/set/rule_set.h"

namespace weir::rules {

// A buffer with its transforms: rules that look at the same one share its bytes and its pattern set.
using BufferId = std::uint16_t;
struct InspectBuffer {
  const BufferSpec* spec = nullptr;
  std::vector<std::shared_ptr<const Transform>> transforms;
};

// Where a rule without an application buffer looks.
enum class RuleKind : std::uint8_t {
  header,       // no bytes at all: headers, flow, events
  ip_only,      // addresses and ports alone: once per direction of a flow
  proto_only,   // app-layer-protocol alone: once per direction, when protocol detection has its answer
  payload,      // the packet's payload, or the stream, or both
  frame,        // one frame
  transaction,  // application buffers
};

struct CompiledEngine {
  const BufferEngine* source = nullptr;  // in the signature
  BufferId buffer = 0;
  Chain chain;
};

struct CompiledRule {
  const Signature* signature = nullptr;
  RuleKind kind = RuleKind::header;
  bool on_packet = false, on_stream = false;  // where a payload rule looks
  bool checks_addresses = false, checks_ports = false, checks_app = false;
  // Its action concerns the flow, not the packet alone. A payload rule's does so as well when it matched on the stream.
  bool for_flow = false;
  Chain payload;
  std::vector<CompiledEngine> packet_buffers;  // must match on the packet, whatever the kind
  std::vector<CompiledEngine> engines;         // must match on the transaction, or on the frame
};

// Rules for one IP protocol and direction, and within it for one class of server ports.
struct PacketGroup {
  PatternSet packet;  // patterns of rules that look at the packet's payload
  PatternSet stream;  // patterns of rules that look at the stream
  std::vector<RuleId> packet_always, stream_always;  // payload rules without a usable pattern
  std::vector<RuleId> header;                        // looked at on every packet
};

enum class IpClass : std::uint8_t { tcp, udp, icmp, other };
inline constexpr std::size_t kIpClasses = 4;
constexpr IpClass ip_class(std::uint8_t protocol) {
  return protocol == ip_protocol::tcp ? IpClass::tcp
         : protocol == ip_protocol::udp ? IpClass::udp
         : ip_protocol::is_icmp(protocol) ? IpClass::icmp
                                           : IpClass::other;
}

// All packet rules of one IP class and direction. `any` holds the rules for any port, or for very many. any[0] serves flows
// of most protocols. An application protocol with rules of its own has a further group, which holds these rules and all those
// of any[0], so that one search does for its flows. `by_class` holds the rules for particular server ports:
// class_of[port] is the index of the port's group in it, 0 when the port has none. `joined` holds groups that are one of `any`
// and one of `by_class` in one.
struct PacketRules {
  std::vector<PacketGroup> any;
  std::array<std::uint8_t, kMaxAppProtos> any_of{};  // index into `any`
  std::vector<PacketGroup> by_class;                 // [0] is empty
  std::vector<std::uint16_t> class_of;               // 65536 entries, or none when there is no class
  std::vector<PacketGroup> joined;                   // [0] is empty
  std::vector<std::uint16_t>
      joined_of;  // by index into `any` and, within it, into `by_class`; 0: there is none

  // What is looked at in a packet of a flow: one group or two.
  struct Groups {
    const PacketGroup* first;
    const PacketGroup* second;  // null: the first is all
  };
  [[nodiscard]] Groups of(AppProto protocol, std::uint16_t port) const {
    const std::size_t p = any_of[static_cast<std::size_t>(protocol)];
    const std::size_t c = class_of.empty() ? 0 : class_of[port];
    if (c == 0) return {&any[p], nullptr};
    const std::uint16_t both = joined_of[p * by_class.size() + c];
    return both != 0 ? Groups{&joined[both], nullptr} : Groups{&any[p], &by_class[c]};
  }
};

// One pass over one buffer of a protocol's transactions in one direction.
struct TxPrefilter {
  BufferId buffer = 0;
  std::uint8_t progress = 0;
  bool streamed = false;
  PatternSet patterns;
};
// Rules of one application protocol and direction.
struct TxRules {
  std::vector<TxPrefilter> prefilters;  // by progress
  std::vector<RuleId> always;           // without a usable pattern
  std::vector<const BufferSource*> sources;  // by BufferId; null: this protocol has no such buffer here
  [[nodiscard]] bool empty() const { return prefilters.empty() && always.empty(); }
};

// Rules that look at the same bytes of the frames of one type.
struct FrameGroup {
  BufferId buffer = 0;
  FrameType type = 0;
  PatternSet patterns;
  std::vector<RuleId> always;  // without a usable pattern
};
// Rules about frames of one application protocol and direction.
struct FrameRules {
  std::vector<FrameGroup> groups;
  FrameTypes types = 0;  // of the groups
};

struct RuleSet::Program {
  std::vector<LoadedSignature> signatures;
  TextHash environment;             // RuleEnvironment::fingerprint()
  std::shared_ptr<TextPool>
      texts;  // the signatures point into it; the set that replaces this one goes on with it
  std::vector<CompiledRule> rules;  // by RuleId
  std::vector<InspectBuffer> buffers;
  Requested requested;  // what the rules look at and parsers make on request
  std::array<std::array<PacketRules, 2>, kIpClasses> packets;  // [IpClass][Direction]
  std::array<std::array<TxRules, 2>, kMaxAppProtos> transactions;
  std::array<std::array<FrameRules, 2>, kMaxAppProtos> frames;  // [protocol][Direction]
  // Rules about addresses alone: by source, where they name one; else by destination; else on every flow.
  AddressMap ip_only_source, ip_only_destination;
  std::vector<RuleId> ip_only_any;
  std::array<std::vector<RuleId>, 2> proto_only;  // by Direction
  NameTable flowbit_names, flowint_names, xbit_names, tx_bit_names, variable_names;
  bool tags_hosts = false;  // some rule does
  std::unordered_map<std::string, std::shared_ptr<Dataset>> datasets;  // by name
  RuleLineage lineage;
  // Of all groups. The set that replaces this one takes over each of which it has the same literals.
  std::vector<PatternDatabasePtr> databases;
  std::string cache_problem;  // why none of them was kept for the next start; empty: nothing is wrong
  std::shared_ptr<hs_scratch> scratch_prototype;  // fits every database; workers clone it; null without patterns
};

}  // namespace weir::rules
