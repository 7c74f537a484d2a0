#include "output/flow/store/group_builder.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <numeric>

#include "decoders/address_text.h"

namespace weir::output {
namespace {

using parquet::FileWriter, parquet::kMaxGroupRows;

constexpr std::uint32_t kNone = FileWriter::kNone;

std::uint64_t hash_of(const IpAddress& address) {
  std::array<std::uint64_t, 2> halves;
  std::memcpy(halves.data(), address.bytes.data(), sizeof halves);
  std::uint64_t hash =
      (halves[0] ^ (halves[1] * 0x9E3779B97F4A7C15ULL) ^ address.family) * 0xC2B2AE3D27D4EB4FULL;
  hash ^= hash >> 32U;
  return hash;
}

}  // namespace

std::uint32_t AddressNumbers::number_of(const IpAddress& address) {
  if (addresses_.size() * 2 >= slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash_of(address) & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask)
    if (addresses_[slots_[slot] - 1] == address) return slots_[slot] - 1;
  addresses_.push_back(address);
  slots_[slot] = static_cast<std::uint32_t>(addresses_.size());
  return slots_[slot] - 1;
}

void AddressNumbers::grow() {
  slots_.assign(std::max<std::size_t>(slots_.size() * 2, 1024), 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    std::size_t slot = hash_of(addresses_[i]) & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

void AddressNumbers::clear() {
  addresses_.clear();
  std::fill(slots_.begin(), slots_.end(), 0);
}

// Room is made when the first value comes.
struct GroupBuilder::Numbers {
  std::vector<std::uint64_t> values;
  std::vector<std::uint8_t> present;
  bool is_used = false;
  void set(std::size_t row, std::uint64_t value) {
    if (!is_used) {
      values.assign(kMaxGroupRows, 0);
      present.assign(kMaxGroupRows, 0);
      is_used = true;
    }
    values[row] = value;
    present[row] = 1;
  }
};

struct GroupBuilder::Texts {
  std::deque<std::string> kept;
  std::unordered_map<std::string_view, std::uint32_t> numbers;
  std::vector<std::string_view> entries;
  std::vector<std::uint32_t> index;
  bool is_used = false;
  // Returns how many bytes more are kept.
  std::size_t set(std::size_t row, std::string_view text) {
    if (!is_used) {
      index.assign(kMaxGroupRows, kNone);
      is_used = true;
    }
    auto found = numbers.find(text);
    const bool is_new = found == numbers.end();
    if (is_new) {
      const std::string& copy = kept.emplace_back(text);
      found = numbers.emplace(copy, static_cast<std::uint32_t>(entries.size())).first;
      entries.emplace_back(copy);
    }
    index[row] = found->second;
    return is_new ? text.size() : 0;
  }
  void clear() {
    numbers.clear();
    entries.clear();
    kept.clear();
    is_used = false;
  }
};

struct GroupBuilder::Addresses {
  AddressNumbers numbers;
  std::vector<std::uint32_t> index;
  bool is_used = false;
  void set(std::size_t row, const IpAddress& address) {
    if (!is_used) {
      index.assign(kMaxGroupRows, kNone);
      is_used = true;
    }
    index[row] = numbers.number_of(address);
  }
};

GroupBuilder::GroupBuilder()
    : numbers_(record_columns().size()),
      texts_(record_columns().size()),
      addresses_(record_columns().size()),
      no_values_(kMaxGroupRows, 0),
      none_present_(kMaxGroupRows, 0),
      no_index_(kMaxGroupRows, kNone) {
  const auto columns = record_columns();
  while (first_detail_ < columns.size() && columns[first_detail_].field != flow::Field::detail)
    ++first_detail_;
}
GroupBuilder::~GroupBuilder() = default;

void GroupBuilder::add(const flow::Record& record) {
  static const flow::Detail kNoDetail;
  const auto columns = record_columns();
  const flow::Detail& detail = record.detail != nullptr ? *record.detail : kNoDetail;
  const std::size_t end = record.detail != nullptr ? columns.size() : first_detail_;
  ColumnText room;
  for (std::size_t i = 0; i < end; ++i) {
    const RecordColumn& column = columns[i];
    if (column.form == RecordColumn::Form::number) {
      const std::uint64_t value = column.number(record, detail);
      if (!column.is_optional || value != kNoValue) numbers_[i].set(rows_, value);
    } else if (column.form == RecordColumn::Form::address) {
      const IpAddress& address = column.address(record, detail);
      if (address.family != 0) addresses_[i].set(rows_, address);
    } else if (const std::string_view text = column.text(record, detail, room); !text.empty()) {
      text_bytes_ += texts_[i].set(rows_, text);
    }
  }
  ++rows_;
}

// In the order of the addresses, so that neighbours share their begin.
void GroupBuilder::write_addresses(FileWriter& file, Addresses& column) {
  const auto addresses = column.numbers.addresses();
  std::vector<std::uint32_t> order(addresses.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return addresses[a] < addresses[b]; });
  std::vector<std::uint32_t> rank(addresses.size());
  std::vector<ShortAddress> texts;
  std::vector<std::string_view> entries;
  texts.reserve(order.size());
  entries.reserve(order.size());
  for (std::uint32_t place = 0; place < order.size(); ++place) {
    rank[order[place]] = place;
    entries.push_back(texts.emplace_back(addresses[order[place]]).view());
  }
  for (std::size_t row = 0; row < rows_; ++row)
    if (column.index[row] != kNone) column.index[row] = rank[column.index[row]];
  file.texts(entries, std::span{column.index}.first(rows_));
}

void GroupBuilder::write(FileWriter& file) {
  if (rows_ == 0) return;
  const auto columns = record_columns();
  file.begin_group(rows_);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].form == RecordColumn::Form::number) {
      Numbers& column = numbers_[i];
      const std::span values = column.is_used ? std::span{column.values} : std::span{no_values_};
      const std::span present = column.is_used ? std::span{column.present} : std::span{none_present_};
      if (columns[i].is_optional)
        file.numbers(values.first(rows_), present.first(rows_));
      else
        file.numbers(values.first(rows_));
      column.is_used = false;
    } else if (columns[i].form == RecordColumn::Form::address && addresses_[i].is_used) {
      write_addresses(file, addresses_[i]);
      addresses_[i].numbers.clear();
      addresses_[i].is_used = false;
    } else if (columns[i].form == RecordColumn::Form::text && texts_[i].is_used) {
      file.texts(texts_[i].entries, std::span{texts_[i].index}.first(rows_));
      texts_[i].clear();
    } else {
      file.texts({}, std::span{no_index_}.first(rows_));
    }
  }
  rows_ = text_bytes_ = 0;
}

std::span<const parquet::Column> GroupBuilder::schema() {
  static const std::vector<parquet::Column> kSchema = [] {
    std::vector<parquet::Column> out;
    for (const RecordColumn& column : record_columns())
      out.push_back({std::string(column.name), column.kind, column.is_optional, column.has_bloom});
    return out;
  }();
  return kSchema;
}

}  // namespace weir::output
