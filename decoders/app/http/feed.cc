#include "decoders/app/http/feed.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "decoders/app/http/head.h"
#include "decoders/text.h"

namespace weir::http {
namespace {

std::size_t text_size(Bytes line) {
  std::size_t size = line.size();
  while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r')) --size;
  return size;
}

std::optional<Line> rest_as_line(Bytes rest, bool eof) {
  if (!eof || rest.empty()) return std::nullopt;
  return Line{rest.size(), text_size(rest)};
}

}  // namespace

std::optional<Line> find_line(Bytes rest, std::size_t& scanned, bool eof) {
  const std::size_t from = std::min(scanned, rest.size());
  const auto begin = rest.begin() + static_cast<std::ptrdiff_t>(from);
  const auto lf = std::find(begin, rest.end(), std::uint8_t{'\n'});
  if (lf == rest.end()) {
    scanned = rest.size();
    return rest_as_line(rest, eof);
  }
  scanned = 0;
  const std::size_t size = static_cast<std::size_t>(lf - rest.begin()) + 1;
  return Line{size, text_size(rest.first(size))};
}

std::optional<Line> find_response_line(Bytes rest, std::size_t& scanned, bool eof) {
  for (std::size_t i = std::min(scanned, rest.size()); i < rest.size(); ++i) {
    if (rest[i] != '\n' && rest[i] != '\r') continue;
    std::size_t size = i + 1;
    if (rest[i] == '\r') {
      if (size == rest.size() && !eof) {
        scanned = i;  // what follows decides
        return std::nullopt;
      }
      if (size < rest.size() && rest[size] == '\r') continue;
      if (size < rest.size() && rest[size] == '\n') ++size;
    }
    scanned = 0;
    return Line{size, text_size(rest.first(size))};
  }
  scanned = rest.size();
  return rest_as_line(rest, eof);
}

ChunkLength parse_chunk_length(Bytes line) {
  std::size_t i = 0;
  while (i < line.size() && is_blank_byte(line[i])) ++i;
  ChunkLength out;
  for (; i < line.size(); ++i) {
    const int digit = hex_digit(static_cast<char>(line[i]));
    if (digit < 0) break;
    if (out.value > (std::numeric_limits<std::uint64_t>::max() >> 5U)) return {};
    out.value = out.value * 16 + static_cast<unsigned>(digit);
    out.valid = true;
  }
  out.has_extension =
      std::find(line.begin() + static_cast<std::ptrdiff_t>(i), line.end(), std::uint8_t{';'}) != line.end();
  return out;
}

bool may_be_chunk_length(Bytes start) {
  for (const std::uint8_t c : start) {
    if (is_blank_byte(c)) continue;
    return hex_digit(static_cast<char>(c)) >= 0;
  }
  return true;
}

}  // namespace weir::http
