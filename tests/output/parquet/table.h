// Tables for tests of Parquet files: written, read back and compared.
#pragma once

#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include "output/parquet/file_reader.h"
#include "output/parquet/file_writer.h"
#include "tests/temporary_folder.h"

namespace weir::output::parquet {

// A column of a row group: of numbers or of texts, by its kind.
struct TestColumn {
  std::vector<std::uint64_t> values;
  std::vector<std::uint8_t> present;  // of numbers; empty: all
  std::vector<std::string_view> entries;
  std::vector<std::uint32_t> index;
};
using TestGroup = std::vector<TestColumn>;

// A name that no file has; what is made there goes away at the end.
class TestPath {
 public:
  [[nodiscard]] const std::string& text() const { return path_; }

 private:
  test::TemporaryFolder folder_;
  std::string path_ = folder_ / "table.parquet";
};

inline void write_table(const std::string& path, const std::vector<Column>& columns,
                        const std::vector<TestGroup>& groups,
                        std::vector<std::pair<std::string, std::string>> notes = {}) {
  auto writer = FileWriter::create(path, columns, std::move(notes));
  REQUIRE(writer.has_value());
  for (const TestGroup& group : groups) {
    const TestColumn& first = group[0];
    (*writer)->begin_group(columns[0].kind == Kind::text ? first.index.size() : first.values.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].kind == Kind::text)
        (*writer)->texts(group[i].entries, group[i].index);
      else
        (*writer)->numbers(group[i].values, group[i].present);
    }
  }
  const auto done = (*writer)->finish(false);
  REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error()));
}

// A column of a row group as it is read; or why it is not.
inline Read<TestColumn> read_column(const FileReader& file, std::size_t group, std::size_t column) {
  auto chunk = file.chunk(group, column);
  if (!chunk) return tl::unexpected(chunk.error());
  TestColumn out;
  const std::size_t rows = file.rows(group);
  const bool is_text = file.columns()[column].kind == Kind::text;
  const auto pages = (*chunk)->pages();
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const std::size_t begin = pages[i].first, end = begin + pages[i].count;
    if (end > rows) return tl::unexpected(std::string("a page goes beyond its row group"));
    if (is_text) {
      out.index.resize(end);
      const auto read = (*chunk)->texts(i, std::span{out.index}.subspan(begin));
      if (!read) return tl::unexpected(read.error());
    } else {
      out.values.resize(end);
      out.present.resize(end);
      const auto read =
          (*chunk)->numbers(i, std::span{out.values}.subspan(begin), std::span{out.present}.subspan(begin));
      if (!read) return tl::unexpected(read.error());
    }
  }
  return out;
}

// Texts of a column of a row group, by row; none where there is no value.
inline Read<std::vector<std::optional<std::string>>> read_texts(const FileReader& file, std::size_t group,
                                                                std::size_t column) {
  auto chunk = file.chunk(group, column);
  if (!chunk) return tl::unexpected(chunk.error());
  std::vector<std::optional<std::string>> out;
  const auto pages = (*chunk)->pages();
  for (std::size_t i = 0; i < pages.size(); ++i) {
    std::vector<std::uint32_t> index(pages[i].count);
    if (const auto read = (*chunk)->texts(i, index); !read) return tl::unexpected(read.error());
    const auto entries = (*chunk)->entries();
    if (!entries) return tl::unexpected(entries.error());
    for (const std::uint32_t at : index)
      out.push_back(at == ChunkReader::kNone ? std::nullopt : std::optional<std::string>((*entries)[at]));
  }
  return out;
}

inline std::vector<std::optional<std::string>> texts_of(const TestColumn& column) {
  std::vector<std::optional<std::string>> out;
  for (const std::uint32_t at : column.index)
    out.push_back(at == FileWriter::kNone ? std::nullopt : std::optional<std::string>(column.entries[at]));
  return out;
}

// Numbers by row; none where there is no value.
inline std::vector<std::optional<std::uint64_t>> numbers_of(const TestColumn& column) {
  std::vector<std::optional<std::uint64_t>> out;
  for (std::size_t i = 0; i < column.values.size(); ++i)
    out.push_back(column.present.empty() || column.present[i] != 0 ? std::optional(column.values[i])
                                                                   : std::nullopt);
  return out;
}

// The file has exactly the table.
inline void check_table(const FileReader& file, const std::vector<Column>& columns,
                        const std::vector<TestGroup>& groups) {
  REQUIRE(file.groups() == groups.size());
  REQUIRE(file.columns().size() == columns.size());
  for (std::size_t g = 0; g < groups.size(); ++g)
    for (std::size_t c = 0; c < columns.size(); ++c) {
      CAPTURE(g);
      CAPTURE(columns[c].name);
      CHECK(file.columns()[c].kind == columns[c].kind);
      if (columns[c].kind == Kind::text) {
        const auto got = read_texts(file, g, c);
        REQUIRE_MESSAGE(got.has_value(), (got ? "" : got.error()));
        CHECK((*got == texts_of(groups[g][c])));
        continue;
      }
      const auto got = read_column(file, g, c);
      REQUIRE_MESSAGE(got.has_value(), (got ? "" : got.error()));
      CHECK((numbers_of(*got) == numbers_of(groups[g][c])));
    }
}

inline void check_round_trip(const std::vector<Column>& columns, const std::vector<TestGroup>& groups) {
  const TestPath path;
  write_table(path.text(), columns, groups);
  const auto file = FileReader::open(path.text());
  REQUIRE_MESSAGE(file.has_value(), (file ? "" : file.error()));
  check_table(**file, columns, groups);
}

}  // namespace weir::output::parquet
