#include "output/flow/clickhouse/native_block.h"

#include <doctest/doctest.h>

#include "decoders/text.h"
#include "output/flow/clickhouse/flow_table.h"
#include "tests/output/flow/clickhouse/flow_samples.h"

using namespace weir;
using namespace weir::output::clickhouse;

namespace {

// Records of a column list, as texts, or why they cannot be read.
struct NativeRead {
  std::vector<std::string> records;
  std::string problem;
};

NativeRead native_read(const std::vector<const output::RecordColumn*>& columns, std::string_view bytes,
                       std::size_t piece) {
  NativeRead out;
  BlockReader reader(columns, [&](std::span<const flow::Record> records) {
    for (const flow::Record& r : records) out.records.push_back(test::all_of(r));
  });
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    if (auto read = reader.add(as_bytes(part)); !read) {
      out.problem = read.error();
      return out;
    }
  }
  if (auto read = reader.finish(); !read) out.problem = read.error();
  return out;
}

// The columns that a block has.
std::vector<const output::RecordColumn*> columns_in(const InsertBlock& block) {
  std::vector<const output::RecordColumn*> out;
  const std::string all = "," + block.columns + ",";
  for (const output::RecordColumn& column : output::record_columns())
    if (all.find("," + std::string(column.name) + ",") != std::string::npos) out.push_back(&column);
  return out;
}

InsertBlock sample_block(const test::FlowSamples& samples) {
  BlockWriter writer;
  for (const flow::Record& r : samples.records) writer.add(r);
  return writer.take();
}

}  // namespace

TEST_CASE("clickhouse: what is written as a block is read again, in pieces of any size") {
  const test::FlowSamples samples;
  const InsertBlock block = sample_block(samples);
  CHECK(block.records == samples.records.size());
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100}, block.bytes.size()}) {
    const NativeRead read = native_read(columns_in(block), block.bytes + block.bytes, piece);
    CHECK(read.problem.empty());
    REQUIRE(read.records.size() == 2 * samples.records.size());
    for (std::size_t i = 0; i < read.records.size(); ++i) {
      CAPTURE(i);
      CHECK((read.records[i] == test::all_of(samples.records[i % samples.records.size()])));
    }
  }
}

TEST_CASE("clickhouse: columns that no record says anything in are left out") {
  BlockWriter writer;
  flow::Record r;
  r.source = IpAddress::v4(1);
  r.sampling = 0;
  writer.add(r);
  CHECK(writer.take().columns == "start,src_ip");
  CHECK(writer.records() == 0);
  r.source = {};
  r.destination_port = 53;
  writer.add(r);
  writer.add(flow::Record{});
  const InsertBlock second = writer.take();
  CHECK(second.columns == "start,dest_port,sampling");
  // Two rows of start, then of dest_port: 53 and 0.
  CHECK(second.bytes.find(std::string("\x09"
                                      "dest_port\x06UInt16\x35\0\0\0",
                                      21)) != std::string::npos);
}

TEST_CASE("clickhouse: a column that is said late counts for all rows before") {
  const test::FlowSamples samples;
  BlockWriter writer;
  for (int i = 0; i < 1000; ++i) writer.add(samples.records[0]);
  const std::size_t before = writer.bytes();
  writer.add(samples.records[1]);  // with a detail
  CHECK(writer.bytes() > before + 8 * 1000);
  const std::size_t said = writer.bytes();
  const InsertBlock block = writer.take();
  CHECK(said <= block.bytes.size());
  CHECK(said + 64 * output::record_columns().size() >= block.bytes.size());
  CHECK(writer.bytes() == 0);
}

TEST_CASE("clickhouse: a block that is cut off anywhere is told of, and gives no records") {
  const test::FlowSamples samples;
  const InsertBlock block = sample_block(samples);
  const auto columns = columns_in(block);
  for (std::size_t size = 1; size < block.bytes.size(); ++size) {
    CAPTURE(size);
    const NativeRead read = native_read(columns, std::string_view(block.bytes).substr(0, size), size);
    CHECK_FALSE(read.problem.empty());
    CHECK(read.records.empty());
  }
}

TEST_CASE("clickhouse: an answer that is none ends with a reason") {
  const auto columns = columns_of(flow::Field::protocol);
  REQUIRE(columns.size() == 1);
  const auto problem = [&](std::string_view bytes) {
    return native_read(columns, bytes, bytes.size()).problem;
  };
  using namespace std::string_view_literals;
  CHECK(problem("\x01\x01\x05proto\x05UInt8\x06"sv).empty());
  CHECK(problem("\x02\x01"sv).find("other columns") != std::string::npos);
  CHECK(problem("\x01\xff\xff\xff\x7f"sv).find("too many rows") != std::string::npos);
  CHECK(problem("\x01\x01\x05proto\x06UInt16\x06\x00"sv).find("another name or type") != std::string::npos);
  CHECK(problem("\x01\x01\xff\xff\x03"sv).find("too long") != std::string::npos);
  CHECK(problem("\x81\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"sv).find("too long") != std::string::npos);
  // The server fails when a part has been sent.
  CHECK(problem("\x01\x01\x05proto\x05UInt8\x06"
                "Code: 241, e.displayText() = DB::Exception: Memory\n"sv) ==
        "the server has failed amid its answer: Code: 241, e.displayText() = DB::Exception: Memory");
}

TEST_CASE("clickhouse: a text of the answer may not be longer than the limit") {
  std::vector<const output::RecordColumn*> columns;
  for (const output::RecordColumn& column : output::record_columns())
    if (column.name == "host") columns.push_back(&column);
  REQUIRE(columns.size() == 1);
  const std::string head("\x01\x01\x04host\x06String", 15);
  CHECK(native_read(columns, head.substr(0, 14) + std::string("\x81\x80\x04", 3), 5)
            .problem.find("a text is too long") != std::string::npos);
}

TEST_CASE("clickhouse: the table has the columns of the store, and newer servers know tokens") {
  ServerAddress address;
  const std::string old = create_statement(address, ServerVersion::parse("18.16.1"));
  CHECK(
      old.starts_with("CREATE TABLE IF NOT EXISTS `flows` (start Int64, duration_us Int64, src_ip String, "));
  CHECK(old.find("icmp_type Nullable(UInt8)") != std::string::npos);
  CHECK(old.ends_with("ORDER BY start"));
  CHECK(old.find("INDEX") == std::string::npos);
  for (const output::RecordColumn& column : output::record_columns())
    CHECK((old.find(std::string(column.name) + " ") != std::string::npos) == !column.is_of_rollups());
  const std::string recent = create_statement(address, ServerVersion::parse("26.7.2.1\n"));
  CHECK(recent.find("INDEX sources src_ip TYPE bloom_filter") != std::string::npos);
  CHECK(recent.ends_with("ORDER BY start SETTINGS non_replicated_deduplication_window = 1000"));
  CHECK(ServerVersion::parse("<html>").major == 0);
  CHECK(keeps_tokens("MergeTree ORDER BY start SETTINGS non_replicated_deduplication_window = 1000"));
  CHECK(keeps_tokens("ReplicatedMergeTree('/t', '{replica}') ORDER BY start"));
  for (const char* engine :
       {"", "MergeTree ORDER BY start SETTINGS index_granularity = 8192",
        "MergeTree SETTINGS non_replicated_deduplication_window = 0",
        "ReplicatedMergeTree('/t', 'r') SETTINGS replicated_deduplication_window = 0", "Null"})
    CHECK_FALSE(keeps_tokens(engine));
}
