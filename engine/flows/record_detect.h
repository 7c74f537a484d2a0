// Rules on records of flows: each record becomes a packet that stands for all of a direction's, in a flow that has the record's
// counters, and is given to the same detection as packets are. Rules that no record can match (rules/load/record_use.h) are not for it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "decoders/flow/record.h"
#include "engine/detect/detect.h"
#include "engine/flow/flow.h"
#include "rules/set/rule_set.h"
#include "rules/state/shared_state.h"

namespace weir::engine {

class RecordDetect {
 public:
  // `shared` lives longer.
  RecordDetect(std::shared_ptr<const rules::RuleSet> rules, rules::SharedState& shared);

  // Calls visit(alert, direction) for each rule that matches and whose thresholds say that it is written, once a record. The client
  // is the record's source; of a record of one direction from a well-known port (below 1024) to none it is the destination. Counters
  // are multiplied by the rate of sampling; the time is that of the record's end. The flow is established when both sides sent, or
  // when a side of TCP acknowledged and sent more than the handshake (PSH or FIN).
  using Visit = std::function<void(const Alert&, Direction)>;
  void run(const flow::Record& record, const Visit& visit);

 private:
  void set_flow(const flow::Record& record, bool is_reply);
  void set_packet(const flow::Record& record, std::size_t way);

  Detect detect_;
  Flow flow_;
  Packet packet_;
  std::vector<std::uint64_t> told_;  // of this record
  // Of thresholds and flow bits. Records end in no order, and say what time they like: it never goes back, nor ahead of now.
  TimeUs clock_ = 0;
};

// EVE's flow_id: the same for both directions, and for all records of a flow.
std::uint64_t flow_id_of(const flow::Record& record);
// Of a record of one direction: it is the server's. Well-known ports tell.
bool is_reply(const flow::Record& record);

}  // namespace weir::engine
