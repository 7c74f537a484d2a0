#include "output/parquet/thrift_reader.h"

#include <array>

#include "decoders/text.h"
#include "output/flow/varint.h"

namespace weir::output::parquet {
namespace {

constexpr unsigned kLongForm = 15;  // of a size or a step between ids

constexpr bool is_whole_number(ThriftType type) {
  return type == ThriftType::i16 || type == ThriftType::i32 || type == ThriftType::i64;
}

// What is open while something is skipped: a struct, whose fields follow, or a list or map with so many values to come.
struct OpenValue {
  bool is_structure = true;
  std::array<ThriftType, 2> element{};  // of a map its keys and values take turns
  std::uint64_t left = 0;
};

}  // namespace

std::uint64_t ThriftReader::varint() {
  const Bytes ahead = in_.peek(1);
  if (!ahead.empty() && ahead[0] < 0x80) return in_.u8();
  return take_varint(in_);
}

bool ThriftReader::next(ThriftField& field) {
  const std::uint8_t head = in_.u8();
  field.type = static_cast<ThriftType>(head & 0x0fU);
  if (in_.failed() || field.type == ThriftType::stop) return false;
  if (field.type > ThriftType::uuid) {
    in_.fail();
    return false;
  }
  const unsigned step = head >> 4U;
  const std::int64_t id = step != 0 ? std::int64_t{field.id} + step : unzigzag(varint());
  if (id < INT16_MIN || id > INT16_MAX) in_.fail();
  field.id = static_cast<std::int16_t>(id);
  return !in_.failed();
}

std::int64_t ThriftReader::integer(ThriftType type) {
  if (type == ThriftType::i8) return static_cast<std::int8_t>(in_.u8());
  if (is_whole_number(type)) return unzigzag(varint());
  in_.fail();
  return 0;
}

bool ThriftReader::boolean(ThriftType type) {
  if (type != ThriftType::yes && type != ThriftType::no) in_.fail();
  return type == ThriftType::yes;
}

bool ThriftReader::boolean_element() {
  return in_.u8() == static_cast<std::uint8_t>(ThriftType::yes);
}

Bytes ThriftReader::binary(ThriftType type) {
  if (type != ThriftType::binary) in_.fail();
  const std::uint64_t size = varint();
  if (size > in_.remaining()) in_.fail();
  return in_.failed() ? Bytes{} : in_.take(static_cast<std::size_t>(size));
}

std::string_view ThriftReader::text(ThriftType type) {
  return as_text(binary(type));
}

ThriftList ThriftReader::list(ThriftType type) {
  if (type != ThriftType::list && type != ThriftType::set) in_.fail();
  const std::uint8_t head = in_.u8();
  const unsigned short_size = head >> 4U;
  const std::uint64_t size = short_size != kLongForm ? short_size : varint();
  const auto element = static_cast<ThriftType>(head & 0x0fU);
  if (size > in_.remaining() || element == ThriftType::stop || element > ThriftType::uuid) in_.fail();
  if (in_.failed()) return {};
  return {element, static_cast<std::size_t>(size)};
}

void ThriftReader::expect_structure(ThriftType type) {
  if (type != ThriftType::structure) in_.fail();
}

void ThriftReader::skip(ThriftType type) {
  std::array<OpenValue, kMaxThriftDepth> open;
  std::array<ThriftField, kMaxThriftDepth> fields;
  std::size_t depth = 0;
  bool is_element = false;
  for (;;) {  // each turn takes a byte, or ends something that took one
    if (type == ThriftType::structure || type == ThriftType::list || type == ThriftType::set ||
        type == ThriftType::map) {
      if (depth == kMaxThriftDepth) return in_.fail();
      fields[depth] = {};
      OpenValue& value = open[depth++];
      value = {};
      if (type == ThriftType::map) {
        value.is_structure = false;
        value.left = 2 * varint();
        const std::uint8_t types = value.left == 0 ? std::uint8_t{0} : in_.u8();
        value.element = {static_cast<ThriftType>(types >> 4U), static_cast<ThriftType>(types & 0x0fU)};
        if (value.left > 2 * in_.remaining()) in_.fail();
      } else if (type != ThriftType::structure) {
        const ThriftList elements = list(type);
        value = {.is_structure = false, .element = {elements.type, elements.type}, .left = elements.size};
      }
    } else {
      skip_value(type, is_element);
    }
    while (depth > 0 && !in_.failed()) {
      OpenValue& value = open[depth - 1];
      is_element = !value.is_structure;
      if (value.is_structure) {
        if (next(fields[depth - 1])) {
          type = fields[depth - 1].type;
          break;
        }
      } else if (value.left > 0) {
        type = value.element[value.left % 2 == 0 ? 0 : 1];
        --value.left;
        break;
      }
      --depth;
    }
    if (depth == 0 || in_.failed()) return;
  }
}

// What holds nothing else.
void ThriftReader::skip_value(ThriftType type, bool is_element) {
  switch (type) {
    case ThriftType::yes:
    case ThriftType::no:
      if (is_element) in_.skip(1);
      return;
    case ThriftType::i8: return in_.skip(1);
    case ThriftType::i16:
    case ThriftType::i32:
    case ThriftType::i64: return static_cast<void>(varint());
    case ThriftType::real: return in_.skip(8);
    case ThriftType::uuid: return in_.skip(16);
    case ThriftType::binary: return static_cast<void>(binary(type));
    default: return in_.fail();
  }
}

}  // namespace weir::output::parquet
