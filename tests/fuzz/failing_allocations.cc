// The allocator of weir_fuzz_memory: AddressSanitizer's, which it lets nothing pass to that is to fail. What AddressSanitizer
// takes the place of, malloc and its like, it names __interceptor_malloc and so on besides. Memory from operator new and from
// malloc is the same here: that one is not given back as the other is for weir_fuzz to find.
#include <cerrno>
#include <cstddef>
#include <new>

#include "tests/fuzz/scarce_memory.h"

using weir::fuzz::allocation_fails;

extern "C" {

void* __interceptor_malloc(std::size_t bytes);
void* __interceptor_calloc(std::size_t count, std::size_t bytes);
void* __interceptor_realloc(void* at, std::size_t bytes);
int __interceptor_posix_memalign(void** at, std::size_t alignment, std::size_t bytes);
void __interceptor_free(void* at);

void* malloc(std::size_t bytes) {
  if (!allocation_fails()) return __interceptor_malloc(bytes);
  errno = ENOMEM;
  return nullptr;
}
void* calloc(std::size_t count, std::size_t bytes) {
  if (!allocation_fails()) return __interceptor_calloc(count, bytes);
  errno = ENOMEM;
  return nullptr;
}
void* realloc(void* at, std::size_t bytes) {
  if (!allocation_fails()) return __interceptor_realloc(at, bytes);
  errno = ENOMEM;
  return nullptr;
}
int posix_memalign(void** at, std::size_t alignment, std::size_t bytes) {
  return allocation_fails() ? ENOMEM : __interceptor_posix_memalign(at, alignment, bytes);
}

}  // extern "C"

void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return allocation_fails() ? nullptr : __interceptor_malloc(bytes);
}
void* operator new(std::size_t bytes) {
  if (allocation_fails()) throw std::bad_alloc();
  return __interceptor_malloc(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t& none) noexcept {
  return operator new(bytes, none);
}
void* operator new[](std::size_t bytes) {
  return operator new(bytes);
}
void operator delete(void* at) noexcept {
  __interceptor_free(at);
}
void operator delete(void* at, std::size_t) noexcept {
  __interceptor_free(at);
}
void operator delete(void* at, const std::nothrow_t&) noexcept {
  __interceptor_free(at);
}
void operator delete[](void* at) noexcept {
  __interceptor_free(at);
}
void operator delete[](void* at, std::size_t) noexcept {
  __interceptor_free(at);
}
void operator delete[](void* at, const std::nothrow_t&) noexcept {
  __interceptor_free(at);
}
