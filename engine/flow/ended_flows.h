// A small memory of flows that have left the table, so that one that comes back is not a new one.
//
// TCP connections that idled too long, or made way for others, are kept with their numbers and protocol; inline, dropped
// flows of any kind are kept, too. Belongs to one worker. A fixed number of flows, whose memory is asked for at the start
// (about kEndedFlowBytes each; pages that were never needed are not touched); of more, the one that was kept first goes.
// Keeping, finding and forgetting one costs O(1); the keyed hash is that of the flow table.
// Inline a connection that ended in the middle of a request is kept with what had come of it, so that a pause does not cut it
// in two that are looked at apart (without other-readings only what its parser has not taken): up to kMostRequestBytes of one,
// where nothing is parsed the last kMostTailBytes of its client, and kMostBytes of all, beyond which the oldest requests go. A
// connection whose request is not there when it comes back is one that began before us. Connections that a RST has ended, which
// anybody can make in any number, displace none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "decoders/app/app_proto.h"
#include "engine/flow/flow.h"
#include "engine/tcp/tcp_memory.h"

namespace weir::engine {

inline constexpr std::size_t kEndedFlowBytes = 200;  // that remembering one takes, at most

inline constexpr std::size_t kMostRequestBytes = 8192,
                             kMostTailBytes = 256;  // the first: as TcpStream::kMessageBytes

struct EndedFlow {
  FlowKey key;
  TimeUs last = 0;  // time of its last packet
  TcpMemory tcp;    // is_known() of connections only
  AppProto protocol{};
  bool parsing_over = false;  // nothing more of it was to be parsed: encrypted, or the parser gave up
  bool client_is_a = true;
  bool dropped = false, dropped_by_hand = false, dropped_by_policy = false;
  bool passed = false, no_packet_inspection = false, no_payload_inspection = false;
  bool lacks_request = false;  // it ended within one that is too long, or had to make way
  // Of a request that was not whole, or of what is not parsed; up to the client's next sequence number. Null: nothing.
  std::unique_ptr<const std::vector<std::uint8_t>> request;

  // What `flow` can tell of itself; `key` is its own. `dropped` and what belongs to it stay false.
  static EndedFlow of(const Flow& flow);
  // Which direction a packet of `flow`, a later one of this key, has for this one.
  [[nodiscard]] Direction direction_in(const Flow& flow, Direction d) const {
    return flow.client_is_a == client_is_a ? d : opposite(d);
  }
};

class EndedFlows {
 public:
  // After its last packet. A connection that idles is asked every two hours whether it is still there (RFC 9293 3.8.4);
  // of others nothing tells an old packet from one of a new flow, so they are forgotten soon.
  static constexpr TimeUs kLife = 3LL * 3600 * 1'000'000, kLifeWithoutNumbers = 300LL * 1'000'000;
  static constexpr std::size_t kMaxFlows = 1U << 24U;
  static constexpr std::size_t kMostBytes = 16U << 20U;  // of requests

  explicit EndedFlows(std::size_t flows);

  [[nodiscard]] bool enabled() const { return capacity_ != 0; }
  [[nodiscard]] bool empty() const { return cells_.empty(); }
  // Null: none of this key, or its time is over at `now`, or not yet come (the clock went back). Valid until the next
  // remember().
  [[nodiscard]] const EndedFlow* find(std::uint64_t hash, const FlowKey& key, TimeUs now) const;
  // In place of what was known of its key; but one without numbers only once that has been forgotten, so that packets that
  // keep coming do not prolong its time. True: another flow had to go before its time was over.
  bool remember(std::uint64_t hash, EndedFlow flow);
  void forget(std::uint64_t hash, const FlowKey& key);

  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Cell {
    EndedFlow flow;
    std::uint64_t hash = 0;
    std::uint32_t next = kNone;  // of the same bucket
    bool used = false;
  };

  static bool is_alive(const EndedFlow& flow, TimeUs now);
  [[nodiscard]] std::uint32_t& bucket(std::uint64_t hash) { return buckets_[hash & (buckets_.size() - 1)]; }
  [[nodiscard]] std::uint32_t cell_of(std::uint64_t hash, const FlowKey& key) const;
  void unlink(std::uint32_t at);
  void drop_request(std::uint32_t at);
  void drop_next_request();

  std::size_t capacity_;
  std::size_t request_bytes_ = 0;
  std::uint32_t next_dropped_ = 0;  // whose request goes when there is no room
  std::vector<Cell> cells_;  // a ring once it is full
  std::vector<std::uint32_t> buckets_;
  std::uint32_t oldest_ = 0;  // of the full ring
};

}  // namespace weir::engine
