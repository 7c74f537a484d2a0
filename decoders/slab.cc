#include "decoders/slab.h"

#include <mutex>

namespace weir {
namespace {

std::mutex left_lock;
constexpr std::size_t kSizeBytes = 16;  // in front of a block that knows its size: keeps the alignment

}  // namespace

struct Slab::HandOver {
  ~HandOver() {
    const std::lock_guard lock(left_lock);
    for (std::size_t c = 0; c < kClasses; ++c) {
      while (Spare* const block = mine_.spare[c]) {
        mine_.spare[c] = block->next;
        block->next = left[c];
        left[c] = block;
      }
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
    if (Spare* const block = HandOver::left[c]) {
      HandOver::left[c] = block->next;
      return block;
    }
  }
  if (c >= kFirstLarge) return ::operator new(size);
  // Cut back to front, so that blocks taken one after another lie side by side.
  auto* const slab = static_cast<std::byte*>(::operator new(kSlabBytes));
  for (std::size_t i = kSlabBytes / size; i-- > 1;) mine_.spare[c] = ::new (slab + i * size) Spare{mine_.spare[c]};
  return slab;
}

}  // namespace weir
