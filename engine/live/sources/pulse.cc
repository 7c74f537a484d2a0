#include "engine/live/sources/pulse.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace weir::engine {

namespace {

std::size_t size_for(std::size_t workers) {
  return sizeof(GuardPulse) + workers * sizeof(Pulse);
}

}  // namespace

tl::expected<PulseBoard, std::string> PulseBoard::make(std::size_t workers) {
  void* memory =
      ::mmap(nullptr, size_for(workers), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return tl::unexpected(std::string("shared memory: ") + std::strerror(errno));
  return PulseBoard(new (memory) GuardPulse,
                    new (static_cast<std::byte*>(memory) + sizeof(GuardPulse)) Pulse[workers], workers);
}

void PulseBoard::Unmap::operator()(GuardPulse* p) const {
  (void)::munmap(p, size_for(workers));
}

}  // namespace weir::engine
