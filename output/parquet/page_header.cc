#include "output/parquet/page_header.h"

#include <algorithm>

#include "output/parquet/thrift_reader.h"
#include "output/parquet/thrift_writer.h"

namespace weir::output::parquet {
namespace {

std::uint32_t take_size(ThriftReader& in, ThriftType type) {
  const std::int64_t value = in.integer(type);
  if (value < 0 || value > INT32_MAX) in.fail();
  return in.failed() ? 0 : static_cast<std::uint32_t>(value);
}

Encoding take_encoding(ThriftReader& in, ThriftType type) {
  const std::int64_t value = in.integer(type);
  if (value < 0 || value > UINT8_MAX) in.fail();
  return static_cast<Encoding>(in.failed() ? 0 : value);
}

// Field numbers of DataPageHeader, or of DictionaryPageHeader, which begins like it.
void take_page_v1(ThriftReader& in, PageHeader& out) {
  ThriftField field;
  bool has_values = false, has_encoding = false;
  while (in.next(field)) switch (field.id) {
      case 1: out.values = take_size(in, field.type), has_values = true; break;
      case 2: out.encoding = take_encoding(in, field.type), has_encoding = true; break;
      case 3:
        if (out.type == PageType::data)
          out.levels = take_encoding(in, field.type);
        else
          in.skip(field.type);
        break;
      default: in.skip(field.type);
    }
  if (!has_values || !has_encoding) in.fail();
}

void take_page_v2(ThriftReader& in, PageHeader& out) {
  ThriftField field;
  bool has_values = false, has_encoding = false;
  while (in.next(field)) switch (field.id) {
      case 1: out.values = take_size(in, field.type), has_values = true; break;
      case 4: out.encoding = take_encoding(in, field.type), has_encoding = true; break;
      case 5: out.level_bytes = take_size(in, field.type); break;
      case 6: out.repetition_bytes = take_size(in, field.type); break;
      case 7: out.is_packed = in.boolean(field.type); break;
      default: in.skip(field.type);
    }
  if (!has_values || !has_encoding) in.fail();
}

PageType take_page_type(ThriftReader& in, ThriftType type) {
  const std::int64_t value = in.integer(type);
  if (value < 0 || value > static_cast<int>(PageType::data_v2)) in.fail();
  return static_cast<PageType>(in.failed() ? 0 : value);
}

// The id of the field that describes a page of that type.
int detail_field(PageType type) {
  switch (type) {
    case PageType::data: return 5;
    case PageType::index: return 6;
    case PageType::dictionary: return 7;
    default: return 8;
  }
}

}  // namespace

std::optional<PageHeader> parse_page_header(Bytes bytes) {
  ThriftReader in{bytes.first(std::min(bytes.size(), kMaxPageHeaderBytes))};
  PageHeader out;
  ThriftField field;
  bool has_type = false, has_detail = false;
  unsigned sizes = 0;
  while (in.next(field)) {
    if (field.id >= 5 && has_type && field.id == detail_field(out.type)) {
      in.expect_structure(field.type);
      has_detail = true;
      if (out.type == PageType::data_v2)
        take_page_v2(in, out);
      else
        take_page_v1(in, out);
      continue;
    }
    switch (field.id) {
      case 1: out.type = take_page_type(in, field.type), has_type = true; break;
      case 2: out.unpacked_bytes = take_size(in, field.type), ++sizes; break;
      case 3: out.stored_bytes = take_size(in, field.type), ++sizes; break;
      case 4: out.crc = static_cast<std::uint32_t>(in.integer(field.type)); break;
      default: in.skip(field.type);
    }
  }
  if (in.failed() || !has_type || sizes != 2 || (!has_detail && out.type != PageType::index))
    return std::nullopt;
  out.header_bytes = static_cast<std::uint32_t>(in.position());
  return out;
}

void put_page_header(const PageHeader& header, Buffer& out) {
  ThriftWriter to{out};
  to.i32(1, static_cast<std::int32_t>(header.type));
  to.i32(2, static_cast<std::int32_t>(header.unpacked_bytes));
  to.i32(3, static_cast<std::int32_t>(header.stored_bytes));
  if (header.crc) to.i32(4, static_cast<std::int32_t>(*header.crc));
  to.begin(detail_field(header.type));
  to.i32(1, static_cast<std::int32_t>(header.values));
  to.i32(2, static_cast<std::int32_t>(header.encoding));
  if (header.type == PageType::data) {
    to.i32(3, static_cast<std::int32_t>(Encoding::rle));
    to.i32(4, static_cast<std::int32_t>(Encoding::rle));
  }
  to.end();
  to.end();
}

}  // namespace weir::output::parquet
