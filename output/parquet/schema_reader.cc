#include "output/parquet/schema_reader.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "output/parquet/file_reader.h"

namespace weir::output::parquet {
namespace {

constexpr std::size_t kMaxSchemaDepth = 32;
constexpr std::size_t kMaxShownName = 80;

// Fields of the union LogicalType, and values of ConvertedType, that are of use here.
enum class Logical : int { none = 0, string = 1, enumeration = 4, timestamp = 8, integer = 10, json = 12 };
enum class Converted : int {
  none = -1,
  utf8 = 0,
  enumeration = 4,
  timestamp_ms = 9,
  timestamp_us = 10,
  uint8 = 11,
  uint64 = 14,
  int8 = 15,
  int64 = 18,
  json = 19
};

struct SchemaElement {
  std::string_view name;
  std::int64_t physical = -1, repetition = 0, children = 0, converted = -1;
  int logical = 0;
  int unit = 0;  // of a timestamp: 1 ms, 2 us, 3 ns
  std::int64_t bits = 0;
  bool is_signed = true;
};

void take_time_unit(ThriftReader& in, ThriftType type, SchemaElement& out) {
  in.expect_structure(type);
  ThriftField field;
  while (in.next(field)) {
    if (field.id != 2) {
      in.skip(field.type);
      continue;
    }
    in.expect_structure(field.type);
    ThriftField unit;
    while (in.next(unit)) {
      out.unit = unit.id;
      in.skip(unit.type);
    }
  }
}

void take_integer_type(ThriftReader& in, ThriftType type, SchemaElement& out) {
  in.expect_structure(type);
  ThriftField field;
  while (in.next(field)) switch (field.id) {
      case 1: out.bits = in.integer(field.type); break;
      case 2: out.is_signed = in.boolean(field.type); break;
      default: in.skip(field.type);
    }
}

void take_logical_type(ThriftReader& in, ThriftType type, SchemaElement& out) {
  in.expect_structure(type);
  ThriftField field;
  while (in.next(field)) {
    out.logical = field.id;
    if (field.id == static_cast<int>(Logical::timestamp))
      take_time_unit(in, field.type, out);
    else if (field.id == static_cast<int>(Logical::integer))
      take_integer_type(in, field.type, out);
    else
      in.skip(field.type);
  }
}

// The annotation of older files, as the newer one would say it.
void take_over_converted(SchemaElement& e) {
  if (e.logical != 0 || e.converted < 0) return;
  const auto is = [&](Converted value) { return e.converted == static_cast<int>(value); };
  const auto as = [&](Logical logical) { e.logical = static_cast<int>(logical); };
  if (is(Converted::utf8) || is(Converted::enumeration) || is(Converted::json)) return as(Logical::string);
  if (is(Converted::timestamp_ms) || is(Converted::timestamp_us)) {
    e.unit = is(Converted::timestamp_ms) ? 1 : 2;
    return as(Logical::timestamp);
  }
  e.logical = -1;  // something else
  if (e.converted < static_cast<int>(Converted::uint8) || e.converted > static_cast<int>(Converted::int64))
    return;
  e.is_signed = e.converted >= static_cast<int>(Converted::int8);
  const Converted smallest = e.is_signed ? Converted::int8 : Converted::uint8;
  e.bits = std::int64_t{8} << (e.converted - static_cast<int>(smallest));
  as(Logical::integer);
}

SchemaElement take_element(ThriftReader& in) {
  SchemaElement out;
  ThriftField field;
  while (in.next(field)) switch (field.id) {
      case 1: out.physical = in.integer(field.type); break;
      case 3: out.repetition = in.integer(field.type); break;
      case 4: out.name = in.text(field.type); break;
      case 5: out.children = in.integer(field.type); break;
      case 6: out.converted = in.integer(field.type); break;
      case 10: take_logical_type(in, field.type, out); break;
      default: in.skip(field.type);
    }
  take_over_converted(out);
  return out;
}

bool take_integer_storage(const SchemaElement& e, Storage& out) {
  if (e.physical != 1 && e.physical != 2) return false;
  out.physical = static_cast<Physical>(e.physical);
  out.kind = Kind::i64;
  if (e.logical == 0 || e.is_signed) return true;
  switch (e.bits) {
    case 8: out.kind = Kind::u8; break;
    case 16: out.kind = Kind::u16; break;
    case 32: out.kind = Kind::u32; break;
    default: out.kind = Kind::u64;
  }
  return out.physical == Physical::int64 || out.kind != Kind::u64;
}

bool take_storage(const SchemaElement& e, Storage& out) {
  out.is_optional = e.repetition == 1;
  switch (static_cast<Logical>(e.logical)) {
    case Logical::string:
    case Logical::enumeration:
    case Logical::json:
      out.physical = Physical::byte_array;
      out.kind = Kind::text;
      return e.physical == static_cast<int>(Physical::byte_array);
    case Logical::timestamp: {
      static constexpr std::array kScales{Scale::none, Scale::from_milliseconds, Scale::none,
                                          Scale::from_nanoseconds};
      if (e.physical != static_cast<int>(Physical::int64) || e.unit < 1 || e.unit > 3) return false;
      out.scale = kScales[static_cast<std::size_t>(e.unit)];
      out.kind = Kind::time_us;
      return true;
    }
    case Logical::integer: return take_integer_storage(e, out);
    case Logical::none:
      if (e.physical == static_cast<int>(Physical::boolean) ||
          e.physical == static_cast<int>(Physical::byte_array)) {
        out.physical = static_cast<Physical>(e.physical);
        out.kind = out.physical == Physical::boolean ? Kind::boolean : Kind::text;
        return true;
      }
      return take_integer_storage(e, out);
    default: return false;
  }
}

std::string_view shown(std::string_view name) {
  return name.substr(0, kMaxShownName);
}

void add_leaf(const SchemaElement& e, bool is_nested, Footer& out) {
  Storage storage;
  if (is_nested || e.repetition > 1) {
    out.problems.push_back(
        fmt::format("column {}: it is nested or repeated, which is not read", shown(e.name)));
  } else if (!take_storage(e, storage)) {
    out.problems.push_back(fmt::format("column {}: values of its type are not read", shown(e.name)));
  } else {
    out.columns.push_back({std::string(e.name), storage.kind, storage.is_optional, false});
    out.storage.push_back(storage);
    out.leaf.push_back(out.leaves);
  }
  ++out.leaves;
}

}  // namespace

void take_schema(ThriftReader& in, ThriftType type, Footer& out) {
  const ThriftList list = in.list(type);
  if (list.type != ThriftType::structure || list.size == 0 || list.size > 2 * kMaxColumns) return in.fail();
  std::array<std::int64_t, kMaxSchemaDepth> left{};  // children to come of each group that is open
  std::size_t depth = 0;
  for (std::size_t i = 0; i < list.size && !in.failed(); ++i) {
    const SchemaElement element = take_element(in);
    if (i > 0) {
      if (depth == 0) return in.fail();  // behind the end of the root
      --left[depth - 1];
    }
    const bool is_group = i == 0 || element.physical < 0;
    if (element.children < 0 || (is_group && depth == kMaxSchemaDepth)) return in.fail();
    if (is_group)
      left[depth++] = element.children;
    else
      add_leaf(element, depth > 1, out);
    while (depth > 0 && left[depth - 1] == 0) --depth;
  }
  if (depth != 0 || out.leaves > kMaxColumns) in.fail();
}

}  // namespace weir::output::parquet
