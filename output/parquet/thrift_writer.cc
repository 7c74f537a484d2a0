#include "output/parquet/thrift_writer.h"

#include "decoders/text.h"
#include "output/flow/varint.h"

namespace weir::output::parquet {

void ThriftWriter::varint(std::uint64_t value) {
  std::array<std::uint8_t, kMaxVarintBytes> bytes{};
  out_.insert(out_.end(), bytes.data(), put_varint(bytes.data(), value));
}

void ThriftWriter::head(int id, ThriftType type) {
  const int step = id - last_[depth_];
  const auto low = static_cast<unsigned>(type);
  if (step > 0 && step < 16) {
    out_.push_back(static_cast<std::uint8_t>((static_cast<unsigned>(step) << 4U) | low));
  } else {
    out_.push_back(static_cast<std::uint8_t>(low));
    varint(zigzag(id));
  }
  last_[depth_] = id;
}

void ThriftWriter::i8(int id, std::int8_t value) {
  head(id, ThriftType::i8);
  out_.push_back(static_cast<std::uint8_t>(value));
}
void ThriftWriter::i16(int id, std::int16_t value) {
  head(id, ThriftType::i16);
  varint(zigzag(value));
}
void ThriftWriter::i32(int id, std::int32_t value) {
  head(id, ThriftType::i32);
  varint(zigzag(value));
}
void ThriftWriter::i64(int id, std::int64_t value) {
  head(id, ThriftType::i64);
  varint(zigzag(value));
}
void ThriftWriter::boolean(int id, bool value) {
  head(id, value ? ThriftType::yes : ThriftType::no);
}
void ThriftWriter::binary(int id, std::string_view value) {
  head(id, ThriftType::binary);
  element_binary(value);
}

void ThriftWriter::begin(int id) {
  head(id, ThriftType::structure);
  begin_element();
}
void ThriftWriter::begin_element() {
  last_[++depth_] = 0;
}
void ThriftWriter::end() {
  out_.push_back(static_cast<std::uint8_t>(ThriftType::stop));
  if (depth_ > 0) --depth_;
}

void ThriftWriter::list(int id, ThriftType type, std::size_t size) {
  head(id, ThriftType::list);
  const auto low = static_cast<unsigned>(type);
  if (size < 15) {
    out_.push_back(static_cast<std::uint8_t>((static_cast<unsigned>(size) << 4U) | low));
  } else {
    out_.push_back(static_cast<std::uint8_t>(0xf0U | low));
    varint(size);
  }
}
void ThriftWriter::element_i32(std::int32_t value) {
  varint(zigzag(value));
}
void ThriftWriter::element_i64(std::int64_t value) {
  varint(zigzag(value));
}
void ThriftWriter::element_boolean(bool value) {
  out_.push_back(static_cast<std::uint8_t>(value ? ThriftType::yes : ThriftType::no));
}
void ThriftWriter::element_binary(std::string_view value) {
  varint(value.size());
  const Bytes bytes = as_bytes(value);
  out_.insert(out_.end(), bytes.begin(), bytes.end());
}

}  // namespace weir::output::parquet
