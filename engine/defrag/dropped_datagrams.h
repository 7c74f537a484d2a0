// Datagrams that were dropped inline once they were whole. Their other fragments had gone by: a second copy of the one that
// was held back would make the receiver's datagram whole, and is no datagram here. So all further fragments go the same way for
// as long as the receiver keeps the others.
//
// One a worker; no locks. A table of 1 MiB, made at once: of datagrams whose hashes share a place the one that ends first gives way.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/defrag/datagram_key.h"
#include "engine/defrag/defrag.h"

namespace weir::engine {

class DroppedDatagrams {
 public:
  // `wanted`: false where nothing is dropped; then no table is made, and add() must not be called. Throws std::bad_alloc.
  DroppedDatagrams(const DefragSettings& settings, bool wanted);

  // The datagram that this fragment belongs to is to be dropped from now on.
  void add(const Packet& fragment);
  // The fragment belongs to one that was dropped, and whose time is not over.
  [[nodiscard]] bool has(const Packet& fragment) const;

 private:
  static constexpr std::size_t kPlaces = 16384, kSharing = 4;
  struct Entry {
    std::uint64_t hash = 0;
    TimeUs until = 0;
  };
  using Place = std::array<Entry, kSharing>;

  std::vector<Place> places_;
  FragmentReceivers receivers_;
  std::uint64_t seed_;
  bool use_vlans_;
};

}  // namespace weir::engine
