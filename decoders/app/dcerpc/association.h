// The state of one connection of DCE/RPC, which lasts from its bind to its end: a TCP connection, or an open SMB pipe.
//
// It takes PDUs apart and puts the fragments of calls together; the calls themselves are kept by whoever carries it
// (Calls). Each protocol that carries DCE/RPC holds an Association for every connection:
//
//   * who has whole PDUs (a TCP stream with a framer) gives each to take();
//   * who has the bytes of a pipe as they were written and read gives them to feed(), which keeps what is not a whole PDU
//     yet: up to 65,535 bytes a direction.
//
//   struct PipeCalls final : dcerpc::Calls { ... };    // add(): a new transaction, or the one at hand, with a Call in it
//   association.feed(Direction::to_server, written, calls);
//
// A call is then what the parts of its Call say: `answer().done` ends it. Rules look at calls through
// `rules/keywords/dcerpc.cc`, where the transaction that holds one is asked for it.
//
// Calls are told apart by their numbers. A request with the number of an open one ends that one. Costs a walk over the
// open calls (kMaxOpenCalls) a PDU, and a copy of the stub data.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "decoders/app/dcerpc/call.h"
#include "decoders/slab.h"

namespace weir::dcerpc {

class Association {
 public:
  explicit Association(const CallLimits& limits) : limits_(limits) {}

  // One PDU, whole, with its header.
  void take(Direction d, const Header& header, Bytes pdu, Calls& calls);
  // The next bytes of one side of a pipe, cut anyhow. False: they are no PDUs; further bytes of that side are ignored.
  bool feed(Direction d, Bytes bytes, Calls& calls);
  // All that were bound, refused ones, too.
  [[nodiscard]] const SlabVector<Interface>& interfaces() const { return interfaces_; }
  // Bytes that it keeps of what is not whole.
  [[nodiscard]] std::size_t held() const { return sides_[0].rest.capacity() + sides_[1].rest.capacity(); }
  // Bytes of that direction were never seen. A pipe goes on with the next header in the bytes that follow.
  void lose(Direction d, Calls& calls);

 private:
  struct Open {
    std::uint32_t call_id;
    std::uint64_t key;
  };
  struct Side {
    SlabString rest;  // of feed(): the start of a PDU
    bool broken = false, lost = false;
  };

  void take_request(Direction d, const Header& header, Bytes pdu, Calls& calls);
  void take_bind(Direction d, const Header& header, Bytes pdu, Calls& calls);
  void take_answer(Direction d, const Header& header, Bytes pdu, Calls& calls);
  void learn_results(Call& call, const Header& header, Bytes pdu);
  void add_fragment(Part& part, const Header& header, Bytes pdu) const;
  Bytes take_whole(Direction d, Bytes bytes, Side& side, Calls& calls);
  Call* open_call(std::uint32_t call_id, Direction request, Calls& calls);
  Call& open(Direction request, std::uint32_t call_id, Calls& calls);
  void close(const Call& call);
  void end(Call& call, Calls& calls);
  [[nodiscard]] std::optional<Interface> bound(std::uint16_t context_id) const;
  void bind(const Interface& item);

  CallLimits limits_;
  SlabVector<Interface> interfaces_;  // the last one with a context's number counts
  SlabVector<Open> open_;             // oldest first
  std::array<Side, 2> sides_;
};

}  // namespace weir::dcerpc
