// Memory of what comes and goes with the traffic: flows, sessions, parsers, transactions and their strings.
//
// Every thread has free lists by size class; what is given back waits there for the next of its size, so that in
// steady state nothing reaches the heap. Blocks of up to kSmall bytes are cut from slabs and stay with the slabs
// for good: memory follows the most that was ever in use at once, not the length of the run. Larger ones come
// from the heap one by one, and at most kMaxSpareBytes of them wait; what is over goes back. Blocks over kLargest
// go straight to the heap. A class wastes at most a fifth of a block.
//
// A block may be given back by another thread than the one that took it, but then stays with that thread: what
// one thread makes and another frees all the time belongs on the heap. When a thread ends, its spare blocks go
// to the next thread that needs some.
//
// Three ways to use it: derive from Slabbed (an object made by new or make_unique), SlabVector and SlabString
// (containers), take() and give() (plain bytes).
//
// Under AddressSanitizer all of it is plain heap, so that it knows who made, freed and lost what. With
// WEIR_SANITIZE_SLABS slabs are slabs there, too, to test the use that is made of them: spare blocks and what a block
// has more than was asked for are poisoned, and a block that is given back as another size than it was taken ends the
// program.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class Slab {
 public:
  static constexpr std::size_t kSmall = 2048, kLargest = 64 * 1024;
  static constexpr std::size_t kSlabBytes = 32 * 1024;
  static constexpr std::size_t kMaxSpareBytes = std::size_t{4} << 20U;  // a thread, of blocks over kSmall

  // Aligned to 16 bytes. Throws std::bad_alloc, as operator new does.
  static void* take(std::size_t bytes) {
    if (kPlainHeap || bytes > kLargest - kMargin) return ::operator new(bytes);
    const std::size_t c = class_of(bytes + kMargin);
    void* block = pop(mine_.spare[c]);
    if (block == nullptr)
      block = take_more(c);
    else if (c >= kFirstLarge)
      mine_.large_bytes -= size_of(c);
    if constexpr (kPoisoned) mark_taken(block, bytes, size_of(c));
    return block;
  }
  // `bytes` as they were asked for. Null is allowed.
  static void give(void* at, std::size_t bytes) noexcept {
    if (at == nullptr) return;
    if (kPlainHeap || bytes > kLargest - kMargin) return give_to_heap(at, bytes);
    const std::size_t c = class_of(bytes + kMargin);
    if constexpr (kPoisoned) check_given(at, bytes, size_of(c));
    if (c >= kFirstLarge) {
      if (mine_.large_bytes + size_of(c) > kMaxSpareBytes) return ::operator delete(at);
      mine_.large_bytes += size_of(c);
    }
    push(mine_.spare[c], at, size_of(c));
  }
  // For C libraries that free without saying how much: 16 bytes more a block. Null when there is no memory.
  static void* take_sized(std::size_t bytes) noexcept;
  static void give_sized(void* at) noexcept;
  // The size of the block that take(bytes) gives; bytes <= kLargest.
  static constexpr std::size_t block_size(std::size_t bytes) { return size_of(class_of(bytes)); }

 private:
#if defined(__SANITIZE_ADDRESS__)
  static constexpr bool kSanitized = true;
#elif defined(__has_feature)
  static constexpr bool kSanitized = __has_feature(address_sanitizer);
#else
  static constexpr bool kSanitized = false;
#endif
#ifdef WEIR_SANITIZE_SLABS
  static constexpr bool kPoisoned = kSanitized;
#else
  static constexpr bool kPoisoned = false;
#endif
  static constexpr bool kPlainHeap = kSanitized && !kPoisoned;
  static constexpr std::size_t kMargin = kPoisoned ? 16 : 0;  // behind what was asked for: poison, and its size

  // Classes: every 16 bytes up to 256, then four to each doubling.
  static constexpr std::size_t class_of(std::size_t bytes) {
    if (bytes <= 256) return bytes == 0 ? 0 : (bytes - 1) / 16;
    const auto last = static_cast<std::uint32_t>(bytes - 1);
    const auto doubling = static_cast<unsigned>(31 - __builtin_clz(last));
    return 16 + (doubling - 8) * std::size_t{4} + ((last >> (doubling - 2)) & 3U);
  }
  static constexpr std::size_t size_of(std::size_t c) {
    if (c < 16) return (c + 1) * 16;
    const std::size_t base = std::size_t{256} << ((c - 16) / 4);
    return base + ((c - 16) % 4 + 1) * (base / 4);
  }
  static constexpr std::size_t kClasses = 16 + 4 * 8;
  static constexpr std::size_t kFirstLarge = 16 + 4 * 3;

  struct Spare {
    Spare* next;
  };
  struct Lists {
    std::array<Spare*, kClasses> spare;
    std::size_t large_bytes;  // sum over the spare blocks that are larger than kSmall
  };
  struct HandOver;  // gives a thread's lists away when the thread ends

  static void* take_more(std::size_t c);
  // Passes the size on where the compiler can: AddressSanitizer compares it with that of the allocation.
  static void give_to_heap(void* at, [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef __cpp_sized_deallocation
    ::operator delete(at, bytes);
#else
    ::operator delete(at);
#endif
  }

  static void push(Spare*& list, void* at, [[maybe_unused]] std::size_t size) {
    list = ::new (at) Spare{list};
    if constexpr (kPoisoned) poison(at, size);
  }
  // Null when the list is empty.
  static Spare* pop(Spare*& list) {
    Spare* const block = list;
    if (block == nullptr) return nullptr;
    if constexpr (kPoisoned) unpoison(block, sizeof(Spare));
    list = block->next;
    return block;
  }
  // The next ones are used with kPoisoned only; `size` is that of the whole block, `bytes` what was asked for.
  static void poison(void* at, std::size_t size) noexcept;
  static void unpoison(void* at, std::size_t size) noexcept;
  static void mark_taken(void* at, std::size_t bytes, std::size_t size) noexcept;
  static void check_given(void* at, std::size_t bytes, std::size_t size) noexcept;
  static void forget_leaks_of(void* at) noexcept;

  static inline constinit thread_local Lists mine_{};
};

// Base of classes whose objects are made and freed with new, make_unique and delete.
struct Slabbed {
  static void* operator new(std::size_t bytes) { return Slab::take(bytes); }
  static void operator delete(void* at, std::size_t bytes) noexcept { Slab::give(at, bytes); }
};

template <class T>
struct SlabAllocator {
  using value_type = T;
  SlabAllocator() = default;
  template <class U>
  SlabAllocator(const SlabAllocator<U>&) {}

  T* allocate(std::size_t n) {
    static_assert(alignof(T) <= 16);
    if (n > PTRDIFF_MAX / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(Slab::take(n * sizeof(T)));
  }
  void deallocate(T* at, std::size_t n) noexcept { Slab::give(at, n * sizeof(T)); }
  bool operator==(const SlabAllocator&) const = default;
};

template <class T>
using SlabVector = std::vector<T, SlabAllocator<T>>;
using SlabString = std::basic_string<char, std::char_traits<char>, SlabAllocator<char>>;

// With their counterparts on the heap.
inline bool operator==(const SlabString& a, const std::string& b) { return std::string_view(a) == b; }
template <class T, class U>
bool operator==(const SlabVector<T>& a, const std::vector<U>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace weir
