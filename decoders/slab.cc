#include "decoders/slab.h"

#include <mutex>

#include "decoders/huge_pages.h"

#ifdef WEIR_SANITIZE_SLABS
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#endif

namespace weir {
namespace {

std::mutex left_lock;
constexpr std::size_t kSizeBytes = 16;  // in front of a block that knows its size: keeps the alignment

// Slabs of all threads come from the same huge page until it is used up.
std::byte* take_slab(std::size_t bytes) {
  static std::byte* ground = nullptr;
  static std::size_t left = 0;
  const std::lock_guard lock(left_lock);
  if (left < bytes) {
    ground = static_cast<std::byte*>(map_huge(kHugePage));
    left = kHugePage;
  }
  left -= bytes;
  return ground + left;
}

}  // namespace

struct Slab::HandOver {
  ~HandOver() {
    const std::lock_guard lock(left_lock);
    for (std::size_t c = 0; c < kClasses; ++c) {
      while (Spare* const block = pop(mine_.spare[c])) push(left[c], block, size_of(c));
    }
    mine_.large_bytes = 0;
  }
  // What threads that ended have left, for any thread to take.
  static inline std::array<Spare*, kClasses> left{};
};

void* Slab::take_sized(std::size_t bytes) noexcept try {
  if (bytes > PTRDIFF_MAX - kSizeBytes) return nullptr;
  auto* const at = static_cast<std::byte*>(take(bytes + kSizeBytes));
  ::new (at) std::size_t{bytes + kSizeBytes};
  return at + kSizeBytes;
} catch (const std::bad_alloc&) {
  return nullptr;
}

void Slab::give_sized(void* at) noexcept {
  if (at == nullptr) return;
  auto* const block = static_cast<std::byte*>(at) - kSizeBytes;
  give(block, *std::launder(reinterpret_cast<std::size_t*>(block)));
}

void* Slab::take_more(std::size_t c) {
  static_assert(size_of(kFirstLarge - 1) == kSmall && size_of(kClasses - 1) == kLargest);
  thread_local HandOver at_end;
  (void)&at_end;
  const std::size_t size = size_of(c);
  {
    const std::lock_guard lock(left_lock);
    if (Spare* const block = pop(HandOver::left[c])) return block;
  }
  if (c >= kFirstLarge) {
    void* const block = ::operator new(size);
    if constexpr (kPoisoned) forget_leaks_of(block);
    return block;
  }
  // Cut back to front, so that blocks taken one after another lie side by side.
  std::byte* slab = nullptr;
  if constexpr (kPoisoned) {
    slab = static_cast<std::byte*>(::operator new(kSlabBytes));
    forget_leaks_of(slab);
  } else {
    slab = take_slab(kSlabBytes);
  }
  for (std::size_t i = kSlabBytes / size; i-- > 1;) push(mine_.spare[c], slab + i * size, size);
  return slab;
}

#ifdef WEIR_SANITIZE_SLABS

void Slab::poison(void* at, std::size_t size) noexcept {
  __asan_poison_memory_region(at, size);
}
void Slab::unpoison(void* at, std::size_t size) noexcept {
  __asan_unpoison_memory_region(at, size);
}

// The size that was asked for lies at the block's end, out of sight.
void Slab::mark_taken(void* at, std::size_t bytes, std::size_t size) noexcept {
  unpoison(at, size);
  std::memcpy(static_cast<std::byte*>(at) + size - sizeof bytes, &bytes, sizeof bytes);
  poison(static_cast<std::byte*>(at) + bytes, size - bytes);
}

void Slab::check_given(void* at, std::size_t bytes, std::size_t size) noexcept {
  std::size_t taken = 0;
  auto* const end = static_cast<std::byte*>(at) + size - sizeof taken;
  if (bytes != 0 && __asan_address_is_poisoned(at) != 0) {
    (void)std::fputs("ERROR: AddressSanitizer: a block is given back twice\n", stderr);
    std::abort();
  }
  unpoison(end, sizeof taken);
  std::memcpy(&taken, end, sizeof taken);
  if (taken == bytes) return unpoison(at, size);
  (void)std::fprintf(stderr, "ERROR: AddressSanitizer: a block of %zu bytes is given back as one of %zu\n", taken, bytes);
  std::abort();
}

// Nothing that is not poisoned leads to all of them.
void Slab::forget_leaks_of(void* at) noexcept {
  __lsan_ignore_object(at);
}

#endif

}  // namespace weir
