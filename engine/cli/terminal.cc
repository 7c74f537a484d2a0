#include "engine/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

namespace weir::engine {

bool wants_colours(std::string_view choice, std::FILE* stream) {
  if (choice != "auto") return choice == "always";
  const char* const no_colour = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  return ::isatty(::fileno(stream)) == 1 && (terminal == nullptr || std::strcmp(terminal, "dumb") != 0);
}

std::string coloured(std::string_view text, std::string_view code, bool colours) {
  return colours ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text);
}

std::size_t terminal_columns(std::FILE* stream) {
  winsize size{};
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kNoTerminalColumns;
  return size.ws_col;
}

}  // namespace weir::engine
