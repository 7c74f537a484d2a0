// What the terminal that a stream goes to can show.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace weir::engine {

// Whether text for this stream gets colours: `choice` (always, never, auto; of --color), else NO_COLOR (https://no-color.org), else
// whether it is a terminal that knows them.
bool wants_colours(std::string_view choice, std::FILE* stream);

// The text in a colour or in bold: `code` is the parameter of the escape sequence, "1;31".
std::string coloured(std::string_view text, std::string_view code, bool colours);

// Columns of the terminal; kNoTerminalColumns when it is none, or does not say: who reads a pipe or a file wants all of it.
inline constexpr std::size_t kNoTerminalColumns = 1000;
std::size_t terminal_columns(std::FILE* stream);

}  // namespace weir::engine
