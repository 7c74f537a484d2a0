// Joins the parts of flows that went on for long (Record::part), so that each flow is one record again.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "decoders/flow/fields.h"
#include "decoders/flow/record.h"
#include "engine/query/kept_record.h"

namespace weir::engine {

// In all, whatever the number of joiners; parts for which there is no room are handed on as they are.
inline constexpr std::size_t kMaxPartBytes = std::size_t{256} << 20U;

// Stands before a consumer. Records of whole flows go through at once, parts are kept, joined and handed on at the end. Parts belong
// together when they are of one exporter and domain, 5-tuple and VLAN, and their numbers go up with time: the next flow of the same ports
// begins with a lower one. A joined record has part 0, the sums of the counters, all times and flags, what hit any part, and the end reason of
// the last one.
class PartJoiner final : public flow::RecordConsumer {
 public:
  // Members that it looks at.
  static constexpr flow::Fields kFields = flow::Field::part | flow::Field::times | flow::Field::addresses |
                                          flow::Field::ports | flow::Field::protocol | flow::Field::exporter |
                                          flow::Field::path;

  // `next` outlives it. `most_bytes`: of parts that are kept.
  PartJoiner(flow::RecordConsumer& next, std::size_t most_bytes) : next_(next), most_bytes_(most_bytes) {}
  void take(std::span<const flow::Record> records) override;
  // As the next one, but when parts are kept that later ones may belong to.
  [[nodiscard]] TimeUs wants_until() const override {
    const TimeUs next = next_.wants_until();
    return next == kHasEnough || kept_.empty() ? next : kWantsAll;
  }

  // Takes the parts of another one, which is empty then. For when both have taken all there is.
  void merge(PartJoiner& other);
  // Hands on what was joined.
  void finish();
  // Parts that there was no room for.
  [[nodiscard]] std::uint64_t not_joined() const { return not_joined_; }

 private:
  struct Kept {
    std::uint64_t flow = 0;  // a hash
    TimeUs first = 0;
    std::uint32_t part = 0;
    KeptRecord record;
  };
  void keep(const flow::Record& record);

  flow::RecordConsumer& next_;
  std::size_t most_bytes_, bytes_ = 0;
  std::vector<Kept> kept_;
  std::uint64_t not_joined_ = 0;
};

// What the detail of a joined record points to, beside what those of its parts do.
struct JoinedTexts {
  std::string hit_rules, hit_indicators;
};
// Adds what a later part of the same flow says. Details are those of `more`, as far as it has some, with the counters and hits of both;
// `detail` is where they stand then, `texts` where its lists of hits do.
void join_part(flow::Record& record, flow::Detail& detail, JoinedTexts& texts, const flow::Record& more);

}  // namespace weir::engine
