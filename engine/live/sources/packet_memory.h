// Memory that packets lie in as they come from the kernel: pages of its own, which no core shows.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::engine {

// Keeps pages out of cores, should `weir.core-dumps` let any be written. `memory` begins a page.
void keep_out_of_core(void* memory, std::size_t bytes);

// Owns its pages, which are zero at first.
class PacketMemory {
 public:
  // Throws std::bad_alloc.
  explicit PacketMemory(std::size_t bytes);
  ~PacketMemory();
  PacketMemory(const PacketMemory&) = delete;
  PacketMemory& operator=(const PacketMemory&) = delete;

  [[nodiscard]] std::uint8_t* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return bytes_; }

 private:
  std::uint8_t* data_;
  std::size_t bytes_;
};

}  // namespace weir::engine
