#include "output/parquet/page_index.h"

#include "output/parquet/thrift_reader.h"
#include "output/parquet/thrift_writer.h"

namespace weir::output::parquet {
namespace {

PagePlace take_place(ThriftReader& in) {
  PagePlace out;
  ThriftField field;
  unsigned fields = 0;
  while (in.next(field)) {
    if (field.id < 1 || field.id > 3) {
      in.skip(field.type);
      continue;
    }
    const std::int64_t value = in.integer(field.type);
    if (value < 0 || (field.id == 2 && value > INT32_MAX)) in.fail();
    ++fields;
    if (field.id == 1) out.offset = static_cast<std::uint64_t>(value);
    if (field.id == 2) out.bytes = static_cast<std::uint32_t>(value);
    if (field.id == 3) out.first_row = static_cast<std::uint64_t>(value);
  }
  if (fields != 3) in.fail();
  return out;
}

}  // namespace

void put_offset_index(std::span<const PagePlace> pages, Buffer& out) {
  ThriftWriter to{out};
  to.list(1, ThriftType::structure, pages.size());
  for (const PagePlace& page : pages) {
    to.begin_element();
    to.i64(1, static_cast<std::int64_t>(page.offset));
    to.i32(2, static_cast<std::int32_t>(page.bytes));
    to.i64(3, static_cast<std::int64_t>(page.first_row));
    to.end();
  }
  to.end();
}

void put_column_index(std::span<const PageBounds> pages, BoundsOrder order, Buffer& out) {
  ThriftWriter to{out};
  to.list(1, ThriftType::yes, pages.size());
  for (const PageBounds& page : pages) to.element_boolean(page.is_all_null);
  to.list(2, ThriftType::binary, pages.size());
  for (const PageBounds& page : pages) to.element_binary(page.least);
  to.list(3, ThriftType::binary, pages.size());
  for (const PageBounds& page : pages) to.element_binary(page.greatest);
  to.i32(4, static_cast<std::int32_t>(order));
  to.list(5, ThriftType::i64, pages.size());
  for (const PageBounds& page : pages) to.element_i64(static_cast<std::int64_t>(page.nulls));
  to.end();
}

std::optional<std::vector<PagePlace>> parse_offset_index(Bytes bytes) {
  ThriftReader in{bytes};
  ThriftField field;
  std::vector<PagePlace> out;
  while (in.next(field)) {
    if (field.id != 1) {
      in.skip(field.type);
      continue;
    }
    const ThriftList list = in.list(field.type);
    if (list.type != ThriftType::structure || list.size > kMaxPages - out.size()) in.fail();
    for (std::size_t i = 0; i < list.size && !in.failed(); ++i) out.push_back(take_place(in));
  }
  if (in.failed() || out.empty()) return std::nullopt;
  return out;
}

}  // namespace weir::output::parquet
