// UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>

#include "decoders/types.h"

namespace weir::output {

// Linear; looks at eight bytes at once where they are ASCII.
bool is_valid_utf8(Bytes text);

// The longest start of `text` with at most `limit` bytes that does not end inside a character (of text that
// is UTF-8; other text is cut at the limit or up to three bytes before it).
Bytes cut_utf8(Bytes text, std::size_t limit);

}  // namespace weir::output
