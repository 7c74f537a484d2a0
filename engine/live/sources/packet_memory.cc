#include "engine/live/sources/packet_memory.h"

#include <sys/mman.h>

#include <new>

namespace weir::engine {

void keep_out_of_core(void* memory, std::size_t bytes) {
  (void)::madvise(memory, bytes, MADV_DONTDUMP);
}

PacketMemory::PacketMemory(std::size_t bytes) : bytes_(bytes) {
  void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  keep_out_of_core(at, bytes);
  data_ = static_cast<std::uint8_t*>(at);
}

PacketMemory::~PacketMemory() {
  (void)::munmap(data_, bytes_);
}

}  // namespace weir::engine
