#include "decoders/byte_cursor.h"

#include <doctest/doctest.h>
#include <array>

using weir::ByteCursor;

TEST_CASE("byte cursor: reads both byte orders and keeps its offset") {
  constexpr std::array<std::uint8_t, 9> bytes{1, 2, 3, 4, 5, 6, 7, 8, 9};
  ByteCursor in{bytes};
  CHECK(in.u8() == 0x01);
  CHECK(in.be16() == 0x0203);
  CHECK(in.le16() == 0x0504);
  CHECK(in.be32() == 0x06070809);
  CHECK(in.offset() == 9);
  CHECK(in.empty());
  CHECK_FALSE(in.failed());
}

TEST_CASE("byte cursor: reads little-endian numbers of every size") {
  constexpr std::array<std::uint8_t, 12> bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  ByteCursor in{bytes};
  CHECK(in.le32() == 0x04030201);
  CHECK(in.le64() == 0x0c0b0a0908070605);
  CHECK(in.le16() == 0);
  CHECK(in.failed());
}

TEST_CASE("byte cursor: a read past the end fails for good and empties the cursor") {
  constexpr std::array<std::uint8_t, 3> bytes{1, 2, 3};
  ByteCursor in{bytes};
  CHECK(in.be32() == 0);
  CHECK(in.failed());
  CHECK(in.empty());
  CHECK(in.u8() == 0);
  CHECK(in.take(SIZE_MAX).empty());
}

TEST_CASE("byte cursor: a sub-cursor cannot leave its record, and a record too long fails both") {
  constexpr std::array<std::uint8_t, 4> bytes{1, 2, 3, 4};
  ByteCursor in{bytes};
  ByteCursor record = in.sub(2);
  CHECK(record.be16() == 0x0102);
  CHECK(record.u8() == 0);
  CHECK(record.failed());
  CHECK_FALSE(in.failed());
  ByteCursor longer = in.sub(3);
  CHECK(longer.failed());
  CHECK(in.failed());
}

TEST_CASE("byte cursor: a fixed header is read by place, and is all zeros when it is not there whole") {
  constexpr std::array<std::uint8_t, 8> bytes{1, 2, 3, 4, 5, 6, 7, 8};
  ByteCursor in{bytes};
  const auto header = in.fixed<7>();
  CHECK(header.u8<0>() == 0x01);
  CHECK(header.be16<1>() == 0x0203);
  CHECK(header.be32<3>() == 0x04050607);
  CHECK(header.bytes<5, 2>()[1] == 7);
  CHECK(in.offset() == 7);
  const auto missing = in.fixed<2>();
  CHECK(in.failed());
  CHECK(missing.be16<0>() == 0);
}
