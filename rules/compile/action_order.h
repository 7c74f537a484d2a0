// In which order rules that match together act (`action-order`): the first ones decide about the packet and its flow.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include <tl/expected.hpp>

#include "rules/compile/signature.h"

namespace weir::rules {

class ActionOrder {
 public:
  ActionOrder() = default;  // pass, drop, reject, alert
  // Names in the wanted order; those left out come behind, in the order above. Fails with a text for a name that is no
  // action, and for one that comes twice.
  static tl::expected<ActionOrder, std::string> parse(std::span<const std::string> names);
  // The lower one acts first. All kinds of reject are one, and what only logs is an alert.
  [[nodiscard]] std::uint8_t rank(Action action) const;

 private:
  static constexpr std::size_t kKinds = 4;
  std::array<std::uint8_t, kKinds> ranks_{0, 1, 2, 3};  // of pass, drop, reject, alert
};

}  // namespace weir::rules
