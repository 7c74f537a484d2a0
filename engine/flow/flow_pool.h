// Memory for flows: slabs that are never given back, so that making and ending a flow costs no heap traffic.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

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
  static constexpr std::size_t kSlabFlows = 64;
  struct alignas(Flow) Cell {
    std::byte bytes[sizeof(Flow)];
  };

  void grow() {
    // Room for all flows that there are: release() asks for no memory.
    const std::size_t flows = (slabs_.size() + 1) * kSlabFlows;
    if (free_.capacity() < flows) free_.reserve(flows * 2);
    slabs_.push_back(std::make_unique_for_overwrite<Cell[]>(kSlabFlows));
    // Back to front, so that flows made one after another lie side by side.
    for (std::size_t i = kSlabFlows; i-- > 0;) free_.push_back(&slabs_.back()[i]);
  }

  std::vector<std::unique_ptr<Cell[]>> slabs_;
  std::vector<void*> free_;
};

}  // namespace weir::engine
