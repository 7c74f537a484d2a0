#include "output/flow/store/record_columns.h"

#include <doctest/doctest.h>

#include <set>

#include "output/flow/store/group_builder.h"
#include "output/flow/store/record_file.h"
#include "tests/output/flow/sample_records.h"
#include "tests/temporary_folder.h"

using namespace weir;
using output::record_columns;
using output_test::check_same, output_test::Filling, output_test::full_record;

namespace {

// Writes the records to a file, and hands on what is read from it.
template <class Visit>
void through_file(const std::vector<flow::Record>& records, const Visit& visit) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "records.parquet";
  auto file = output::parquet::FileWriter::create(path, output::GroupBuilder::schema());
  REQUIRE(file.has_value());
  output::GroupBuilder builder;
  for (const flow::Record& record : records) builder.add(record);
  builder.write(**file);
  REQUIRE((*file)->finish(false).has_value());
  const auto read = output::read_records(path, visit);
  CAPTURE((read ? std::string{} : read.error()));
  CHECK(read.has_value());
}

void check_all(const std::vector<flow::Record>& records) {
  std::size_t n = 0;
  through_file(records, [&](const flow::Record& record) {
    REQUIRE(n < records.size());
    CAPTURE(n);
    check_same(records[n++], record);
  });
  CHECK(n == records.size());
}

}  // namespace

TEST_CASE("record columns: a record that says everything, and one that says nothing, come back") {
  Filling filling;
  flow::Detail everything;
  output::visit_detail(everything, filling);
  // Codes that have no name are not kept.
  everything.initiator_by = flow::InitiatorBy::ports;
  everything.verdict = 2;
  everything.reversed = true;
  flow::Record full = full_record(), icmp = full_record();
  full.detail = &everything;
  icmp.has_icmp = true;
  icmp.icmp_type = icmp.icmp_code = 0;
  icmp.source_port = icmp.destination_port = 0;
  check_all({full, flow::Record{}, icmp, full_record()});
}

TEST_CASE("record columns: times of each side come back, whichever there are") {
  std::vector<flow::Record> records;
  const TimeUs t = 1'700'000'000'000'000;
  for (const auto& [ahead, back] : std::vector<std::pair<flow::Side, flow::Side>>{
           {{1, 1, t, t + 5, 0, 0}, {}},                          // one way
           {{}, {1, 1, t, t + 5, 0, 0}},                          // the other one
           {{1, 1, t, t + 5, 0, 0}, {1, 1, t + 1, t + 9, 0, 0}},  // both
           {{1, 1, t + 3, t + 5, 0, 0}, {1, 1, t, t + 9, 0, 0}},  // the answer first
           {{1, 1, t, t + 5, 0, 0}, {1, 1, 0, 0, 0, 0}},          // the answer has no times
           {{0, 0, t, t + 5, 0, 0}, {0, 0, t - 1, t + 6, 0, 0}},  // no packets
           {{1, 1, t + 1, t, 0, 0}, {1, 1, t, t - 1, 0, 0}},      // ends before it begins
           {{1, 1, 0, 0, 0, 0}, {}}}) {
    flow::Record r;
    r.sides = {ahead, back};
    records.push_back(r);
  }
  check_all(records);
}

TEST_CASE("record columns: names are there once, and what is asked for alone is read alone") {
  std::set<std::string_view> names;
  for (const output::RecordColumn& column : record_columns()) CHECK(names.insert(column.name).second);
  CHECK(output::record_column("src_ip") < record_columns().size());

  const test::TemporaryFolder folder;
  const std::string path = folder / "records.parquet";
  auto writer = output::parquet::FileWriter::create(path, output::GroupBuilder::schema());
  REQUIRE(writer.has_value());
  output::GroupBuilder builder;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    flow::Record r = full_record();
    r.source = IpAddress::v4(i);
    r.sides[0].packets = i;
    builder.add(r);
  }
  builder.write(**writer);
  REQUIRE((*writer)->finish(false).has_value());
  const auto file = output::RecordFile::open(path);
  REQUIRE(file.has_value());
  output::RecordRoom room;
  output::RecordGroup group(**file, 0, room);
  struct Rows final : flow::RecordConsumer {
    void take(std::span<const flow::Record> records) override {
      for (const flow::Record& r : records) {
        packets.push_back(r.sides[0].packets);
        CHECK(r.source.family == 0);
        CHECK(r.protocol == 0);
      }
    }
    std::vector<std::uint64_t> packets;
  } rows;
  const std::vector<std::uint32_t> wanted{0, 5, 8191, 8192, 8193, 19'999};
  REQUIRE(group.read(wanted, flow::Field::counters, rows).has_value());
  CHECK(rows.packets == std::vector<std::uint64_t>(wanted.begin(), wanted.end()));
}
