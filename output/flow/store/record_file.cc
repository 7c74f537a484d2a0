#include "output/flow/store/record_file.h"

#include <algorithm>
#include <numeric>

#include "decoders/address_text.h"
#include "output/flow/record_codec.h"

namespace weir::output {
namespace {

using parquet::ChunkReader, parquet::FileReader, parquet::Kind, parquet::Read;
using Form = RecordColumn::Form;

constexpr std::size_t kTextRoomBytes = 2 * RecordRoom::kBatch * kMaxRecordTextBytes;

}  // namespace

std::size_t record_column(std::string_view name) {
  const auto columns = record_columns();
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const RecordColumn& column) { return column.name == name; });
  return static_cast<std::size_t>(found - columns.begin());
}

Read<std::unique_ptr<RecordFile>> RecordFile::open(const std::string& path) {
  auto file = FileReader::open(path);
  if (!file) return tl::unexpected(file.error());
  if (!(*file)->find("start")) return tl::unexpected(path + ": has no column start: no flow records");
  return std::unique_ptr<RecordFile>(new RecordFile(std::move(*file)));
}

RecordFile::RecordFile(std::unique_ptr<FileReader> file) : file_(std::move(file)) {
  for (const RecordColumn& column : record_columns()) {
    auto place = file_->find(column.name);
    if (place && (file_->columns()[*place].kind == Kind::text) != (column.kind == Kind::text)) place.reset();
    places_.push_back(place);
  }
}

std::optional<RecordFile::Times> RecordFile::times(std::size_t group) const {
  static const std::size_t kStart = record_column("start"), kDuration = record_column("duration_us");
  const auto is_plain = [this](std::size_t column, Kind other) {  // signed, and in every row
    if (!places_[column]) return false;
    const parquet::Column& c = file_->columns()[*places_[column]];
    return !c.is_optional && (c.kind == Kind::i64 || c.kind == other);
  };
  if (!is_plain(kStart, Kind::time_us) || !is_plain(kDuration, Kind::i64)) return std::nullopt;
  const auto start = file_->range(group, *places_[kStart]);
  const auto duration = file_->range(group, *places_[kDuration]);
  if (!start || !duration) return std::nullopt;
  const auto last_start = static_cast<TimeUs>(start->greatest);
  TimeUs last = 0;
  if (__builtin_add_overflow(last_start, std::max<TimeUs>(static_cast<TimeUs>(duration->greatest), 0), &last))
    return std::nullopt;
  return Times{static_cast<TimeUs>(start->least), last, last_start};
}

RecordRoom::RecordRoom()
    : pages_(record_columns().size()),
      records_(kBatch),
      details_(kBatch),
      numbers_(kBatch),
      present_(kBatch),
      texts_(kTextRoomBytes) {}
RecordRoom::~RecordRoom() = default;

RecordGroup::RecordGroup(const RecordFile& file, std::size_t group, RecordRoom& room)
    : file_(file),
      group_(group),
      rows_(file.file().rows(group)),
      room_(room),
      columns_(record_columns().size()) {}
RecordGroup::~RecordGroup() {
  if (bytes_read() != 0) file_.file().let_go(group_);
}

std::optional<std::uint64_t> RecordGroup::constant_of(std::size_t place) const {
  if (file_.file().columns()[place].is_optional) return std::nullopt;
  const auto range = file_.file().range(group_, place);
  return range && range->least == range->greatest ? std::optional{range->least} : std::nullopt;
}

Read<RecordGroup::OpenColumn*> RecordGroup::open(std::size_t column) {
  OpenColumn& out = columns_[column];
  if (out.is_open) return &out;
  const auto place = file_.place(column);
  if (place && record_columns()[column].form == Form::number) out.constant = constant_of(*place);
  if (place && !out.constant && !file_.file().is_all_null(group_, *place)) {
    auto chunk = file_.file().chunk(group_, *place);
    if (!chunk) return tl::unexpected(chunk.error());
    out.chunk = std::move(*chunk);
    out.is_optional = file_.file().columns()[*place].is_optional;
  }
  room_.pages_[column].addresses.clear();
  out.is_open = true;
  return &out;
}

// Unpacks the page that the row is in.
Read<void> RecordGroup::load(std::size_t column, OpenColumn& open, std::uint32_t row) {
  if (row >= open.first && row < open.end) return {};
  const auto pages = open.chunk->pages();
  const auto after = std::upper_bound(pages.begin(), pages.end(), row,
                                      [](std::size_t r, const parquet::PageRows& p) { return r < p.first; });
  const auto page = static_cast<std::size_t>(after - pages.begin()) - 1;
  RecordRoom::Page& room = room_.pages_[column];
  const std::size_t count = pages[page].count;
  Read<void> read;
  if (record_columns()[column].form == Form::number) {
    if (room.numbers.size() < count) room.numbers.resize(count);
    if (room.present.size() < count) room.present.resize(count);
    read = open.chunk->numbers(
        page, std::span{room.numbers}.first(count),
        open.is_optional ? std::span{room.present}.first(count) : std::span<std::uint8_t>{});
  } else {
    if (room.index.size() < count) room.index.resize(count);
    read = open.chunk->texts(page, std::span{room.index}.first(count));
  }
  open.first = pages[page].first;
  open.end = read ? open.first + count : open.first;
  return read;
}

Read<std::span<const std::string_view>> RecordGroup::entries(std::size_t column) {
  const auto opened = open(column);
  if (!opened) return tl::unexpected(opened.error());
  if ((*opened)->chunk == nullptr) return std::span<const std::string_view>{};
  return (*opened)->chunk->entries();
}

Read<void> RecordGroup::visit_index(std::size_t column, const VisitIndex& visit) {
  const auto opened = open(column);
  if (!opened) return tl::unexpected(opened.error());
  OpenColumn& open = **opened;
  if (open.chunk == nullptr) return {};
  for (const parquet::PageRows& page : open.chunk->pages()) {
    if (page.count == 0) continue;
    if (auto loaded = load(column, open, static_cast<std::uint32_t>(page.first)); !loaded) return loaded;
    visit(page.first, std::span{room_.pages_[column].index}.first(page.count));
  }
  return {};
}

Read<void> RecordGroup::numbers(std::size_t column, std::span<const std::uint32_t> rows,
                                std::vector<std::uint64_t>& out) {
  out.assign(rows.size(), 0);
  const auto opened = open(column);
  if (!opened) return tl::unexpected(opened.error());
  OpenColumn& open = **opened;
  if (open.constant) std::fill(out.begin(), out.end(), *open.constant);
  if (open.chunk == nullptr) return {};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (auto loaded = load(column, open, rows[i]); !loaded) return loaded;
    out[i] = room_.pages_[column].numbers[rows[i] - open.first];
  }
  return {};
}

// Texts and addresses of rows of one page, to the records from `at` on.
Read<void> RecordGroup::put_texts(std::size_t column, const OpenColumn& open,
                                  std::span<const std::uint32_t> rows, std::size_t at) {
  const RecordColumn& what = record_columns()[column];
  RecordRoom::Page& page = room_.pages_[column];
  const auto entries = open.chunk->entries();
  if (!entries) return tl::unexpected(entries.error());
  if (keeps_addresses_ && page.addresses.size() < entries->size()) page.addresses.resize(entries->size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint32_t number = page.index[rows[i] - open.first];
    if (number == ChunkReader::kNone) continue;
    flow::Record& record = room_.records_[at + i];
    flow::Detail& detail = room_.details_[at + i];
    if (what.form == Form::address && !keeps_addresses_) {
      what.put_address(record, detail, read_address((*entries)[number]));
    } else if (what.form == Form::address) {
      IpAddress& address = page.addresses[number];
      if (address.family == 0) address = read_address((*entries)[number]);  // once for all rows
      what.put_address(record, detail, address);
    } else {
      what.put_text(record, detail, (*entries)[number].substr(0, kColumnTextBytes), room_.texts_);
    }
  }
  return {};
}

// Rows of one page, to the records from `at` on.
Read<void> RecordGroup::put(std::size_t column, const OpenColumn& open, std::span<const std::uint32_t> rows,
                            std::size_t at) {
  const RecordColumn& what = record_columns()[column];
  if (what.form != Form::number) return put_texts(column, open, rows, at);
  const RecordRows records{std::span{room_.records_}.subspan(at), std::span{room_.details_}.subspan(at)};
  const RecordRoom::Page& page = room_.pages_[column];
  const std::size_t begin = rows.front() - open.first, count = rows.size();
  if (rows.back() - rows.front() + 1 == count) {  // one after the other
    what.put_numbers(
        records, std::span{page.numbers}.subspan(begin, count),
        open.is_optional ? std::span{page.present}.subspan(begin, count) : std::span<const std::uint8_t>{});
    return {};
  }
  for (std::size_t i = 0; i < count; ++i) {
    room_.numbers_[i] = page.numbers[rows[i] - open.first];
    room_.present_[i] = open.is_optional ? page.present[rows[i] - open.first] : 1;
  }
  what.put_numbers(
      records, std::span{room_.numbers_}.first(count),
      open.is_optional ? std::span{room_.present_}.first(count) : std::span<const std::uint8_t>{});
  return {};
}

// A column of a batch, page by page.
Read<void> RecordGroup::fill(std::size_t column, std::span<const std::uint32_t> rows) {
  const auto opened = open(column);
  if (!opened) return tl::unexpected(opened.error());
  OpenColumn& open = **opened;
  if (open.constant) {
    std::fill_n(room_.numbers_.begin(), rows.size(), *open.constant);
    record_columns()[column].put_numbers({room_.records_, room_.details_},
                                         std::span{room_.numbers_}.first(rows.size()), {});
  }
  if (open.chunk == nullptr) return {};
  for (std::size_t at = 0; at < rows.size();) {
    if (auto loaded = load(column, open, rows[at]); !loaded) return loaded;
    std::size_t end = at + 1;
    while (end < rows.size() && rows[end] < open.end) ++end;
    if (auto done = put(column, open, rows.subspan(at, end - at), at); !done) return done;
    at = end;
  }
  return {};
}

Read<void> RecordGroup::read(std::span<const std::uint32_t> rows, flow::Fields fields,
                             flow::RecordConsumer& consumer) {
  constexpr std::size_t kFewRows = 16;  // one of so many
  const auto columns = record_columns();
  keeps_addresses_ = rows.size() >= rows_ / kFewRows;
  while (!rows.empty() && !consumer.has_enough()) {
    const auto batch = rows.first(std::min(rows.size(), RecordRoom::kBatch));
    rows = rows.subspan(batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (room_.records_[i].detail != nullptr) room_.details_[i] = flow::Detail{};
      room_.records_[i] = flow::Record{};
    }
    room_.texts_.clear();
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (fields.has(columns[i].field))
        if (auto filled = fill(i, batch); !filled) return filled;
    consumer.take(std::span<const flow::Record>{room_.records_}.first(batch.size()));
    records_read_ += batch.size();
  }
  return {};
}

std::uint64_t RecordGroup::bytes_read() const {
  std::uint64_t out = 0;
  for (const OpenColumn& column : columns_)
    if (column.chunk != nullptr) out += column.chunk->bytes_read();
  return out;
}

Read<void> read_records(const std::string& path, const std::function<void(const flow::Record&)>& visit) {
  struct Visitor final : flow::RecordConsumer {
    explicit Visitor(const std::function<void(const flow::Record&)>& f) : call(f) {}
    void take(std::span<const flow::Record> records) override {
      for (const flow::Record& record : records) call(record);
    }
    const std::function<void(const flow::Record&)>& call;
  } visitor(visit);
  const auto file = RecordFile::open(path);
  if (!file) return tl::unexpected(file.error());
  RecordRoom room;
  std::vector<std::uint32_t> rows;
  for (std::size_t i = 0; i < (*file)->file().groups(); ++i) {
    RecordGroup group(**file, i, room);
    rows.resize(group.rows());
    std::iota(rows.begin(), rows.end(), 0U);
    if (auto read = group.read(rows, flow::Fields::all(), visitor); !read) return read;
  }
  return {};
}

std::optional<std::uint64_t> rows_of(const std::string& path) {
  const auto file = FileReader::open(path);
  return file ? std::optional{(*file)->rows()} : std::nullopt;
}

}  // namespace weir::output
