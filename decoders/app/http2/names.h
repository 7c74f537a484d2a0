// The numbers of HTTP/2 that have names.
#pragma once

#include <array>
#include <cstdint>

#include "decoders/number_name.h"

namespace weir::http2 {

enum class Type : std::uint8_t {
#define FRAME_TYPE(id, number, name) id = number,
#include "decoders/app/http2/frame_types.def"
#undef FRAME_TYPE
};

enum class SettingId : std::uint16_t { header_table_size = 1, max_frame_size = 5 };

inline constexpr std::array kFrameTypeNames{
#define FRAME_TYPE(id, number, name) NumberName{number, name},
#include "decoders/app/http2/frame_types.def"
#undef FRAME_TYPE
};

// As rules write them.
inline constexpr std::array kSettingNames{
#define SETTING(number, rule, eve) NumberName{number, rule},
#include "decoders/app/http2/settings.def"
#undef SETTING
};
inline constexpr std::array kErrorNames{
#define ERROR_CODE(number, rule, eve) NumberName{number, rule},
#include "decoders/app/http2/error_codes.def"
#undef ERROR_CODE
};

// As events write them.
inline constexpr std::array kSettingEveNames{
#define SETTING(number, rule, eve) NumberName{number, eve},
#include "decoders/app/http2/settings.def"
#undef SETTING
};
inline constexpr std::array kErrorEveNames{
#define ERROR_CODE(number, rule, eve) NumberName{number, eve},
#include "decoders/app/http2/error_codes.def"
#undef ERROR_CODE
};

}  // namespace weir::http2
