// Bencoding (BEP 3): "i12e" is an integer, "3:abc" a string, "l...e" a list, "d...e" a dictionary of names and values.
//
// Takes elements off a cursor one by one. Views that it gives are into the bytes. Failure is the cursor's, sticks and empties it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "decoders/byte_cursor.h"

namespace weir::bittorrent_dht {

inline constexpr std::size_t kMaxElements = 4096;  // of one that is passed over, those within it included
inline constexpr std::size_t kMaxNesting = 16;     // of one that is passed over

// None: the next element is something else, which is not taken.
std::optional<std::int64_t> take_integer(ByteCursor& in);
std::optional<std::string_view> take_string(ByteCursor& in);
// Whether a list ('l') or a dictionary ('d') begins here, or one ends ('e'), which is taken.
bool take_mark(ByteCursor& in, char mark);
// Passes over the next element, whatever it is. The cursor fails when it is none, or is over a limit.
void skip_element(ByteCursor& in);

}  // namespace weir::bittorrent_dht
