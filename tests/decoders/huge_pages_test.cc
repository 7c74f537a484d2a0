#include "decoders/huge_pages.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

using namespace weir;

TEST_CASE("huge pages: zeroed memory that begins with a page, of any size") {
  for (const std::size_t bytes : {std::size_t{1}, kHugePage, kHugePage + 1, 3 * kHugePage}) {
    auto* const at = static_cast<unsigned char*>(map_huge(bytes));
    CHECK(reinterpret_cast<std::uintptr_t>(at) % kHugePage == 0);
    CHECK(at[0] == 0);
    CHECK(at[bytes - 1] == 0);
    std::memset(at, 0xff, bytes);
    unmap_huge(at, bytes);
  }
}

TEST_CASE("huge pages: what is more than there is of addresses is no memory") {
  CHECK_THROWS_AS(map_huge(PTRDIFF_MAX), std::bad_alloc);
  CHECK_THROWS_AS(map_huge(SIZE_MAX), std::bad_alloc);
  CHECK_THROWS_AS(HugeAllocator<std::uint64_t>().allocate(SIZE_MAX / 8), std::bad_array_new_length);
}

TEST_CASE("huge pages: a container keeps what it holds when it grows from the heap into pages of its own") {
  std::vector<std::uint64_t, HugeAllocator<std::uint64_t>> numbers;
  const std::size_t count = kHugePage / sizeof(std::uint64_t) * 2;
  for (std::size_t i = 0; i < count; ++i) numbers.push_back(i);
  CHECK(std::accumulate(numbers.begin(), numbers.end(), std::uint64_t{0}) == count * (count - 1) / 2);
  numbers.clear();
  numbers.shrink_to_fit();
}
