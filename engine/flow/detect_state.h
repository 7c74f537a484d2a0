// What detection keeps per flow: made on demand, freed with the flow.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "decoders/slab.h"
#include "rules/state/tags.h"

namespace weir::engine {

struct FlowDetect : Slabbed {
  // The generation of the rules whose numbers stand in the flow's transactions.
  std::uint32_t generation = 0;
  // By direction of the flow: the generation as of which its rules have been looked at; 0 not at all.
  std::array<std::uint32_t, 2> ip_only_done{}, proto_only_done{};
  // Transactions below this id are done with, by direction: where the next run starts to look.
  std::array<std::uint64_t, 2> first_open{};
  // By direction: rules want all files of the flow stored.
  std::array<bool, 2> store_files{};
  std::unique_ptr<rules::ActiveTags> tags;  // begun by rules on the flow; null: none
};

}  // namespace weir::engine
