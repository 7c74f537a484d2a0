// Header fields of messages and their parts: names and values, parameters, encoded words, addresses.
//
// Plain functions over one field; views that they give are into what they were given. All loops end with the text, or at a
// named limit.
#pragma once

#include <optional>
#include <string_view>

#include "decoders/slab.h"

namespace weir::mime {

inline constexpr std::size_t kMaxParameters =
    64;  // of a field that are looked at, and sections of one (RFC 2231)
inline constexpr std::size_t kMaxEncodedWords = 256;

struct FieldLine {
  std::string_view name, value;  // without blanks around them
};
// None: there is no colon, so it is no field.
std::optional<FieldLine> split_field(std::string_view line);

// "text/plain" of "Text/Plain; charset=x" as it stands there, without blanks and comments (RFC 2045, 5.1) around it.
std::string_view main_value(std::string_view value);
// Whether main_value is `type`, which ends with "/" when any subtype will do.
bool is_type(std::string_view value, std::string_view type);

// The parameter behind the main value; none: there is no such one. Continuations and character sets (RFC 2231) and encoded words
// (which belong elsewhere, but are found here) are resolved.
std::optional<SlabString> parameter(std::string_view value, std::string_view name);

// RFC 2047: text with "=?charset?encoding?...?=" in it, as UTF-8. Of character sets ISO 8859-1 and Windows 1252 are
// converted; the bytes of others stay as they are.
SlabString decode_words(std::string_view text);

// The next address of a list, without blanks around it; commas in quotes separate none. `rest` is what follows. Empty items
// are passed over; none: the list ends.
std::optional<std::string_view> next_address(std::string_view& rest);

}  // namespace weir::mime
