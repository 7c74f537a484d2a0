// DNS names on the wire: labels and compression pointers (RFC 1035 4.1.4).
#pragma once

#include "decoders/app/dns/message.h"
#include "decoders/byte_cursor.h"

namespace weir::dns {

// Reads the name at the cursor, which must lie over the whole message, and appends it to out.text. The cursor
// then stands behind the name. Pointers may go anywhere in the message; every name takes at most
// kMaxNameSteps steps. Fails (cursor failed) when a label runs past the end, is of a reserved type, or a
// pointer leaves the message.
Name read_name(ByteCursor& in, Message& out);

}  // namespace weir::dns
