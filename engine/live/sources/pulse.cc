#include "engine/live/sources/pulse.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace weir::engine {

tl::expected<PulseBoard, std::string> PulseBoard::make(std::size_t workers) {
  void* memory =
      ::mmap(nullptr, workers * sizeof(Pulse), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return tl::unexpected(std::string("shared memory: ") + std::strerror(errno));
  return PulseBoard(new (memory) Pulse[workers], workers);
}

void PulseBoard::Unmap::operator()(Pulse* p) const {
  (void)::munmap(p, workers * sizeof(Pulse));
}

}  // namespace weir::engine
