// Text of protocols that send it in UTF-16, least significant byte first.
#pragma once

#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir {

// As UTF-8. A surrogate without its other half becomes U+FFFD, as does half a unit at the end. Linear.
SlabString utf8_of_utf16le(Bytes text);

}  // namespace weir
