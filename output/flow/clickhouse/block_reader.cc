#include <algorithm>

#include <fmt/format.h>

#include "decoders/address_text.h"
#include "decoders/text.h"
#include "output/flow/clickhouse/native_block.h"

namespace weir::output::clickhouse {
namespace {

constexpr std::size_t kSliceRows = 4096;  // that are handed on at once
constexpr std::size_t kMostNameBytes = 256;
// Payload of both sides, of all rows.
constexpr std::size_t kSlicePayload = kSliceRows * 2 * (kColumnTextBytes / 2);
constexpr std::size_t kMostShownBytes = 300;

template <std::size_t kWidth>
void read_numbers(std::string_view bytes, std::span<std::uint64_t> out) {
  for (std::size_t row = 0; row < out.size(); ++row) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < kWidth; ++i)
      value |= std::uint64_t{static_cast<std::uint8_t>(bytes[row * kWidth + i])} << (8 * i);
    out[row] = value;
  }
}
// Little-endian, of 1, 2, 4 or 8 bytes.
void read_numbers(std::string_view bytes, std::size_t width, std::span<std::uint64_t> out) {
  switch (width) {
    case 1: return read_numbers<1>(bytes, out);
    case 2: return read_numbers<2>(bytes, out);
    case 4: return read_numbers<4>(bytes, out);
    default: return read_numbers<8>(bytes, out);
  }
}

}  // namespace

BlockReader::BlockReader(std::vector<const RecordColumn*> columns, Take take)
    : columns_(std::move(columns)),
      take_(std::move(take)),
      has_details_(std::any_of(columns_.begin(), columns_.end(),
                               [](const RecordColumn* c) { return c->field == flow::Field::detail; })),
      places_(columns_.size()),
      records_(kSliceRows),
      details_(kSliceRows),
      numbers_(kSliceRows),
      present_(kSliceRows),
      room_(has_details_ ? kSlicePayload : 0) {
  for (const RecordColumn* column : columns_) types_.push_back(column_type(*column));
}

tl::expected<void, std::string> BlockReader::add(Bytes bytes) {
  constexpr std::size_t kMostBlocks = 1024;  // of so few bytes: no server sends nothing again and again
  pending_ += as_text(bytes);
  std::size_t empty = 0;
  for (;;) {
    const Step step = read_block();
    if (step == Step::wrong) return problem(wrong_);
    if (step == Step::more) break;
    hand_on();
    if (at_ <= 2 && ++empty > kMostBlocks) return problem("it has empty blocks without end");
    pending_.erase(0, at_);
    at_ = 0;
    has_head_ = false;
  }
  if (pending_.size() > kMostBlockBytes) return problem("it has a block that is too large");
  return {};
}

tl::expected<void, std::string> BlockReader::finish() {
  if (pending_.empty()) return {};
  return problem("it ends amid a block");
}

// What the server says in plain text, should it have failed on its way.
tl::unexpected<std::string> BlockReader::problem(std::string_view what) const {
  const std::size_t begin = pending_.rfind("Code: ");
  if (begin == std::string::npos || pending_.find("Exception", begin) == std::string::npos)
    return tl::unexpected(fmt::format("the answer is not what was asked for: {}", what));
  std::string text = pending_.substr(begin, kMostShownBytes);
  for (char& c : text)
    if (static_cast<std::uint8_t>(c) < ' ' || c == '\x7f') c = ' ';
  return tl::unexpected(fmt::format("the server has failed amid its answer: {}", trim(text)));
}

BlockReader::Step BlockReader::read_varint(std::uint64_t& out) {
  out = 0;
  for (unsigned shift = 0; shift < 63; shift += 7) {
    if (at_ == pending_.size()) return Step::more;
    const auto byte = static_cast<std::uint8_t>(pending_[at_++]);
    out |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return Step::done;
  }
  wrong_ = "a number is too long";
  return Step::wrong;
}

BlockReader::Step BlockReader::read_name(std::string_view& out) {
  std::uint64_t size = 0;
  if (const Step step = read_varint(size); step != Step::done) return step;
  if (size > kMostNameBytes) {
    wrong_ = "a name is too long";
    return Step::wrong;
  }
  if (pending_.size() - at_ < size) return Step::more;
  out = std::string_view(pending_).substr(at_, size);
  at_ += size;
  return Step::done;
}

// Goes on where the last call ended: at the begin of what was not whole.
BlockReader::Step BlockReader::read_block() {
  if (!has_head_) {
    const std::size_t begin = at_;
    if (const Step step = read_head(); step != Step::done) {
      at_ = begin;
      return step;
    }
  }
  for (; column_ < columns_.size(); ++column_) {
    if (!has_column_head_) {
      const std::size_t begin = at_;
      if (const Step step = read_column_head(); step != Step::done) {
        at_ = begin;
        return step;
      }
    }
    if (const Step step = pass_texts(); step != Step::done) return step;
    has_column_head_ = false;
  }
  return Step::done;
}

BlockReader::Step BlockReader::read_head() {
  if (at_ == pending_.size()) return Step::more;
  std::uint64_t columns = 0;
  if (const Step step = read_varint(columns); step != Step::done) return step;
  if (const Step step = read_varint(rows_); step != Step::done) return step;
  if (columns != columns_.size() && !(columns == 0 && rows_ == 0)) {
    wrong_ = "it has other columns";
    return Step::wrong;
  }
  if (rows_ > kMostRows) {
    wrong_ = "it has a block of too many rows";
    return Step::wrong;
  }
  has_head_ = true;
  has_column_head_ = false;
  column_ = columns == 0 ? columns_.size() : 0;
  return Step::done;
}

// Name, type, which rows are null, and numbers; of texts only where they begin.
BlockReader::Step BlockReader::read_column_head() {
  std::string_view name, type;
  if (const Step step = read_name(name); step != Step::done) return step;
  if (const Step step = read_name(type); step != Step::done) return step;
  const ColumnType& expected = types_[column_];
  if (name != columns_[column_]->name || type != expected.name) {
    wrong_ = "a column has another name or type than the table that weir makes";
    return Step::wrong;
  }
  const std::size_t fixed =
      static_cast<std::size_t>(rows_) * (expected.width + (expected.is_nullable ? 1 : 0));
  if (pending_.size() - at_ < fixed) return Step::more;
  places_[column_] = {.nulls = at_,
                      .values = at_ + (expected.is_nullable ? static_cast<std::size_t>(rows_) : 0)};
  at_ += fixed;
  text_rows_ = 0;
  has_column_head_ = true;
  return Step::done;
}

BlockReader::Step BlockReader::pass_texts() {
  if (types_[column_].width != 0) return Step::done;
  for (; text_rows_ < rows_; ++text_rows_) {
    const std::size_t begin = at_;
    std::uint64_t size = 0;
    const Step step = read_varint(size);
    if (step == Step::done && size > kMostTextBytes) {
      wrong_ = "a text is too long";
      return Step::wrong;
    }
    if (step == Step::wrong) return step;
    if (step == Step::more || pending_.size() - at_ < size) {
      at_ = begin;
      return Step::more;
    }
    at_ += static_cast<std::size_t>(size);
  }
  return Step::done;
}

// The block is whole, and its lengths have been checked.
void BlockReader::hand_on() {
  if (rows_ == 0) return;
  ++blocks_;
  total_records_ += rows_;
  const auto rows = static_cast<std::size_t>(rows_);
  for (std::size_t row = 0; row < rows; row += kSliceRows) {
    const std::size_t size = std::min(kSliceRows, rows - row);
    std::fill_n(records_.begin(), size, flow::Record{});
    if (has_details_) std::fill_n(details_.begin(), size, flow::Detail{});
    room_.clear();
    for (std::size_t i = 0; i < columns_.size(); ++i) put_column(i, row, size);
    take_(std::span{records_}.first(size));
  }
}

void BlockReader::put_column(std::size_t index, std::size_t row, std::size_t rows) {
  if (types_[index].width != 0)
    put_numbers(index, row, rows);
  else
    put_texts(index, rows);
}

void BlockReader::put_numbers(std::size_t index, std::size_t row, std::size_t rows) {
  const ColumnType& type = types_[index];
  const auto numbers = std::span{numbers_}.first(rows);
  read_numbers(std::string_view(pending_).substr(places_[index].values + row * type.width, rows * type.width),
               type.width, numbers);
  // 0 is none where there is no null.
  const bool zero_is_one = !columns_[index]->is_optional;
  for (std::size_t i = 0; i < rows; ++i) {
    const bool is_there =
        type.is_nullable ? pending_[places_[index].nulls + row + i] == 0 : zero_is_one || numbers[i] != 0;
    present_[i] = static_cast<std::uint8_t>(is_there);
  }
  columns_[index]->put_numbers({std::span{records_}.first(rows), std::span{details_}.first(rows)}, numbers,
                               std::span{present_}.first(rows));
}

std::string_view BlockReader::text_at(std::size_t& place) const {
  std::size_t size = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(pending_[place++]);
    size |= std::size_t{byte & 0x7fU} << shift;
    if (byte < 0x80) break;
  }
  const std::string_view text = std::string_view(pending_).substr(place, size);
  place += size;
  return text;
}

void BlockReader::put_texts(std::size_t index, std::size_t rows) {
  const RecordColumn& column = *columns_[index];
  std::size_t& place = places_[index].values;
  for (std::size_t i = 0; i < rows; ++i) {
    const std::string_view text = text_at(place);
    if (text.empty()) continue;
    if (column.form == RecordColumn::Form::address)
      column.put_address(records_[i], details_[i], read_address(text));
    else
      column.put_text(records_[i], details_[i], text, room_);
  }
}

}  // namespace weir::output::clickhouse
