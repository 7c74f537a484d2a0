// Tables that are written and read back.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "tests/output/parquet/table.h"

namespace weir::output::parquet {
namespace {

const std::vector<Column> kAllKinds{
    {"u8", Kind::u8, true},        {"u16", Kind::u16, true},         {"u32", Kind::u32, true},
    {"u64", Kind::u64, true},      {"i64", Kind::i64, true},         {"truth", Kind::boolean, true},
    {"time", Kind::time_us, true}, {"text", Kind::text, true, true},
};

const std::vector<std::string> kTexts = [] {
  std::vector<std::string> out{""};
  for (int i = 0; i < 300; ++i) out.push_back(fmt::format("10.0.{}.{}", i % 7, i));
  return out;
}();

std::uint64_t within(Kind kind, std::uint64_t value) {
  switch (kind) {
    case Kind::u8: return value & UINT8_MAX;
    case Kind::u16: return value & UINT16_MAX;
    case Kind::u32: return value & UINT32_MAX;
    case Kind::boolean: return value & 1U;
    default: return value;
  }
}

// Random numbers of up to `bits` bits, or texts; one row in `nulls` has none (0: all have).
TestColumn random_column(const Column& column, std::size_t rows, unsigned bits, unsigned nulls,
                         std::mt19937_64& random) {
  TestColumn out;
  const auto is_null = [&] { return nulls != 0 && random() % nulls == 0; };
  if (column.kind == Kind::text) {
    out.entries.assign(kTexts.begin(), kTexts.end());
    for (std::size_t i = 0; i < rows; ++i)
      out.index.push_back(is_null() ? FileWriter::kNone
                                    : static_cast<std::uint32_t>(random() % kTexts.size()));
    return out;
  }
  for (std::size_t i = 0; i < rows; ++i) {
    out.values.push_back(within(column.kind, random() >> (64 - bits)));
    out.present.push_back(is_null() ? 0 : 1);
  }
  return out;
}

}  // namespace

TEST_CASE("parquet: all kinds come back, of any size and with any share of missing values") {
  std::mt19937_64 random{1};
  for (const unsigned rows : {1U, 8U, 63U, 65U, 8193U})
    for (const unsigned bits : {1U, 13U, 64U})
      for (const unsigned nulls : {0U, 1U, 2U, 1000U}) {
        CAPTURE(rows);
        CAPTURE(bits);
        CAPTURE(nulls);
        TestGroup group;
        for (const Column& column : kAllKinds)
          group.push_back(random_column(column, rows, bits, nulls, random));
        check_round_trip(kAllKinds, {group});
      }
}

TEST_CASE("parquet: columns that must have a value come back") {
  std::mt19937_64 random{2};
  std::vector<Column> columns = kAllKinds;
  for (Column& column : columns) column.is_optional = false;
  TestGroup group;
  for (const Column& column : columns) group.push_back(random_column(column, 10000, 40, 0, random));
  check_round_trip(columns, {group});
}

TEST_CASE("parquet: a full row group, and many of them, come back") {
  std::mt19937_64 random{3};
  std::vector<TestGroup> groups;
  for (std::size_t i = 0; i < 40; ++i) {
    TestGroup group;
    const std::size_t rows = i == 0 ? kMaxGroupRows : 1 + random() % 200;
    for (const Column& column : kAllKinds)
      group.push_back(random_column(column, rows, 1 + static_cast<unsigned>(random() % 64), 5, random));
    groups.push_back(std::move(group));
  }
  check_round_trip(kAllKinds, groups);
}

TEST_CASE("parquet: rising, falling and extreme numbers come back") {
  const std::vector<Column> columns{
      {"time", Kind::time_us}, {"u64", Kind::u64}, {"i64", Kind::i64}, {"u32", Kind::u32}};
  TestGroup group(4);
  constexpr std::uint64_t kLeast = std::uint64_t{1} << 63U;  // INT64_MIN
  for (std::uint64_t i = 0; i < 9000; ++i) {
    group[0].values.push_back(1'700'000'000'000'000 + i * 1000 + i * i % 977);
    group[1].values.push_back(i % 2 == 0 ? UINT64_MAX - i : i);
    group[2].values.push_back(i % 2 == 0 ? kLeast + i : kLeast - 1 - i);
    group[3].values.push_back(i % 2 == 0 ? UINT32_MAX - i : i);
  }
  check_round_trip(columns, {group});
}

TEST_CASE("parquet: columns without any value, and of one value, take next to nothing") {
  constexpr std::size_t kRows = kMaxGroupRows;
  std::vector<Column> columns;
  TestGroup group;
  const std::vector<std::string_view> entries{"same"};
  for (int i = 0; i < 50; ++i) {
    columns.push_back({fmt::format("none{}", i), i % 2 == 0 ? Kind::u64 : Kind::text, true});
    columns.push_back({fmt::format("one{}", i), i % 2 == 0 ? Kind::u16 : Kind::text, true});
    TestColumn none, one;
    if (i % 2 == 0) {
      none.values.assign(kRows, 7);
      none.present.assign(kRows, 0);
      one.values.assign(kRows, 443);
    } else {
      none.index.assign(kRows, FileWriter::kNone);
      one.entries = entries;
      one.index.assign(kRows, 0);
    }
    group.push_back(std::move(none));
    group.push_back(std::move(one));
  }
  const TestPath path;
  write_table(path.text(), columns, {group});
  const auto file = FileReader::open(path.text());
  REQUIRE(file.has_value());
  if (group[0].values[0] == 7) std::fill(group[0].values.begin(), group[0].values.end(), 0);
  check_table(**file, columns, {group});
  CHECK((*file)->is_all_null(0, 0));
  CHECK_FALSE((*file)->is_all_null(0, 1));
  CHECK((*file)->stored_bytes(0, 0) < 40);
  CHECK((*file)->stored_bytes(0, 1) < 80);
}

TEST_CASE("parquet: least and greatest are told for numbers by the order of their kind") {
  const std::vector<Column> columns{
      {"u64", Kind::u64, true}, {"i64", Kind::i64}, {"u32", Kind::u32}, {"none", Kind::u8, true}};
  TestGroup group(4);
  group[0] = {{5, UINT64_MAX, 9}, {1, 1, 0}, {}, {}};
  group[1].values = {3, static_cast<std::uint64_t>(-4), 0};
  group[2].values = {UINT32_MAX, 1, 0x80000000};
  group[3] = {{1, 2, 3}, {0, 0, 0}, {}, {}};
  const TestPath path;
  write_table(path.text(), columns, {group});
  const auto file = FileReader::open(path.text());
  REQUIRE(file.has_value());
  const auto range = [&](std::size_t column) { return (*file)->range(0, column).value_or(Range{1, 0}); };
  CHECK(range(0).least == 5);
  CHECK(range(0).greatest == UINT64_MAX);
  CHECK(static_cast<std::int64_t>(range(1).least) == -4);
  CHECK(range(1).greatest == 3);
  CHECK(range(2).least == 1);
  CHECK(range(2).greatest == UINT32_MAX);
  CHECK_FALSE((*file)->range(0, 3).has_value());
}

TEST_CASE("parquet: notes, names and rows are told") {
  const std::vector<Column> columns{{"a", Kind::u8}, {"b", Kind::u8}};
  TestGroup group(2);
  group[0].values = group[1].values = {1, 2, 3};
  const TestPath path;
  write_table(path.text(), columns, {group, group}, {{"made", "by a test"}, {"empty", ""}});
  const auto file = FileReader::open(path.text());
  REQUIRE(file.has_value());
  CHECK((*file)->note("made") == "by a test");
  CHECK((*file)->note("empty") == "");
  CHECK_FALSE((*file)->note("other").has_value());
  CHECK((*file)->find("b") == 1);
  CHECK_FALSE((*file)->find("c").has_value());
  CHECK((*file)->rows() == 6);
  CHECK((*file)->rows(1) == 3);
  CHECK((*file)->path() == path.text());
}

TEST_CASE("parquet: a Bloom filter knows all texts that are there, and few others") {
  std::vector<std::string> texts;
  for (int i = 0; i < 30000; ++i) texts.push_back(fmt::format("192.0.{}.{}", i / 256, i % 256));
  const std::vector<Column> columns{{"address", Kind::text, false, true}, {"bare", Kind::text}};
  TestGroup group(2);
  group[0].entries.assign(texts.begin(), texts.end());
  for (std::uint32_t i = 0; i < 20000; ++i) group[0].index.push_back(i);
  group[1] = group[0];
  const TestPath path;
  write_table(path.text(), columns, {group});
  const auto file = FileReader::open(path.text());
  REQUIRE(file.has_value());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const bool may_have = (*file)->may_have(0, 0, texts[i]);
    if (i < 20000) CHECK(may_have);
    if (i >= 20000 && may_have) ++wrong;
  }
  CHECK(wrong < 100);  // of 10,000
  CHECK((*file)->may_have(0, 1, "nowhere"));
  const auto chunk = (*file)->chunk(0, 0);
  REQUIRE(chunk.has_value());
  CHECK((*chunk)->is_all_dictionary());
}

TEST_CASE("parquet: what a writer is given wrong is told, and the file goes away") {
  const std::vector<Column> columns{{"a", Kind::u8}, {"b", Kind::text}};
  const std::array<std::uint64_t, 2> values{1, 2};
  const std::array<std::uint8_t, 2> present{1, 0};
  const std::array<std::string_view, 1> entries{"x"};
  const std::array<std::uint32_t, 2> index{0, 1};
  const auto fails = [&](const char* what, auto use) {
    CAPTURE(what);
    const TestPath path;
    auto writer = FileWriter::create(path.text(), columns);
    REQUIRE(writer.has_value());
    use(**writer);
    const auto done = (*writer)->finish(false);
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().starts_with(path.text() + ": "));
    CHECK(done.error().find(what) != std::string::npos);
    CHECK(::access(path.text().c_str(), F_OK) != 0);
  };
  fails("too few columns", [&](FileWriter& w) { w.begin_group(2), w.numbers(values); });
  fails("not as many as rows", [&](FileWriter& w) { w.begin_group(3), w.numbers(values); });
  fails("another kind", [&](FileWriter& w) { w.begin_group(2), w.texts(entries, index); });
  fails("must not have", [&](FileWriter& w) { w.begin_group(2), w.numbers(values, present); });
  fails("a text that is not there",
        [&](FileWriter& w) { w.begin_group(2), w.numbers(values), w.texts(entries, index); });
  fails("row group of 0 rows", [&](FileWriter& w) { w.begin_group(0); });
  fails("row group of 65537 rows", [&](FileWriter& w) { w.begin_group(kMaxGroupRows + 1); });
}

TEST_CASE("parquet: a file that is there is not written over, and one that is not finished goes away") {
  const std::vector<Column> columns{{"a", Kind::u8}};
  const TestPath path;
  {
    auto writer = FileWriter::create(path.text(), columns);
    REQUIRE(writer.has_value());
    const auto second = FileWriter::create(path.text(), columns);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().starts_with(path.text() + ": create: "));
  }
  CHECK(::access(path.text().c_str(), F_OK) != 0);
}

TEST_CASE("parquet: a file without rows is one") {
  const std::vector<Column> columns{{"a", Kind::u8}};
  check_round_trip(columns, {});
}

}  // namespace weir::output::parquet
