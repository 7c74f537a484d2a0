// Numbers of a protocol that have names: what logs show and what rules may write in place of the number.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

struct NumberName {
  std::uint64_t number;
  std::string_view name;
};

}  // namespace weir
