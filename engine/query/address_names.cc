#include "engine/query/address_names.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace weir::engine {
namespace {

std::string system_name(const IpAddress& address) {
  std::array<char, NI_MAXHOST> name{};
  int error = 0;
  if (address.family == 4) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    std::memcpy(&place.sin_addr, address.bytes.data(), sizeof(place.sin_addr));
    error = getnameinfo(reinterpret_cast<const sockaddr*>(&place), sizeof(place), name.data(),
                        static_cast<socklen_t>(name.size()), nullptr, 0, NI_NAMEREQD);
  } else {
    sockaddr_in6 place{};
    place.sin6_family = AF_INET6;
    std::memcpy(&place.sin6_addr, address.bytes.data(), sizeof(place.sin6_addr));
    error = getnameinfo(reinterpret_cast<const sockaddr*>(&place), sizeof(place), name.data(),
                        static_cast<socklen_t>(name.size()), nullptr, 0, NI_NAMEREQD);
  }
  return error == 0 ? std::string(name.data()) : std::string{};
}

}  // namespace

// What the threads share. It lives until the last of them has its answer, which may be after all are needed.
struct AddressNames::Work {
  const Resolver resolver;
  const std::vector<IpAddress> addresses;
  std::mutex mutex;
  std::condition_variable ready;
  std::size_t next = 0, answered = 0;
  bool is_over = false;
  std::map<IpAddress, std::string> names;

  Work(Resolver r, std::vector<IpAddress> a) : resolver(std::move(r)), addresses(std::move(a)) {}
  void run() {
    std::unique_lock lock(mutex);
    while (!is_over && next < addresses.size()) {
      const IpAddress address = addresses[next++];
      lock.unlock();
      std::string name = resolver(address);
      lock.lock();
      if (is_over) return;
      names.emplace(address, std::move(name));
      if (++answered == addresses.size()) ready.notify_all();
    }
  }
};

AddressNames::AddressNames() : AddressNames(system_name) {}

AddressNames::AddressNames(Resolver resolver, std::chrono::milliseconds patience)
    : resolver_(std::move(resolver)), patience_(patience) {}

void AddressNames::look_up(std::span<const IpAddress> addresses) {
  std::vector<IpAddress> unknown;
  for (const IpAddress& address : addresses) {
    if (address.family == 0 || names_.contains(address)) continue;
    if (names_.size() + unknown.size() < kMostAddresses && patience_.count() > 0)
      unknown.push_back(address);
    else
      ++without_answer_;
  }
  if (unknown.empty()) return;
  for (const IpAddress& address : unknown) names_[address];  // not asked for again
  const std::size_t asked = unknown.size();
  const auto work = std::make_shared<Work>(resolver_, std::move(unknown));
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < std::min(kThreads, asked); ++i) {
    // Nothing can end a thread that waits for an answer: it is left alone with what it works on.
    try {
      std::thread([work] { work->run(); }).detach();
    } catch (const std::system_error&) {
      break;  // with those that there are; with none, time runs out
    }
  }
  std::unique_lock lock(work->mutex);
  work->ready.wait_until(lock, begin + patience_, [&] { return work->answered == asked; });
  work->is_over = true;
  for (auto& [address, name] : work->names) names_[address] = std::move(name);
  without_answer_ += asked - work->answered;
  patience_ -=
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

std::string AddressNames::operator()(const IpAddress& address) const {
  const auto known = names_.find(address);
  return known == names_.end() ? std::string{} : known->second;
}

}  // namespace weir::engine
