// A compiled condition of a rule. Immutable after load; one object may be used by all workers at once.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "decoders/app/app_proto.h"
#include "decoders/app/transaction.h"
#include "decoders/types.h"
#include "rules/match/inspection.h"
#include "rules/values/turn.h"

namespace weir::rules {

class CaptureList;  // rules/match/captures.h

// What a condition on packets asks for that not every packet or run has: for warnings, when rules load.
struct PacketNeeds {
  std::string_view keyword;                    // empty: it asks for nothing of this kind
  std::uint8_t ip_version = 0;                 // 4, 6 or 0 for either
  std::array<std::uint8_t, 2> ip_protocols{};  // one of them; both 0: any
  AppProtoSet protocols;                       // one of them is recognised; none set: any
  bool never = false;                          // it asks for what does not happen
};

// Names that rules leave for each other: bits of flows, hosts and transactions, numbers of flows.
struct SharedNames {
  enum class Kind : std::uint8_t { flowbit, host_bit, flowint, tx_bit } kind = Kind::flowbit;
  std::span<const std::uint32_t>
      ids;  // in RuleEnvironment's table of that kind; views of the check or effect
};

// Looks at the packet's headers and flow: ttl, flags, flow, flowbits:isset ...
class PacketCheck {
 public:
  virtual ~PacketCheck() = default;
  [[nodiscard]] virtual bool matches(const PacketContext&) const = 0;
  // It asks for the flow's application protocol and nothing else: a rule of such checks alone is looked at once per
  // direction, when the protocol is known.
  [[nodiscard]] virtual bool protocol_only() const { return false; }
  [[nodiscard]] virtual PacketNeeds needs() const { return {}; }
  // One of these must have been set by an effect before it can match. Empty: it waits for none.
  [[nodiscard]] virtual SharedNames waits_for() const { return {}; }
  // It asks for the packet's addresses and nothing else: where that is all that a rule asks for, once per direction will do.
  [[nodiscard]] virtual bool addresses_only() const { return false; }
  // It asks for what the flow and its hosts have come to (bits, numbers, counters), not for what the packet is: where it does
  // not match, the rest of a message may yet make it.
  [[nodiscard]] virtual bool may_yet_match() const { return false; }
  // A record of a flow says what it asks for (rules/load/record_use.h): packets made of records can be given to it.
  [[nodiscard]] virtual bool on_records() const { return false; }
};

// Looks at parsed fields of a transaction that are no byte buffers: dns.opcode, tls.version, app-layer-event ...
class TxCheck {
 public:
  virtual ~TxCheck() = default;
  [[nodiscard]] virtual bool matches(const Transaction&, Direction) const = 0;
  // As PacketCheck's.
  [[nodiscard]] virtual SharedNames waits_for() const { return {}; }
};

// A condition on one buffer as a whole that needs no position: bsize, urilen, entropy, dataset ...
struct BufferFacts {
  Bytes data;
  std::uint64_t offset = 0;  // position of data[0] in a streamed body
  bool complete = true;      // nothing will follow
  Turn* turn = nullptr;      // to be awaited before what other flows change too is used; null: no need to
  CaptureList* captured = nullptr;  // takes what is known of the bytes, for the alert; null: nobody asks
  FlowVars* vars = nullptr;         // of the packet's flow; null: it has none
};
class BufferCheck {
 public:
  virtual ~BufferCheck() = default;
  [[nodiscard]] virtual bool matches(const BufferFacts&) const = 0;
  // A match adds to BufferFacts::captured.
  [[nodiscard]] virtual bool captures() const { return false; }
};

// What a rule does once all of it matched: flowbits:set, xbits:set, flowint ... Runs before the alert is queued.
class Effect {
 public:
  virtual ~Effect() = default;
  virtual void apply(const PacketContext&) const = 0;
  // What is there once it was applied.
  [[nodiscard]] virtual SharedNames sets() const { return {}; }
};

}  // namespace weir::rules
