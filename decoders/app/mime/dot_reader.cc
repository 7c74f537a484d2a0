#include "decoders/app/mime/dot_reader.h"

#include <array>

#include "decoders/text.h"

namespace weir::mime {
namespace {

constexpr std::array<std::uint8_t, 1> kReturn{'\r'};

}  // namespace

DotReader::Part DotReader::next(Bytes& rest) {
  const auto take = [&rest](std::size_t n) {
    const Bytes out = rest.first(n);
    rest = rest.subspan(n);
    return out;
  };
  const char c = static_cast<char>(rest.front());
  switch (at_) {
    case At::line_start:
      at_ = c == '.' ? At::dot : At::in_line;
      if (c == '.') take(1);
      return {};
    case At::dot:
      at_ = c == '\r' ? At::dot_return : At::in_line;
      if (c == '\r' || c == '\n') take(1);
      return {{}, c == '\n'};
    case At::dot_return:
      at_ = At::in_line;
      if (c != '\n') return {kReturn, false};
      take(1);
      return {{}, true};
    case At::in_line: break;
  }
  const std::size_t end = as_text(rest).find('\n');
  if (end == std::string_view::npos) return {take(rest.size()), false};
  at_ = At::line_start;
  return {take(end + 1), false};
}

}  // namespace weir::mime
