// The flows of one worker: look-up, making, totals, timeouts by packet time, and the end of each flow.
//
// No locks: each worker has its own. Every function that can end flows takes a callback on_end(Flow&,
// FlowEnd), which is called once for a flow before it is freed (and, with FlowEnd::none, when a part of its record is due); it must not call the table, and must not throw. A
// Flow* stays valid until the next call of find_or_create, replace, expire or drain. Those throw std::bad_alloc where
// there is no memory for a new flow; the table stays as it was then.
//
// Results do not depend on when expire() is called: a flow whose time is over is also found out when a packet
// of its key comes, and flows that expire are handed over in the order of their deadline and first packet.
#pragma once

#include <cstdint>
#include <vector>

#include "decoders/packet.h"
#include "engine/flow/flow.h"
#include "engine/flow/flow_index.h"
#include "engine/flow/flow_key.h"
#include "engine/flow/flow_pool.h"
#include "engine/flow/flow_timeouts.h"
#include "engine/flow/flow_timer.h"

namespace weir::engine {

struct FlowTableStats {
  std::uint64_t created = 0;
  std::uint64_t ended_timeout = 0, ended_forced = 0, ended_reuse = 0;
  std::uint64_t refused = 0;      // packets that got no flow for want of memory or in emergency
  std::uint64_t emergencies = 0;  // how often the memcap was reached
  std::uint64_t recoveries = 0;   // and how often there was room again
};

class FlowTable {
 public:
  explicit FlowTable(const FlowTableSettings& settings);
  ~FlowTable();  // flows that are left are freed without a callback
  FlowTable(const FlowTable&) = delete;
  FlowTable& operator=(const FlowTable&) = delete;

  struct Lookup {
    Flow* flow = nullptr;  // null: this packet carries no flow, or there is no memory for one
    Direction direction = Direction::to_server;
    bool created = false;
    bool refused = false;  // it would have got a flow, had there been memory
  };
  // The packet's flow, with this packet in its totals. A flow of the same key that timed out is ended first.
  template <class OnEnd>
  Lookup find_or_create(const Packet& packet, OnEnd&& on_end) {
    const Lookup result = look_up(packet, make_packet_key(packet, settings_.key));
    hand_over(on_end);
    return result;
  }
  // The same for a packet that make_packet_key gives no flow of its own: that which is `only_metered`.
  template <class OnEnd>
  Lookup find_or_create_metered(const Packet& packet, OnEnd&& on_end) {
    const PacketKey key = make_metered_key(packet, settings_.key);
    const Lookup result = look_up(packet, key);
    if (result.created && result.flow != nullptr) mark_metered(*result.flow, key);
    hand_over(on_end);
    return result;
  }
  // The flow that a packet is counted with in records, where nothing else asks for flows.
  template <class OnEnd>
  Lookup find_or_create_for_record(const Packet& packet, OnEnd&& on_end) {
    const PacketKey key = make_record_key(packet, settings_.key);
    const Lookup result = look_up(packet, key);
    if (result.created && result.flow != nullptr && is_only_metered(key.key)) mark_metered(*result.flow, key);
    hand_over(on_end);
    return result;
  }
  // Ends `old`, which find_or_create has just given for this packet (TCP reuse: its totals lose the packet
  // again), and makes a new flow of the packet.
  template <class OnEnd>
  Lookup replace(Flow* old, const Packet& packet, OnEnd&& on_end) {
    end_for_reuse(old, packet);
    hand_over(on_end);
    return find_or_create(packet, on_end);
  }
  // Ends the flows whose time is over; cheap when the second has not changed. `now` is the time of capture.
  template <class OnEnd>
  void expire(TimeUs now, OnEnd&& on_end) {
    if (to_seconds(now) == timer_.next_second()) return;
    collect_expired(to_seconds(now));
    if (settings_.metered) collect_reports(to_seconds(now));
    sort_ended();
    hand_over(on_end);
  }
  // The run is over: ends every flow, in the order of their first packets. Where there is no memory for all at once, some are
  // put in order at a time.
  template <class OnEnd>
  void drain(OnEnd&& on_end) {
    for (collect_all(); !ended_.empty(); collect_all()) hand_over(on_end);
  }

  // The packet's own flow, without counting it; null: it is not there, or its time is over.
  [[nodiscard]] Lookup find(const Packet& packet) const;
  // The flow of the packet that an ICMP error quotes, as it is; null: it is not there, or nothing is quoted.
  [[nodiscard]] Flow* find_quoted(const Packet& error) const;

  // States have timeouts of their own, so a change of state goes through here.
  void set_state(Flow& flow, FlowState state);
  // Client and server turn out to be the other way round: swaps ends, totals and direction.
  static void swap_sides(Flow& flow);
  // The last second in which the flow may be idle; it ends after it.
  [[nodiscard]] std::int64_t deadline_s(const Flow& flow) const;

  // Calls f(Flow&) for about `flows` of the flows, in no order: for looking at a large table piece by piece,
  // between packets. `from` is 0 at first, then what the call before gave; 0 again: that was the last piece. Flows that
  // come or go between two pieces may be missed; when the table grows meanwhile, some are seen twice. `f` must
  // not call the table, except for set_state().
  template <class F>
  std::size_t visit(std::size_t from, std::size_t flows, F&& f) const {
    return index_.visit(from, flows, f);
  }

  [[nodiscard]] std::size_t size() const { return index_.size(); }
  [[nodiscard]] std::uint64_t memory_bytes() const { return size() * flow_bytes_ + index_.memory_bytes(); }
  [[nodiscard]] const FlowTableStats& stats() const { return stats_; }

  static std::int64_t to_seconds(TimeUs t) { return t >= 0 ? t / 1'000'000 : -((999'999 - t) / 1'000'000); }

 private:
  static constexpr std::size_t kRoomForEnded = 64;  // there is always
  struct Ended {
    Flow* flow;
    FlowEnd reason;
    std::int64_t deadline_s;
  };

  Lookup look_up(const Packet& packet, const PacketKey& key);
  Flow* create(const Packet& packet, const PacketKey& key, std::uint64_t hash);
  bool make_room(const Packet& packet);
  static void mark_metered(Flow& flow, const PacketKey& key);
  void enter_emergency();
  void count_packet(Flow& flow, const Packet& packet, Direction direction);
  void end(Flow* flow, FlowEnd reason);
  void end_for_reuse(Flow* old, const Packet& packet);
  void collect_expired(std::int64_t now_s);
  void collect_reports(std::int64_t now_s);
  void sort_ended();
  void file_report(Flow& flow, std::int64_t after_s);
  void take_off_reports(Flow& flow);
  void collect_all();
  bool has_room_for_ended();
  [[nodiscard]] bool expired(const Flow& flow, std::int64_t now_s) const { return now_s > deadline_s(flow); }

  template <class OnEnd>
  void hand_over(OnEnd&& on_end) {
    for (const Ended& e : ended_) {
      on_end(*e.flow, e.reason);
      if (e.reason != FlowEnd::none) pool_.release(e.flow);
    }
    ended_.clear();
  }

  FlowTableSettings settings_;
  std::size_t flow_bytes_;  // that a flow takes
  std::uint64_t seed_;
  FlowIndex index_;
  FlowTimer timer_;
  ReportTimer reports_;
  FlowPool pool_;
  std::vector<Ended> ended_;  // out of the table, not yet handed over
  // Of the flow found last, before its packet was counted.
  TimeUs last_before_ = 0;
  const std::string* capture_before_ = nullptr;
  bool emergency_ = false;
  FlowTableStats stats_;
};

}  // namespace weir::engine
