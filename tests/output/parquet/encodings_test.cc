// The encodings one by one: against bytes of the format's documents, and at their limits.
#include <array>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "output/parquet/bit_packing.h"
#include "output/parquet/bloom.h"
#include "output/parquet/delta.h"
#include "output/parquet/hybrid.h"
#include "output/parquet/snappy.h"
#include "output/parquet/thrift_reader.h"
#include "output/parquet/thrift_writer.h"
#include "output/parquet/value_decoder.h"

namespace weir::output::parquet {
namespace {

Buffer delta_of(const std::vector<std::uint64_t>& values, unsigned bits,
                DeltaWidths widths = DeltaWidths::least) {
  Buffer out;
  put_delta(values, bits, widths, out);
  return out;
}

void check_delta(const std::vector<std::uint64_t>& values, unsigned bits) {
  for (const DeltaWidths widths : {DeltaWidths::least, DeltaWidths::bytes}) {
    const Buffer bytes = delta_of(values, bits, widths);
    ByteCursor in{bytes};
    std::vector<std::uint64_t> got(values.size());
    REQUIRE(take_delta(in, bits, got));
    CHECK(got == values);
    CHECK(in.empty());
  }
}

}  // namespace

TEST_CASE("parquet bits: the example of the format's documents") {
  const std::array<std::uint32_t, 8> values{0, 1, 2, 3, 4, 5, 6, 7};
  Buffer out;
  pack_bits(values, 3, out);
  CHECK(out == Buffer{0b10001000, 0b11000110, 0b11111010});
}

TEST_CASE("parquet bits: every width comes back, of every count") {
  std::mt19937_64 random{1};
  for (unsigned width = 0; width <= 64; ++width)
    for (std::size_t count = 0; count < 70; ++count) {
      std::vector<std::uint64_t> values(count), got(count);
      for (std::uint64_t& value : values) value = width == 0 ? 0 : random() >> (64 - width);
      Buffer out;
      pack_bits(values, width, out);
      CHECK(out.size() == packed_bytes(count, width));
      unpack_bits(out, width, got);
      CHECK(got == values);
    }
}

TEST_CASE("parquet runs: repeated and packed numbers come back, truncations do not") {
  std::mt19937_64 random{2};
  for (const unsigned width : {1U, 2U, 7U, 8U, 15U, 32U})
    for (const std::size_t count : {std::size_t{1}, std::size_t{8}, std::size_t{9}, std::size_t{1000}})
      for (const bool is_one : {false, true}) {
        std::vector<std::uint32_t> values(count), got(count);
        for (std::uint32_t& value : values)
          value = is_one ? 1 : static_cast<std::uint32_t>(random() >> (64 - width));
        Buffer out;
        put_hybrid(values, width, out);
        ByteCursor in{out};
        REQUIRE(take_hybrid(in, width, got));
        CHECK(got == values);
        CHECK(in.empty());
        const bool is_packed = (out[0] & 1U) != 0;
        const std::size_t needed = out.size() - (is_packed ? width : 0);  // without the last eight numbers
        for (std::size_t n = 0; n < needed; ++n) {
          ByteCursor cut{Bytes{out}.first(n)};
          CHECK_FALSE(take_hybrid(cut, width, got));
        }
      }
}

TEST_CASE("parquet runs: what cannot be is refused") {
  std::array<std::uint32_t, 4> out{};
  const auto fails = [&](Buffer bytes, unsigned width) {
    ByteCursor in{bytes};
    return !take_hybrid(in, width, out);
  };
  CHECK(fails({0x00, 0x00}, 1));                                // a run of no numbers
  CHECK(fails({0x01}, 1));                                      // no group of eight
  CHECK(fails({0x08, 0x02}, 1));                                // 2 has more than one bit
  CHECK(fails({0xfe, 0xff, 0xff, 0xff, 0xff, 0x1f, 0x00}, 8));  // more than 2^31 numbers
  CHECK(fails({0x08, 0, 0, 0, 0, 0}, 33));                      // indexes have 32 bits
}

TEST_CASE("parquet levels: any pattern comes back, long runs take little") {
  std::mt19937_64 random{3};
  for (int round = 0; round < 300; ++round) {
    std::vector<std::uint8_t> levels;
    while (levels.size() < 1000)
      levels.insert(levels.end(), 1 + random() % (round % 3 == 0 ? 3 : 200),
                    static_cast<std::uint8_t>(random() % 2));
    Buffer out;
    put_levels(levels, out);
    std::vector<std::uint8_t> got(levels.size());
    ByteCursor in{out};
    REQUIRE(take_hybrid(in, 1, got));
    CHECK(got == levels);
  }
  Buffer out;
  put_levels(std::vector<std::uint8_t>(8192, 1), out);
  CHECK(out.size() == 4);
}

TEST_CASE("parquet delta: extreme differences, of both sizes") {
  constexpr std::uint64_t kLeast = std::uint64_t{1} << 63U;
  check_delta({kLeast, kLeast - 1, kLeast, 0, UINT64_MAX, 0, kLeast + 1}, 64);
  check_delta({UINT64_MAX}, 64);
  check_delta({0, UINT32_MAX, 0x80000000, 0x7fffffff, 0, 1}, 32);
  std::mt19937_64 random{4};
  for (const std::size_t count : {1U, 2U, 32U, 33U, 129U, 130U, 1000U})
    for (const unsigned bits : {32U, 64U}) {
      std::vector<std::uint64_t> values(count);
      for (std::uint64_t& value : values)
        value = bits == 32 ? random() & UINT32_MAX : random() >> (random() % 64);
      check_delta(values, bits);
    }
}

TEST_CASE("parquet delta: no number takes more bits than in plain encoding") {
  for (const DeltaWidths widths : {DeltaWidths::least, DeltaWidths::bytes}) {
    std::vector<std::uint64_t> values;
    for (std::uint64_t i = 0; i < 129; ++i) values.push_back(i % 2 == 0 ? 0 : UINT32_MAX);
    const Buffer bytes = delta_of(values, 32, widths);
    CHECK(bytes.size() <= 10 + 4 + 128 * 4);
  }
}

TEST_CASE("parquet delta: every truncation, and another count, is refused") {
  std::vector<std::uint64_t> values;
  for (std::uint64_t i = 0; i < 200; ++i) values.push_back(i * i * 31);
  const Buffer bytes = delta_of(values, 64);
  std::vector<std::uint64_t> got(values.size());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    ByteCursor cut{Bytes{bytes}.first(n)};
    CHECK_FALSE(take_delta(cut, 64, got));
  }
  got.resize(values.size() + 1);
  ByteCursor in{bytes};
  CHECK_FALSE(take_delta(in, 64, got));
}

TEST_CASE("parquet delta: shapes that cannot be are refused") {
  std::array<std::uint64_t, 2> out{};
  const auto fails = [&](Buffer bytes) {
    bytes.resize(400, 0);
    ByteCursor in{bytes};
    return !take_delta(in, 64, out);
  };
  CHECK_FALSE(fails({0x80, 0x01, 0x04, 0x02, 0x00, 0x00}));  // blocks of 128, 4 parts
  CHECK(fails({0x00, 0x04, 0x02, 0x00, 0x00}));              // blocks of nothing
  CHECK(fails({0x80, 0x01, 0x00, 0x02, 0x00}));              // no parts
  CHECK(fails({0x80, 0x01, 0x03, 0x02, 0x00}));              // 128 has no thirds
  CHECK(fails({0x80, 0x01, 0x08, 0x02, 0x00}));              // parts of 16
  CHECK(fails({0x80, 0x01, 0x04, 0x02, 0x00, 0x00, 65}));    // numbers of 65 bits
}

TEST_CASE("parquet texts: the examples of the format's documents") {
  // DELTA_LENGTH_BYTE_ARRAY of "Hello", "World", "Foobar", "ABCDEF"
  Buffer bytes = delta_of({5, 5, 6, 6}, 32);
  for (const char c : std::string_view("HelloWorldFoobarABCDEF"))
    bytes.push_back(static_cast<std::uint8_t>(c));
  std::array<std::string_view, 4> got;
  Buffer room;
  REQUIRE(decode_texts(Encoding::delta_length_byte_array, bytes, got, room).has_value());
  CHECK(got == std::array<std::string_view, 4>{"Hello", "World", "Foobar", "ABCDEF"});
  // DELTA_BYTE_ARRAY of "axis", "axle", "babble", "babyhood"
  bytes = delta_of({0, 2, 0, 3}, 32);
  const Buffer suffixes = delta_of({4, 2, 6, 5}, 32);
  bytes.insert(bytes.end(), suffixes.begin(), suffixes.end());
  for (const char c : std::string_view("axislebabbleyhood")) bytes.push_back(static_cast<std::uint8_t>(c));
  REQUIRE(decode_texts(Encoding::delta_byte_array, bytes, got, room).has_value());
  CHECK(got == std::array<std::string_view, 4>{"axis", "axle", "babble", "babyhood"});
  bytes.pop_back();
  CHECK_FALSE(decode_texts(Encoding::delta_byte_array, bytes, got, room).has_value());
}

TEST_CASE("parquet texts: a prefix that is longer than the text before is refused") {
  Buffer bytes = delta_of({0, 4}, 32);
  const Buffer suffixes = delta_of({3, 1}, 32);
  bytes.insert(bytes.end(), suffixes.begin(), suffixes.end());
  for (const char c : std::string_view("abcd")) bytes.push_back(static_cast<std::uint8_t>(c));
  std::array<std::string_view, 2> got;
  Buffer room;
  CHECK_FALSE(decode_texts(Encoding::delta_byte_array, bytes, got, room).has_value());
}

TEST_CASE("parquet numbers: smaller and other units become what the kind says") {
  std::vector<std::uint64_t> numbers{0xfffffffe, 7};
  convert_numbers({Physical::int32, Scale::none, false, Kind::i64}, numbers);
  CHECK(numbers == std::vector<std::uint64_t>{static_cast<std::uint64_t>(-2), 7});
  numbers = {1500, static_cast<std::uint64_t>(-1)};
  convert_numbers({Physical::int64, Scale::from_milliseconds, false, Kind::time_us}, numbers);
  CHECK(numbers == std::vector<std::uint64_t>{1'500'000, static_cast<std::uint64_t>(-1000)});
  numbers = {1999, static_cast<std::uint64_t>(-1)};
  convert_numbers({Physical::int64, Scale::from_nanoseconds, false, Kind::time_us}, numbers);
  CHECK(numbers == std::vector<std::uint64_t>{1, static_cast<std::uint64_t>(-1)});
  numbers = {0x1ff};
  convert_numbers({Physical::int32, Scale::none, false, Kind::u8}, numbers);
  CHECK(numbers[0] == 0xff);
}

TEST_CASE("parquet snappy: literals and copies, and what is broken") {
  const Buffer packed{
      10,                    // bytes of content
      0x08, 'a',  'b', 'c',  // a literal of three
      0x0d, 0x03,            // seven bytes from three back, which they run into
  };
  std::array<std::uint8_t, 10> out{};
  REQUIRE(unpack_snappy(packed, out));
  CHECK(std::string(out.begin(), out.end()) == "abcabcabca");
  for (std::size_t n = 0; n < packed.size(); ++n) CHECK_FALSE(unpack_snappy(Bytes{packed}.first(n), out));
  Buffer far = packed;
  far[6] = 4;  // before the begin
  CHECK_FALSE(unpack_snappy(far, out));
  far[6] = 0;
  CHECK_FALSE(unpack_snappy(far, out));
  std::array<std::uint8_t, 9> small{};
  CHECK_FALSE(unpack_snappy(packed, small));
}

TEST_CASE("parquet thrift: what is written is read, fields that nobody knows are passed over") {
  Buffer bytes;
  ThriftWriter to{bytes};
  to.i32(1, -5);
  to.begin(2);
  to.list(1, ThriftType::structure, 20);
  for (int i = 0; i < 20; ++i) {
    to.begin_element();
    to.boolean(1, i % 2 == 0);
    to.binary(40, "text");
    to.end();
  }
  to.list(2, ThriftType::yes, 3);
  for (int i = 0; i < 3; ++i) to.element_boolean(true);
  to.end();
  to.i64(100, INT64_MIN);
  to.end();
  ThriftReader in{bytes};
  ThriftField field;
  REQUIRE(in.next(field));
  CHECK(in.integer(field.type) == -5);
  REQUIRE(in.next(field));
  CHECK(field.id == 2);
  in.skip(field.type);
  REQUIRE(in.next(field));
  CHECK(field.id == 100);
  CHECK(in.integer(field.type) == INT64_MIN);
  CHECK_FALSE(in.next(field));
  CHECK_FALSE(in.failed());
  CHECK(in.position() == bytes.size());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    ThriftReader cut{Bytes{bytes}.first(n)};
    cut.skip(ThriftType::structure);
    CHECK(cut.failed());
  }
}

TEST_CASE("parquet thrift: maps are passed over; depth and sizes have limits") {
  const Buffer map{0x1b, 0x02, 0x85, 1, 'a', 2, 1, 'b', 4, 0x00};  // {1: {"a": 1, "b": 2}}
  ThriftReader in{map};
  in.skip(ThriftType::structure);
  CHECK_FALSE(in.failed());
  CHECK(in.position() == map.size());
  const auto is_too_deep = [](std::size_t depth) {
    Buffer bytes(depth - 1, 0x1c);  // the first field is a struct, whose first field ...
    bytes.insert(bytes.end(), depth, 0x00);
    ThriftReader deep{bytes};
    deep.skip(ThriftType::structure);
    return deep.failed();
  };
  CHECK_FALSE(is_too_deep(kMaxThriftDepth));
  CHECK(is_too_deep(kMaxThriftDepth + 1));
  const Buffer long_list{0xf8, 0xff, 0xff, 0xff, 0xff, 0x0f};  // 2^32 texts in no bytes
  ThriftReader lists{long_list};
  CHECK(lists.list(ThriftType::list).size == 0);
  CHECK(lists.failed());
  const Buffer other_type{0x15, 0x02, 0x00};
  ThriftReader types{other_type};
  ThriftField field;
  REQUIRE(types.next(field));
  CHECK(types.text(field.type).empty());
  CHECK(types.failed());
}

TEST_CASE("parquet Bloom: hashes and sizes are those of the format") {
  CHECK(bloom_hash("") == 0xef46db3751d8e999U);  // XXH64 of nothing, seed 0
  for (const std::size_t values : {0U, 1U, 26U, 27U, 26000U, 65536U}) {
    Buffer bytes;
    BloomFilter{values}.put(bytes);
    const auto bits = bloom_bits(bytes);
    REQUIRE(bits.has_value());
    CHECK(bits->size() >= kBloomBlockBytes);
    CHECK((bits->size() & (bits->size() - 1)) == 0);  // what other readers ask for
    CHECK(bits->size() >= values);
    for (std::size_t n = 0; n < bytes.size(); n += n < 40 ? 1 : 101)
      CHECK_FALSE(bloom_bits(Bytes{bytes}.first(n)).has_value());
  }
}

}  // namespace weir::output::parquet
