// The one place where wire bytes are bounds-checked.
//
// A ByteCursor is a non-owning view with a position. Failure is sticky and empties the cursor: after a read
// past the end every further read gives zero, `empty()` is true, and `failed()` stays true. So a loop on
// `!in.empty()` always ends, and a header needs a single check, after its last field:
//
//   const std::uint16_t tci = in.be16();
//   const std::uint16_t type = in.be16();
//   if (in.failed()) return fault(Anomaly::vlan_header_too_small, start);
//
// A header of fixed size is read with one check for all its fields, whose places the compiler checks:
//
//   const auto header = in.fixed<8>();
//   const std::uint16_t source_port = header.be16<0>();
//
// A length field makes a sub-cursor (`in.sub(length)`), so an inner parser cannot leave its record.
// A value read before the check must not index or allocate. Copying is cheap (two words and a flag).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "decoders/types.h"

namespace weir {

// N bytes that are there, seen and not owned; a field outside of them does not compile.
template <std::size_t N>
class FixedBytes {
 public:
  template <std::size_t At>
  [[nodiscard]] constexpr std::uint8_t u8() const {
    static_assert(At < N);
    return from_[At];
  }
  template <std::size_t At>
  [[nodiscard]] constexpr std::uint16_t be16() const {
    return static_cast<std::uint16_t>((u8<At>() << 8) | u8<At + 1>());
  }
  template <std::size_t At>
  [[nodiscard]] constexpr std::uint32_t be32() const {
    return (std::uint32_t{be16<At>()} << 16U) | be16<At + 2>();
  }
  template <std::size_t At, std::size_t Size>
  [[nodiscard]] constexpr Bytes bytes() const {
    static_assert(At + Size <= N);
    return {from_ + At, Size};
  }

 private:
  friend class ByteCursor;
  static constexpr std::array<std::uint8_t, N> kZeros{};
  constexpr explicit FixedBytes(Bytes bytes) : from_(bytes.size() == N ? bytes.data() : kZeros.data()) {}

  const std::uint8_t* from_;
};

class ByteCursor {
 public:
  constexpr ByteCursor() = default;
  constexpr explicit ByteCursor(Bytes bytes) : all_(bytes) {}

  // Bytes not read yet.
  [[nodiscard]] constexpr std::size_t remaining() const { return all_.size() - pos_; }
  [[nodiscard]] constexpr bool empty() const { return pos_ == all_.size(); }
  // A read went past the end at some time.
  [[nodiscard]] constexpr bool failed() const { return failed_; }
  // Bytes from the start of the view to the next read.
  [[nodiscard]] constexpr std::uint32_t offset() const { return static_cast<std::uint32_t>(pos_); }

  constexpr std::uint8_t u8() {
    const Bytes b = take(1);
    return b.empty() ? std::uint8_t{0} : b[0];
  }
  constexpr std::uint16_t be16() {
    const Bytes b = take(2);
    if (b.empty()) return 0;
    return static_cast<std::uint16_t>((b[0] << 8) | b[1]);
  }
  constexpr std::uint32_t be24() { return static_cast<std::uint32_t>(big_endian(3)); }
  constexpr std::uint32_t be32() {
    const Bytes b = take(4);
    if (b.empty()) return 0;
    return (std::uint32_t{b[0]} << 24U) | (std::uint32_t{b[1]} << 16U) | (std::uint32_t{b[2]} << 8U) | b[3];
  }
  constexpr std::uint64_t be64() { return big_endian(8); }
  constexpr std::uint16_t le16() { return static_cast<std::uint16_t>(little_endian(2)); }
  constexpr std::uint32_t le32() { return static_cast<std::uint32_t>(little_endian(4)); }
  constexpr std::uint64_t le64() { return little_endian(8); }

  // The next n bytes, or an empty view and failure. The view lives as long as the bytes under the cursor.
  constexpr Bytes take(std::size_t n) {
    if (n > all_.size() - pos_) {  // subtract: pos_ + n could wrap
      fail();
      return {};
    }
    const Bytes out = all_.subspan(pos_, n);
    pos_ += n;
    return out;
  }
  // The next N bytes to be read field by field; zeros after failure.
  template <std::size_t N>
  constexpr FixedBytes<N> fixed() {
    return FixedBytes<N>{take(N)};
  }
  constexpr void skip(std::size_t n) { (void)take(n); }
  // All that is left; never fails.
  constexpr Bytes rest() { return take(remaining()); }
  // A cursor over the next n bytes, which this one skips. Both fail when there are fewer.
  constexpr ByteCursor sub(std::size_t n) {
    ByteCursor inner{take(n)};
    inner.failed_ = failed_;
    return inner;
  }
  // What lies ahead without reading it: up to n bytes, fewer at the end.
  [[nodiscard]] constexpr Bytes peek(std::size_t n) const {
    return all_.subspan(pos_, n < remaining() ? n : remaining());
  }
  // Everything under the cursor, read or not: for backward jumps such as DNS name compression.
  [[nodiscard]] constexpr Bytes whole() const { return all_; }
  constexpr void fail() {
    failed_ = true;
    pos_ = all_.size();
  }

 private:
  constexpr std::uint64_t big_endian(std::size_t n) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : take(n)) value = (value << 8U) | byte;
    return value;
  }
  constexpr std::uint64_t little_endian(std::size_t n) {
    std::uint64_t value = 0;
    std::size_t shift = 0;
    for (const std::uint8_t byte : take(n)) {
      value |= static_cast<std::uint64_t>(byte) << shift;
      shift += 8;
    }
    return value;
  }

  Bytes all_;
  std::size_t pos_ = 0;
  bool failed_ = false;
};

}  // namespace weir
