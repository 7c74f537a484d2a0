#include "decoders/app/bittorrent_dht/bencode.h"

#include "decoders/text.h"

namespace weir::bittorrent_dht {
namespace {

constexpr std::size_t kMostDigits = 20;  // of an integer, with its sign

// What stands before `end`, which is taken as well; none: it is too far away, or not there.
std::optional<std::string_view> take_up_to(ByteCursor& in, char end) {
  ByteCursor ahead = in;
  const std::string_view rest = as_text(ahead.rest()).substr(0, kMostDigits + 1);
  const std::size_t at = rest.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  in.skip(at + 1);
  return rest.substr(0, at);
}

char first_of(ByteCursor in) {
  return static_cast<char>(in.u8());
}

void fail(ByteCursor& in) {
  in.skip(in.remaining() + 1);
}

}  // namespace

std::optional<std::int64_t> take_integer(ByteCursor& in) {
  if (first_of(in) != 'i') return std::nullopt;
  in.skip(1);
  const auto digits = take_up_to(in, 'e');
  const auto number = digits ? parse_number<std::int64_t>(*digits) : std::nullopt;
  if (!number) fail(in);
  return number;
}

std::optional<std::string_view> take_string(ByteCursor& in) {
  const char first = first_of(in);
  if (first < '0' || first > '9') return std::nullopt;
  const auto digits = take_up_to(in, ':');
  const auto length = digits ? parse_number<std::size_t>(*digits) : std::nullopt;
  if (!length) {
    fail(in);
    return std::nullopt;
  }
  const std::string_view text = as_text(in.take(*length));
  if (in.failed()) return std::nullopt;
  return text;
}

bool take_mark(ByteCursor& in, char mark) {
  if (in.empty() || first_of(in) != mark) return false;
  in.skip(1);
  return true;
}

void skip_element(ByteCursor& in) {
  std::size_t open = 0;
  for (std::size_t i = 0; i < kMaxElements; ++i) {
    if (open != 0 && take_mark(in, 'e')) {
      --open;
    } else if (take_mark(in, 'l') || take_mark(in, 'd')) {
      if (++open > kMaxNesting) return fail(in);
    } else if (!take_integer(in) && !take_string(in)) {
      return fail(in);
    }
    if (open == 0) return;
  }
  fail(in);
}

}  // namespace weir::bittorrent_dht
