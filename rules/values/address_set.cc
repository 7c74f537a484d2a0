#include "rules/values/address_set.h"

#include <arpa/inet.h>

#include <cstring>

#include "rules/values/range_list.h"

namespace weir::rules {
namespace {

constexpr AddressSet::Range4 kAll4{0, UINT32_MAX};
constexpr AddressSet::Range6 kAll6{{0, 0}, {UINT64_MAX, UINT64_MAX}};

}  // namespace

AddressSet AddressSet::any() {
  AddressSet out;
  out.v4_ = {kAll4};
  out.v6_ = {kAll6};
  return out;
}

const std::shared_ptr<const AddressSet>& AddressSet::shared_any() {
  static const auto set = std::make_shared<const AddressSet>(any());
  return set;
}

bool AddressSet::is_any() const {
  return v4_.size() == 1 && v6_.size() == 1 && v4_[0].first == 0 && v4_[0].last == UINT32_MAX &&
         v6_[0].first == kAll6.first && v6_[0].last == kAll6.last;
}

bool AddressSet::contains(const IpAddress& a) const {
  if (a.family == 4) return range_list::contains(v4_, a.v4_host_order());
  if (a.family == 6) return range_list::contains(v6_, ip6_key(a));
  return false;
}

void AddressSet::add(std::uint32_t first, std::uint32_t last) {
  range_list::add(v4_, Range4{first, last});
}
void AddressSet::add(const Ip6Key& first, const Ip6Key& last) {
  range_list::add(v6_, Range6{first, last});
}

void AddressSet::add(const AddressSet& other) {
  if (empty()) {
    *this = other;
    return;
  }
  for (const Range4& r : other.v4_) range_list::add(v4_, r);
  for (const Range6& r : other.v6_) range_list::add(v6_, r);
}

void AddressSet::subtract(const AddressSet& other) {
  v4_ = range_list::subtract(v4_, other.v4_);
  v6_ = range_list::subtract(v6_, other.v6_);
}

Ip6Key ip6_key(const IpAddress& a) {
  Ip6Key key{};
  for (std::size_t i = 0; i < 16; ++i) key[i / 8] = (key[i / 8] << 8U) | a.bytes[i];
  return key;
}

std::optional<IpAddress> parse_address(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.empty() || text.size() >= copy.size() || text.find('\0') != std::string_view::npos)
    return std::nullopt;
  std::memcpy(copy.data(), text.data(), text.size());
  IpAddress out;
  out.family = text.find(':') == std::string_view::npos ? 4 : 6;
  if (inet_pton(out.family == 4 ? AF_INET : AF_INET6, copy.data(), out.bytes.data()) != 1)
    return std::nullopt;
  return out;
}

}  // namespace weir::rules
