// Writes structs in Thrift's compact protocol; see thrift_reader.h. Fields come in the order of their ids. The outermost struct is ended
// by end() like all the others.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "output/parquet/bit_packing.h"
#include "output/parquet/thrift_reader.h"

namespace weir::output::parquet {

class ThriftWriter {
 public:
  // Appends to `out`.
  explicit ThriftWriter(Buffer& out) : out_(out) {}

  void i8(int id, std::int8_t value);
  void i16(int id, std::int16_t value);
  void i32(int id, std::int32_t value);
  void i64(int id, std::int64_t value);
  void boolean(int id, bool value);
  void binary(int id, std::string_view value);
  // The fields of the struct follow, and end().
  void begin(int id);
  void end();
  // So many elements follow: element_...() or begin_element() ... end().
  void list(int id, ThriftType type, std::size_t size);
  void begin_element();
  void element_i32(std::int32_t value);
  void element_i64(std::int64_t value);
  void element_boolean(bool value);
  void element_binary(std::string_view value);

 private:
  void head(int id, ThriftType type);
  void varint(std::uint64_t value);

  Buffer& out_;
  std::array<int, kMaxThriftDepth> last_{};  // ids, of the open structs
  std::size_t depth_ = 0;
};

}  // namespace weir::output::parquet
