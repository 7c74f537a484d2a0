// A set of ports as sorted, disjoint, inclusive ranges. contains() is O(log n).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace weir::rules {

class PortSet {
 public:
  struct Range {
    std::uint16_t first, last;
  };

  static PortSet any();
  // One set for all rules that say "any".
  static const std::shared_ptr<const PortSet>& shared_any();
  [[nodiscard]] bool is_any() const {
    return ranges_.size() == 1 && ranges_[0].first == 0 && ranges_[0].last == 65535;
  }
  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  [[nodiscard]] bool contains(std::uint16_t port) const;
  [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }
  // Adding in ascending order is O(1), else O(n).
  void add(std::uint16_t first, std::uint16_t last);  // first <= last
  void add(const PortSet& other);
  void subtract(const PortSet& other);

 private:
  std::vector<Range> ranges_;
};

}  // namespace weir::rules
