#include "engine/query/address_names.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::engine;

namespace {

std::vector<IpAddress> so_many(std::uint32_t count) {
  std::vector<IpAddress> out;
  for (std::uint32_t i = 0; i < count; ++i) out.push_back(IpAddress::v4(0x0a000000U + i));
  return out;
}

}  // namespace

TEST_CASE("names of addresses are asked for once") {
  auto asked = std::make_shared<std::atomic<int>>(0);
  AddressNames names([asked](const IpAddress& a) {
    ++*asked;
    return a.bytes[3] == 1 ? std::string("one") : std::string{};
  });
  names.look_up(so_many(3));
  names.look_up(so_many(3));
  CHECK(*asked == 3);
  CHECK(names(IpAddress::v4(0x0a000001)) == "one");
  CHECK(names(IpAddress::v4(0x0a000002)).empty());
  CHECK(names(IpAddress::v4(0x7f000001)).empty());
  CHECK(names.without_answer() == 0);
}

TEST_CASE("names of addresses: a resolver that never answers does not hold anybody up") {
  struct Gate {
    std::mutex mutex;
    std::condition_variable opened;
    bool is_open = false;
  };
  auto gate = std::make_shared<Gate>();
  AddressNames names(
      [gate](const IpAddress& a) {
        if (a.bytes[3] == 0) return std::string("quick");
        std::unique_lock lock(gate->mutex);
        gate->opened.wait(lock, [&] { return gate->is_open; });
        return std::string("late");
      },
      std::chrono::milliseconds(200));
  names.look_up(so_many(4));
  CHECK(names(IpAddress::v4(0x0a000003)).empty());
  CHECK(names.without_answer() >= 3);
  names.look_up(so_many(5));  // no time is left
  CHECK(names.without_answer() >= 4);
  const std::lock_guard lock(gate->mutex);
  gate->is_open = true;
  gate->opened.notify_all();
}

TEST_CASE("names of addresses: not more than so many are asked for") {
  AddressNames names([](const IpAddress&) { return std::string("x"); }, std::chrono::hours(1));
  names.look_up(so_many(AddressNames::kMostAddresses + 10));
  CHECK(names.without_answer() == 10);
}
