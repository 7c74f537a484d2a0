// Names of addresses, of the system's resolver (DNS, /etc/hosts). A question of DNS may take its time, and somebody else decides how
// long: so many addresses are asked for, for so long in all; what has no name by then has none.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "decoders/ip_address.h"

namespace weir::engine {

class AddressNames {
 public:
  static constexpr std::size_t kMostAddresses = 2000, kThreads = 16;
  static constexpr std::chrono::milliseconds kPatience{5000};  // all calls of look_up() together
  // Empty: no name. Called by several threads, and perhaps still when this object is gone.
  using Resolver = std::function<std::string(const IpAddress&)>;

  // The system's.
  AddressNames();
  explicit AddressNames(Resolver resolver, std::chrono::milliseconds patience = kPatience);
  // Asks for the names of those that were not asked for before.
  void look_up(std::span<const IpAddress> addresses);
  // Empty when there is none, or it was not looked up in time.
  [[nodiscard]] std::string operator()(const IpAddress& address) const;
  // How often an address was not asked for, or not answered in time.
  [[nodiscard]] std::size_t without_answer() const { return without_answer_; }

 private:
  struct Work;
  Resolver resolver_;
  std::chrono::milliseconds patience_;
  std::map<IpAddress, std::string> names_;
  std::size_t without_answer_ = 0;
};

}  // namespace weir::engine
