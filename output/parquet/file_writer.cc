#include "output/parquet/file_writer.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "decoders/text.h"
#include "output/parquet/chunk_writer.h"
#include "output/parquet/footer.h"
#include "output/parquet/little_endian.h"
#include "output/parquet/number_column.h"
#include "output/parquet/output_file.h"
#include "output/parquet/seal.h"
#include "output/parquet/text_column.h"

namespace weir::output::parquet {

struct FileWriter::State {
  State(OutputFile f, std::span<const Column> c, Notes n, int level)
      : file(std::move(f)),
        columns(c),
        notes(std::move(n)),
        packer(level),
        number_plans(c.size()),
        text_plans(c.size()) {}

  OutputFile file;
  std::span<const Column> columns;
  Notes notes;
  PagePacker packer;
  NumberEncoder numbers;
  TextEncoder texts;
  std::vector<NumberPlan> number_plans;  // by column
  std::vector<TextPlan> text_plans;
  ChunkDraft draft;
  ChunkWriter chunks;
  std::vector<Buffer> blooms;  // of the row group's columns
  std::vector<WrittenGroup> groups;
  std::uint64_t rows = 0;
  std::string mistake;  // of the caller, the first

  // The column that comes next, if it is of that sort and has so many rows.
  const Column* next(bool is_text, std::size_t rows_given);
  void keep(const Column& column);
  void end_group();
};

const Column* FileWriter::State::next(bool is_text, std::size_t rows_given) {
  if (!mistake.empty()) return nullptr;
  if (groups.empty() || groups.back().chunks.size() == columns.size()) {
    mistake = "there is a column behind the last one of the row group";
    return nullptr;
  }
  const Column& column = columns[groups.back().chunks.size()];
  if ((column.kind == Kind::text) != is_text || rows_given != groups.back().rows) {
    mistake = fmt::format("column {}: values are of another kind, or not as many as rows", column.name);
    return nullptr;
  }
  return &column;
}

void FileWriter::State::keep(const Column& column) {
  if (draft.nulls > 0 && !column.is_optional) {
    mistake = fmt::format("column {}: there are rows without a value, which it must not have", column.name);
    return;
  }
  groups.back().chunks.push_back(chunks.write(draft, physical_of(column.kind), packer, file));
  blooms.push_back(draft.bloom);
  if (groups.back().chunks.size() == columns.size()) end_group();
}

// Bloom filters stand behind the pages of all columns.
void FileWriter::State::end_group() {
  for (std::size_t i = 0; i < blooms.size(); ++i) {
    if (blooms[i].empty()) continue;
    ChunkMeta& meta = groups.back().chunks[i].meta;
    meta.bloom_offset = file.size();
    meta.bloom_bytes = static_cast<std::uint32_t>(blooms[i].size());
    Buffer seal;
    put_bloom_seal(blooms[i], seal);
    file.append(blooms[i]);
    file.append(seal);
  }
  blooms.clear();
}

tl::expected<std::unique_ptr<FileWriter>, std::string> FileWriter::create(
    const std::string& path, std::span<const Column> columns,
    std::vector<std::pair<std::string, std::string>> notes, int zstd_level) {
  auto file = OutputFile::create(path);
  if (!file) return tl::unexpected(file.error());
  file->append(as_bytes(kMagic));
  return std::unique_ptr<FileWriter>(
      new FileWriter(std::make_unique<State>(std::move(*file), columns, std::move(notes), zstd_level)));
}

FileWriter::FileWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
FileWriter::~FileWriter() = default;

std::uint64_t FileWriter::rows() const {
  return state_->rows;
}

void FileWriter::begin_group(std::size_t rows) {
  State& s = *state_;
  if (!s.mistake.empty()) return;
  if (rows == 0 || rows > kMaxGroupRows ||
      (!s.groups.empty() && s.groups.back().chunks.size() != s.columns.size())) {
    s.mistake = fmt::format("a row group of {} rows begins, or one before has too few columns", rows);
    return;
  }
  s.groups.push_back({rows, {}});
  s.groups.back().chunks.reserve(s.columns.size());
  s.rows += rows;
}

void FileWriter::numbers(std::span<const std::uint64_t> values, std::span<const std::uint8_t> present) {
  State& s = *state_;
  const Column* column = s.next(false, values.size());
  if (column == nullptr) return;
  if (!present.empty() && present.size() != values.size()) {
    s.mistake =
        fmt::format("column {}: not as many rows are said to have a value as there are", column->name);
    return;
  }
  NumberPlan& plan = s.number_plans[s.groups.back().chunks.size()];
  s.numbers.encode(*column, values, present, plan, s.packer, s.draft);
  s.keep(*column);
}

void FileWriter::texts(std::span<const std::string_view> entries, std::span<const std::uint32_t> index) {
  State& s = *state_;
  const Column* column = s.next(true, index.size());
  if (column == nullptr) return;
  TextPlan& plan = s.text_plans[s.groups.back().chunks.size()];
  if (!s.texts.encode(*column, entries, index, plan, s.packer, s.draft)) {
    s.mistake = fmt::format("column {}: a row has a text that is not there", column->name);
    return;
  }
  s.keep(*column);
}

tl::expected<std::uint64_t, std::string> FileWriter::finish(bool sync) {
  State& s = *state_;
  if (s.mistake.empty() && !s.groups.empty() && s.groups.back().chunks.size() != s.columns.size())
    s.mistake = "the last row group has too few columns";
  if (!s.mistake.empty()) {
    std::string problem = fmt::format("{}: {}", s.file.path(), s.mistake);
    const OutputFile gone{std::move(s.file)};
    return tl::unexpected(std::move(problem));
  }
  s.chunks.finish_indexes(s.groups, s.file);
  Buffer footer;
  put_footer(s.columns, s.groups, s.notes, footer);
  Buffer seal;
  put_footer_seal(footer, seal);
  s.file.append(seal);
  std::array<std::uint8_t, 4> length{};
  store_le32(length.data(), static_cast<std::uint32_t>(footer.size()));
  s.file.append(footer);
  s.file.append(length);
  s.file.append(as_bytes(kMagic));
  const std::uint64_t bytes = s.file.size();
  if (auto done = s.file.finish(sync); !done) return tl::unexpected(done.error());
  return bytes;
}

}  // namespace weir::output::parquet
