// Reads structs in Thrift's compact protocol, which Parquet's headers and footer are written in, without knowing their schema:
//
//   ThriftReader in{bytes};
//   ThriftField field;
//   while (in.next(field)) switch (field.id) {
//     case 1: version = in.integer(field.type); break;
//     default: in.skip(field.type);
//   }
//   if (in.failed()) ...
//
// Failure sticks, as that of ByteCursor: next() is false, numbers are 0, lists are empty. A struct in a struct or list is read by a
// loop of its own; skip() goes down kMaxThriftDepth levels and no further. Views live as long as the bytes.
//
// Source: github.com/apache/thrift, doc/specs/thrift-compact-protocol.md.
#pragma once

#include <cstdint>
#include <string_view>

#include "decoders/byte_cursor.h"

namespace weir::output::parquet {

inline constexpr std::size_t kMaxThriftDepth = 16;

enum class ThriftType : std::uint8_t {
  stop = 0,
  yes = 1,  // a truth value, told by the type of its field
  no = 2,
  i8 = 3,
  i16 = 4,
  i32 = 5,
  i64 = 6,
  real = 7,
  binary = 8,
  list = 9,
  set = 10,
  map = 11,
  structure = 12,
  uuid = 13
};

struct ThriftField {
  std::int16_t id = 0;
  ThriftType type = ThriftType::stop;
};

struct ThriftList {
  ThriftType type = ThriftType::stop;
  std::size_t size = 0;  // at most the bytes that are left: each element has one at least
};

class ThriftReader {
 public:
  explicit ThriftReader(Bytes bytes) : in_(bytes) {}

  // The field behind `field`, or the first when it is fresh. False: the struct is over, or something failed.
  bool next(ThriftField& field);
  // The value of a field or element of that type. Another type than these fails.
  std::int64_t integer(ThriftType type);
  bool boolean(ThriftType type);
  bool boolean_element();
  Bytes binary(ThriftType type);
  std::string_view text(ThriftType type);
  ThriftList list(ThriftType type);
  // Fails unless a struct follows.
  void expect_structure(ThriftType type);
  void skip(ThriftType type);

  void fail() { in_.fail(); }
  [[nodiscard]] bool failed() const { return in_.failed(); }
  // Bytes read so far.
  [[nodiscard]] std::size_t position() const { return in_.whole().size() - in_.remaining(); }

 private:
  std::uint64_t varint();
  void skip_value(ThriftType type, bool is_element);

  ByteCursor in_;
};

}  // namespace weir::output::parquet
