// Calls of DCE/RPC without connection: each datagram names its interface, its call and its fragment.
//
// Fragments may come in any order and more than once: the first of each number counts. What comes again of a call that is
// over is a repetition, not a call; the last kMaxOpenCalls calls of a flow are remembered for that.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "decoders/app/dcerpc/call.h"
#include "decoders/slab.h"

namespace weir::dcerpc {

// Fragments of a side of a call beyond those are left out, and so is all behind the limit of its stub data.
inline constexpr std::size_t kMaxFragments = 1024;

class Datagrams {
 public:
  explicit Datagrams(const CallLimits& limits) : limits_(limits) {}

  void take(Direction d, const DatagramHeader& header, Calls& calls);

 private:
  // Fragments of a side until all of them are there, in their order.
  struct Piece {
    std::uint16_t number;
    SlabString body;
  };
  struct Pieces {
    SlabVector<Piece> list;
    std::optional<std::uint16_t> last;  // number of the last one
    std::size_t bytes = 0;
  };
  struct Known {
    Uuid activity;
    std::uint32_t sequence;
    std::uint64_t key;
    std::array<Pieces, 2> pieces;  // of the request, of the answer
  };

  Known* known_call(const DatagramHeader& header);
  Known& add(const DatagramHeader& header, Direction request, Calls& calls);
  void add_fragment(Part& part, Pieces& pieces, const DatagramHeader& header) const;
  bool keep(Pieces& pieces, const DatagramHeader& header) const;
  static void put_together(Part& part, Pieces& pieces);

  CallLimits limits_;
  SlabVector<Known> known_;  // oldest first
};

}  // namespace weir::dcerpc
