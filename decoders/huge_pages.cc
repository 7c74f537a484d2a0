#include "decoders/huge_pages.h"

#include <cstdint>

#include <sys/mman.h>

namespace weir {
namespace {

std::size_t whole_pages(std::size_t bytes) {
  return (bytes + kHugePage - 1) / kHugePage * kHugePage;
}

}  // namespace

// Mapped with a page more, of which what lies before and behind goes back.
void* map_huge(std::size_t bytes) {
  if (bytes > PTRDIFF_MAX - 2 * kHugePage) throw std::bad_alloc();
  const std::size_t size = whole_pages(bytes);
  void* const mapped =
      ::mmap(nullptr, size + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* const begin = static_cast<std::byte*>(mapped);
  const std::size_t before =
      whole_pages(reinterpret_cast<std::uintptr_t>(begin)) - reinterpret_cast<std::uintptr_t>(begin);
  if (before > 0) ::munmap(begin, before);
  ::munmap(begin + before + size, kHugePage - before);
  (void)::madvise(begin + before, size, MADV_HUGEPAGE);  // a kernel without them has small ones
  return begin + before;
}

void unmap_huge(void* at, std::size_t bytes) noexcept {
  ::munmap(at, whole_pages(bytes));
}

}  // namespace weir
