// Memory that is touched all over and kept: in pages of 2 MB where the kernel has some (transparent huge pages), so that
// its first use costs one fault for 512, and walks through it miss the processor's list of pages less.
#pragma once

#include <cstddef>
#include <new>

namespace weir {

inline constexpr std::size_t kHugePage = std::size_t{2} << 20U;

// Zeroed; it begins at a multiple of kHugePage. Throws std::bad_alloc, as operator new does.
void* map_huge(std::size_t bytes);
void unmap_huge(void* at, std::size_t bytes) noexcept;

// Of containers that may become large. What is less than a huge page comes from the heap.
template <class T>
struct HugeAllocator {
  using value_type = T;
  HugeAllocator() = default;
  template <class U>
  HugeAllocator(const HugeAllocator<U>&) {}

  T* allocate(std::size_t n) {
    static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    if (n > PTRDIFF_MAX / sizeof(T)) throw std::bad_array_new_length();
    const std::size_t bytes = n * sizeof(T);
    return static_cast<T*>(bytes < kHugePage ? ::operator new(bytes) : map_huge(bytes));
  }
  void deallocate(T* at, std::size_t n) noexcept {
    const std::size_t bytes = n * sizeof(T);
    if (bytes < kHugePage) return ::operator delete(at);
    unmap_huge(at, bytes);
  }
  bool operator==(const HugeAllocator&) const = default;
};

}  // namespace weir
