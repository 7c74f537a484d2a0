#include "rules/values/port_set.h"

#include "rules/values/range_list.h"

namespace weir::rules {

PortSet PortSet::any() {
  PortSet out;
  out.ranges_ = {{0, 65535}};
  return out;
}

const std::shared_ptr<const PortSet>& PortSet::shared_any() {
  static const auto set = std::make_shared<const PortSet>(any());
  return set;
}

bool PortSet::contains(std::uint16_t port) const {
  return range_list::contains(ranges_, port);
}

void PortSet::add(std::uint16_t first, std::uint16_t last) {
  range_list::add(ranges_, Range{first, last});
}

void PortSet::add(const PortSet& other) {
  for (const Range& r : other.ranges_) range_list::add(ranges_, r);
}

void PortSet::subtract(const PortSet& other) {
  ranges_ = range_list::subtract(ranges_, other.ranges_);
}

}  // namespace weir::rules
