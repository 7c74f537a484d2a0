// A compiled condition of a rule. Immutable after load; one object may be used by all workers at once.
#pragma once

#include "decoders/app/transaction.h"
#include "decoders/types.h"
#include "rules/match/inspection.h"
#include "rules/values/turn.h"

namespace weir::rules {

class CaptureList;  // rules/match/captures.h

// Looks at the packet's headers and flow: ttl, flags, flow, flowbits:isset ...
class PacketCheck {
 public:
  virtual ~PacketCheck() = default;
  [[nodiscard]] virtual bool matches(const PacketContext&) const = 0;
  // It asks for the flow's application protocol and nothing else: a rule of such checks alone is looked at once per
  // direction, when the protocol is known.
  [[nodiscard]] virtual bool protocol_only() const { return false; }
};

// Looks at parsed fields of a transaction that are no byte buffers: dns.opcode, tls.version, app-layer-event ...
class TxCheck {
 public:
  virtual ~TxCheck() = default;
  [[nodiscard]] virtual bool matches(const Transaction&, Direction) const = 0;
};

// A condition on one buffer as a whole that needs no position: bsize, urilen, entropy, dataset ...
struct BufferFacts {
  Bytes data;
  std::uint64_t offset = 0;  // position of data[0] in a streamed body
  bool complete = true;      // nothing will follow
  Turn* turn = nullptr;      // to be awaited before what other flows change too is used; null: no need to
  CaptureList* captured = nullptr;  // takes what is known of the bytes, for the alert; null: nobody asks
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
};

}  // namespace weir::rules
