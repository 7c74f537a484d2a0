// What becomes of a packet. In detect mode verdicts are counted at most; in prevent mode, whoever called the
// pipeline carries them out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::engine {

enum class Verdict : std::uint8_t { accept, drop, reject };  // the greater one prevails

enum class DropReason : std::uint8_t {
  none,
#define DROP_REASON(id, text) id,
#include "engine/account/drop_reasons.def"
#undef DROP_REASON
  count_
};
inline constexpr std::size_t kDropReasons = static_cast<std::size_t>(DropReason::count_);
// As EVE spells it; empty for none.
std::string_view to_string(DropReason reason);

// Whom a rejected packet's ends are told, seen from the packet: its source is the one to whom `reject` answers.
enum class RejectTarget : std::uint8_t { none, source, destination, both };

// The fate of one packet, as it takes shape on the way through the pipeline.
struct PacketFate {
  Verdict verdict = Verdict::accept;
  DropReason reason = DropReason::none;  // the first one stays
  RejectTarget reject = RejectTarget::none;
  bool passed = false;                // a pass rule matched on this packet
  bool no_detection = false;          // no rule is to look at it
  bool no_payload_detection = false;  // rules may look at its headers and events only
  bool replaced = false;              // its payload is not what came

  void drop(DropReason why) {
    verdict = std::max(verdict, Verdict::drop);
    if (reason == DropReason::none) reason = why;
  }
  void reject_to(RejectTarget target, DropReason why) {
    drop(why);
    verdict = Verdict::reject;
    reject = reject == RejectTarget::none || reject == target ? target : RejectTarget::both;
  }
};

}  // namespace weir::engine
