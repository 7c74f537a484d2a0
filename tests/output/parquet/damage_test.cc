// Files that are cut off, damaged or lie.
#include <fstream>
#include <iterator>

#include "tests/output/parquet/table.h"

namespace weir::output::parquet {
namespace {

const std::vector<Column> kSmallColumns{
    {"time", Kind::time_us},  {"port", Kind::u16, true},           {"bytes", Kind::u64},
    {"truth", Kind::boolean}, {"address", Kind::text, true, true}, {"none", Kind::u8, true}};

std::vector<TestGroup> small_table() {
  std::vector<TestGroup> groups(2, TestGroup(kSmallColumns.size()));
  for (std::size_t g = 0; g < groups.size(); ++g) {
    TestGroup& group = groups[g];
    group[4].entries = {"", "10.0.0.1", "192.0.2.7"};
    for (std::uint32_t i = 0; i < 40; ++i) {
      group[0].values.push_back(1'700'000'000'000'000 + i * 1017 * (i % 5));
      group[1].values.push_back(i % 7 * 100);
      group[1].present.push_back(i % 3 == 0 ? 0 : 1);
      group[2].values.push_back((std::uint64_t{i} << 40U) * 7919 + g);
      group[3].values.push_back(i % 2);
      group[4].index.push_back(i % 4 == 3 ? FileWriter::kNone : i % 4);
      group[5].values.push_back(0);
      group[5].present.push_back(0);
    }
  }
  return groups;
}

std::vector<std::uint8_t> bytes_of(const std::vector<Column>& columns, const std::vector<TestGroup>& groups) {
  const TestPath path;
  write_table(path.text(), columns, groups);
  std::ifstream in{path.text(), std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

// Reads all that there is. True: all of it was read; then it is what was written.
bool reads_right(Bytes file, const std::vector<TestGroup>& groups) {
  const auto reader = FileReader::from_memory("file", file);
  if (!reader) {
    CHECK(reader.error().starts_with("file: "));
    return false;
  }
  bool all = (*reader)->columns().size() == kSmallColumns.size() && (*reader)->groups() == groups.size();
  for (std::size_t g = 0; g < (*reader)->groups(); ++g)
    for (std::size_t c = 0; c < (*reader)->columns().size(); ++c) {
      (void)(*reader)->range(g, c);
      if (kSmallColumns[c].kind == Kind::text) {
        const auto got = read_texts(**reader, g, c);
        if (got) CHECK((*got == texts_of(groups[g][c])));
        CHECK((*reader)->may_have(g, c, "10.0.0.1"));  // a damaged filter must not hide it
        all = all && got.has_value();
        continue;
      }
      const auto got = read_column(**reader, g, c);
      if (got) CHECK((numbers_of(*got) == numbers_of(groups[g][c])));
      if (!got)
        CHECK(got.error().starts_with("file: row group " + std::to_string(g) + ", column " +
                                      kSmallColumns[c].name));
      all = all && got.has_value();
    }
  return all;
}

}  // namespace

TEST_CASE("parquet: every truncation of a file is told") {
  const std::vector<TestGroup> groups = small_table();
  const std::vector<std::uint8_t> file = bytes_of(kSmallColumns, groups);
  CHECK(reads_right(file, groups));
  for (std::size_t n = 0; n < file.size(); ++n) {
    CAPTURE(n);
    const std::vector<std::uint8_t> cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(n));
    CHECK_FALSE(reads_right(cut, groups));
  }
}

TEST_CASE("parquet: a byte that is another one never gives other values") {
  const std::vector<TestGroup> groups = small_table();
  std::vector<std::uint8_t> file = bytes_of(kSmallColumns, groups);
  std::size_t unnoticed = 0;
  for (std::size_t at = 0; at < file.size(); ++at) {
    CAPTURE(at);
    for (const unsigned change : {0x01U, 0x02U, 0x04U, 0x08U, 0x10U, 0x20U, 0x40U, 0x80U, 0xffU}) {
      CAPTURE(change);
      file[at] = static_cast<std::uint8_t>(file[at] ^ change);
      if (reads_right(file, groups)) ++unnoticed;
      file[at] = static_cast<std::uint8_t>(file[at] ^ change);
    }
  }
  CHECK(unnoticed < file.size());  // Bloom filters, which only cost time then, and the like
}

TEST_CASE("parquet: a page that is damaged is named, and the others are read") {
  std::vector<TestGroup> groups(1, TestGroup(1));
  std::mt19937_64 random{1};
  for (std::uint64_t i = 0; i < 3 * kPageRows; ++i) groups[0][0].values.push_back(random());
  const std::vector<Column> columns{{"noise", Kind::u64}};
  std::vector<std::uint8_t> file = bytes_of(columns, groups);
  file[kPageRows * 8 + 5000] ^= 1U;  // in the second page, whose values cannot be packed
  const auto reader = FileReader::from_memory("file", file);
  REQUIRE(reader.has_value());
  const auto chunk = (*reader)->chunk(0, 0);
  REQUIRE(chunk.has_value());
  REQUIRE((*chunk)->pages().size() == 3);
  std::vector<std::uint64_t> values(kPageRows);
  CHECK((*chunk)->numbers(0, values, {}).has_value());
  const auto second = (*chunk)->numbers(1, values, {});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error() ==
        "file: row group 0, column noise, page 1: it is damaged: its checksum is another one");
  REQUIRE((*chunk)->numbers(2, values, {}).has_value());
  CHECK(values[3] == groups[0][0].values[2 * kPageRows + 3]);
}

TEST_CASE("parquet: what is no file of Parquet is told") {
  const auto problem = [](std::string_view text) {
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());
    const auto reader = FileReader::from_memory("file", bytes);
    return reader ? std::string() : reader.error();
  };
  CHECK(problem("").find("no Parquet file") != std::string::npos);
  CHECK(problem("PAR1").find("no Parquet file") != std::string::npos);
  CHECK(problem("something else altogether").find("no Parquet file") != std::string::npos);
  CHECK(problem("PAR1............").find("not whole") != std::string::npos);
  CHECK(problem("PAR1\xff\xff\xff\x7fPAR1").find("2147483647 bytes") != std::string::npos);
  const auto missing = FileReader::open("/nowhere/at/all");
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error() == "/nowhere/at/all: open: No such file or directory");
  CHECK_FALSE(FileReader::open("/tmp").has_value());
}

TEST_CASE("parquet: what is asked for and is not there is told") {
  const std::vector<TestGroup> groups = small_table();
  const std::vector<std::uint8_t> file = bytes_of(kSmallColumns, groups);
  const auto reader = FileReader::from_memory("file", file);
  REQUIRE(reader.has_value());
  CHECK_FALSE((*reader)->chunk(2, 0).has_value());
  CHECK_FALSE((*reader)->chunk(0, 6).has_value());
  const auto chunk = (*reader)->chunk(0, 0);
  REQUIRE(chunk.has_value());
  std::vector<std::uint64_t> values(40);
  std::vector<std::uint32_t> index(40);
  CHECK_FALSE((*chunk)->numbers(1, values, {}).has_value());
  CHECK_FALSE((*chunk)->numbers(0, std::span{values}.first(39), {}).has_value());
  CHECK_FALSE((*chunk)->texts(0, index).has_value());
}

}  // namespace weir::output::parquet
