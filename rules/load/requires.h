// The `requires` keyword: whether this engine has what a rule asks for. A rule that asks for more is passed over
// without an error, whatever else stands in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "rules/language/diagnostic.h"

namespace weir::rules {

// The version of Suricata's rule language that we claim to speak.
struct LanguageVersion { unsigned major, minor, patch; };
inline constexpr LanguageVersion kLanguageVersion{8, 0, 0};

// What `feature NAME` finds in an engine with everything turned on.
std::vector<std::string> default_features();

// "feature geoip, version >= 7.0.3 < 8 | >= 8.0.1, keyword ja4.hash": false when any of it is not met, or is something
// that we do not know. Fails on what cannot be read.
tl::expected<bool, KeywordError> requirements_met(std::string_view argument, const std::vector<std::string>& features);

}  // namespace weir::rules
