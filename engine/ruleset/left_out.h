// What the configuration switches off, as far as rules may ask for it.
#pragma once

#include <string_view>

#include "engine/config/config.h"
#include "rules/compile/rule_builder.h"

namespace weir::engine {

rules::LeftOut left_out(const Config& config);
// The flag `setting` of a protocol's configuration is off; "auto" is as good as yes.
bool turned_off(const Config& config, std::string_view protocol, std::string_view setting);

}  // namespace weir::engine
