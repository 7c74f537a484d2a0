// Memory for flows: slabs that are never given back, so that making and ending a flow costs no heap traffic.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "decoders/huge_pages.h"
#include "engine/flow/flow.h"

namespace weir::engine {

class FlowPool {
 public:
  FlowPool() = default;
  FlowPool(const FlowPool&) = delete;
  FlowPool& operator=(const FlowPool&) = delete;

  // Room for `count` flows before the first of them is asked for.
  void reserve(std::size_t count) {
    while (free_.size() < count) grow();
  }
  Flow* make() {
    if (free_.empty()) grow();
    void* const at = free_.back();
    free_.pop_back();
    return ::new (at) Flow;
  }
  // The owner must release every flow before the pool dies.
  void release(Flow* flow) {
    flow->~Flow();
    free_.push_back(flow);
  }

 private:
  struct alignas(Flow) Cell {
    std::byte bytes[sizeof(Flow)];
  };
  static constexpr std::size_t kSlabFlows = kHugePage / sizeof(Cell);
  struct Unmap {
    void operator()(Cell* slab) const { unmap_huge(slab, kHugePage); }
  };

  void grow() {
    // Room for all flows that there are: release() asks for no memory.
    const std::size_t flows = (slabs_.size() + 1) * kSlabFlows;
    if (free_.capacity() < flows) free_.reserve(flows * 2);
    slabs_.emplace_back();
    slabs_.back().reset(static_cast<Cell*>(map_huge(kHugePage)));
    // Back to front, so that flows made one after another lie side by side.
    for (std::size_t i = kSlabFlows; i-- > 0;) free_.push_back(slabs_.back().get() + i);
  }

  std::vector<std::unique_ptr<Cell, Unmap>> slabs_;
  std::vector<void*> free_;
};

}  // namespace weir::engine
