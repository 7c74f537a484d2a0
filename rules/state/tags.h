// Tags that are at work: what the `tag` keyword of a rule that matched has begun on a flow or a host.
//
// The packet that a rule matched on counts as the tag's first. Each packet that follows is a tagged one as long as
// packets or bytes counted so far, itself among them, or the seconds since the first do not exceed the tag's count.
// A tag knows its own limits, so that it goes on when the rules are replaced.
#pragma once

#include <cstddef>
#include <cstdint>

#include "decoders/slab.h"
#include "decoders/types.h"
#include "rules/compile/signature.h"

namespace weir::rules {

inline constexpr std::size_t kMaxActiveTags = 16;  // on one flow or host; further ones are not begun
inline constexpr unsigned kMaxTagStarts = 10;      // a rule that matches again begins its tag anew, so often

// Which tag of which rule: RuleLineage's serial and the number of the tag in the rule.
struct TagOwner {
  std::uint32_t rule = 0;
  std::uint32_t number = 0;
  bool operator==(const TagOwner&) const = default;
};

// What tags count of a packet.
struct TaggedPacket {
  TimeUs time = 0;
  std::uint64_t bytes = 0;  // of the frame
};

class ActiveTags : public Slabbed {
 public:
  // The rule matched on this packet.
  void start(const TagOwner& owner, const Tag& tag, const TaggedPacket& packet);
  // Another packet of the flow or host: true when it is a tagged one. Tags that are over go.
  bool count(const TaggedPacket& packet);
  [[nodiscard]] bool empty() const { return tags_.empty(); }
  // Until when those that count seconds last; long ago when there is none.
  [[nodiscard]] TimeUs last_second() const;

 private:
  struct Active {
    TagOwner owner;
    Tag tag;
    std::uint64_t used = 0;  // packets or bytes
    TimeUs since = 0;
    unsigned starts = 1;
  };
  SlabVector<Active> tags_;
};

}  // namespace weir::rules
