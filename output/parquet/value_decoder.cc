#include "output/parquet/value_decoder.h"

#include <algorithm>

#include <fmt/format.h>

#include "decoders/byte_cursor.h"
#include "decoders/text.h"
#include "output/parquet/delta.h"
#include "output/parquet/file_reader.h"
#include "output/parquet/hybrid.h"
#include "output/parquet/little_endian.h"

namespace weir::output::parquet {
namespace {

tl::unexpected<std::string> wrong_values(const char* encoding) {
  return tl::unexpected(fmt::format("its values are damaged ({})", encoding));
}

tl::unexpected<std::string> unknown_encoding(Encoding encoding) {
  return tl::unexpected(
      encoding == Encoding::byte_stream_split
          ? std::string("it is encoded by BYTE_STREAM_SPLIT, which is not read")
          : fmt::format("it is encoded by number {}, which is not for its type", static_cast<int>(encoding)));
}

Decoded decode_plain(Physical physical, Bytes in, std::span<std::uint64_t> out) {
  if (physical == Physical::boolean) {
    if (in.size() < packed_bytes(out.size(), 1)) return wrong_values("PLAIN");
    unpack_bits(in, 1, out);
    return {};
  }
  const std::size_t width = bits_of(physical) / 8;
  if (in.size() != out.size() * width) return wrong_values("PLAIN");
  const std::uint8_t* from = in.data();
  for (std::uint64_t& value : out) {
    value = width == 4 ? load_le32(from) : load_le64(from);
    from += width;
  }
  return {};
}

Decoded decode_booleans(Bytes in, std::span<std::uint64_t> out) {
  ByteCursor all{in};
  ByteCursor runs = all.sub(all.le32());
  std::vector<std::uint8_t> bits(out.size());
  if (!take_hybrid(runs, 1, bits)) return wrong_values("RLE");
  std::copy(bits.begin(), bits.end(), out.begin());
  return {};
}

std::uint64_t floor_divided(std::uint64_t value, std::int64_t by) {
  const auto number = static_cast<std::int64_t>(value);
  return static_cast<std::uint64_t>(number / by - (number % by < 0 ? 1 : 0));
}

Decoded decode_plain_texts(Bytes in, std::span<std::string_view> out) {
  std::size_t at = 0;
  for (std::string_view& text : out) {
    if (in.size() - at < 4) return wrong_values("PLAIN");
    const std::size_t length = load_le32(in.data() + at);
    at += 4;
    if (length > in.size() - at) return wrong_values("PLAIN");
    text = as_text(in.subspan(at, length));
    at += length;
  }
  if (at != in.size()) return wrong_values("PLAIN");
  return {};
}

// Lengths in DELTA_BINARY_PACKED, then all texts.
bool take_delta_lengths(ByteCursor& in, std::span<std::string_view> out) {
  std::vector<std::uint64_t> lengths(out.size());
  if (!take_delta(in, 32, lengths)) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (lengths[i] > in.remaining()) return false;
    out[i] = as_text(in.take(static_cast<std::size_t>(lengths[i])));
  }
  return true;
}

// Each text begins like the one before.
Decoded decode_prefixed_texts(Bytes bytes, std::span<std::string_view> out, Buffer& room) {
  ByteCursor in{bytes};
  std::vector<std::uint64_t> prefixes(out.size());
  if (!take_delta(in, 32, prefixes) || !take_delta_lengths(in, out)) return wrong_values("DELTA_BYTE_ARRAY");
  std::uint64_t total = 0;
  std::size_t before = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (prefixes[i] > before) return wrong_values("DELTA_BYTE_ARRAY");
    before = static_cast<std::size_t>(prefixes[i]) + out[i].size();
    total += before;
    if (total > kMaxPageBytes)
      return tl::unexpected(fmt::format("its texts are longer than {} bytes", kMaxPageBytes));
  }
  room.resize(static_cast<std::size_t>(total));
  std::uint8_t* to = room.data();
  std::string_view last;
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::uint8_t* const begin = to;
    to = std::copy_n(last.begin(), prefixes[i], to);
    to = std::copy(out[i].begin(), out[i].end(), to);
    last = out[i] = as_text({begin, static_cast<std::size_t>(to - begin)});
  }
  return {};
}

}  // namespace

Decoded decode_numbers(Encoding encoding, Physical physical, Bytes in, std::span<std::uint64_t> out) {
  switch (encoding) {
    case Encoding::plain: return decode_plain(physical, in, out);
    case Encoding::rle:
      if (physical != Physical::boolean) return unknown_encoding(encoding);
      return decode_booleans(in, out);
    case Encoding::delta_binary_packed: {
      if (physical == Physical::boolean) return unknown_encoding(encoding);
      ByteCursor cursor{in};
      if (!take_delta(cursor, bits_of(physical), out)) return wrong_values("DELTA_BINARY_PACKED");
      return {};
    }
    default: return unknown_encoding(encoding);
  }
}

void convert_numbers(const Storage& storage, std::span<std::uint64_t> numbers) {
  if (storage.scale == Scale::from_milliseconds)
    for (std::uint64_t& n : numbers) n *= 1000;
  else if (storage.scale == Scale::from_nanoseconds)
    for (std::uint64_t& n : numbers) n = floor_divided(n, 1000);
  else if (storage.kind == Kind::i64 && storage.physical == Physical::int32)
    for (std::uint64_t& n : numbers)
      n = static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(static_cast<std::uint32_t>(n))});
  else if (storage.kind == Kind::u8 || storage.kind == Kind::u16)
    for (std::uint64_t& n : numbers) n &= storage.kind == Kind::u8 ? UINT8_MAX : UINT16_MAX;
}

Decoded decode_indexes(Bytes in, std::size_t entries, std::span<std::uint32_t> out) {
  if (out.empty()) return {};
  ByteCursor cursor{in};
  const unsigned width = cursor.u8();
  if (cursor.failed() || !take_hybrid(cursor, width, out)) return wrong_values("RLE_DICTIONARY");
  std::uint32_t greatest = 0;
  for (const std::uint32_t index : out) greatest = std::max(greatest, index);
  if (greatest >= entries) return tl::unexpected(std::string("a value is not in the dictionary"));
  return {};
}

Decoded decode_texts(Encoding encoding, Bytes in, std::span<std::string_view> out, Buffer& room) {
  switch (encoding) {
    case Encoding::plain: return decode_plain_texts(in, out);
    case Encoding::delta_length_byte_array: {
      ByteCursor cursor{in};
      if (!take_delta_lengths(cursor, out)) return wrong_values("DELTA_LENGTH_BYTE_ARRAY");
      return {};
    }
    case Encoding::delta_byte_array: return decode_prefixed_texts(in, out, room);
    default: return unknown_encoding(encoding);
  }
}

}  // namespace weir::output::parquet
