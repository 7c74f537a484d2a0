// Rollups: what they keep of records, sums by step, and files that count once whatever a crash has left.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "output/flow/store/record_file.h"
#include "output/flow/store/rollup_builder.h"
#include "output/flow/store/rollup_maker.h"
#include "output/flow/store/store_expiry.h"
#include "output/flow/store/store_writer.h"
#include "tests/temporary_folder.h"

using namespace weir;
using output::RollupBuilder, output::RollupKey, output::RollupKeys, output::StoreLevel;

namespace {

namespace fs = std::filesystem;

constexpr TimeUs kRollupSecond = 1'000'000,
                 kRollupNoon = TimeUs{1'700'049'600} * kRollupSecond;  // 2023-11-15
constexpr TimeUs kFiveMinutes = 300 * kRollupSecond, kRollupDay = 86'400 * kRollupSecond;
constexpr TimeUs kYearLater = kRollupNoon + 365 * kRollupDay;

flow::Record web_record(std::uint16_t client_port, TimeUs at, TimeUs length, std::uint64_t packets) {
  flow::Record r;
  r.source = IpAddress::v4(0x0a000001);
  r.destination = IpAddress::v4(0xc0000201);
  r.source_port = client_port;
  r.destination_port = 443;
  r.protocol = 6;
  r.sides[0] = {.packets = packets,
                .bytes = packets * 100,
                .first = kRollupNoon + at,
                .last = kRollupNoon + at + length,
                .tcp_flags = 0x1b};
  return r;
}

struct Sum {
  std::uint16_t source_port, destination_port;
  std::uint32_t flows;
  std::uint64_t packets;
  TimeUs first, last;  // since noon
  bool operator==(const Sum&) const = default;
};

std::vector<Sum> rolled_up(const std::vector<flow::Record>& records, RollupBuilder& builder,
                           std::vector<Sum>& out) {
  for (const flow::Record& r : records) builder.add(r);
  builder.finish();
  return out;
}
Sum sum_of(const flow::Record& r) {
  const auto [first, last] = times_of(r);
  return {r.source_port,      r.destination_port,  r.flows,
          r.sides[0].packets, first - kRollupNoon, last - kRollupNoon};
}

std::vector<Sum> five_minute_sums(const std::vector<flow::Record>& records,
                                  std::size_t most = RollupBuilder::kMaxGroups) {
  std::vector<Sum> out;
  RollupBuilder builder(
      RollupKeys::usual(), kFiveMinutes, [&](const flow::Record& r) { out.push_back(sum_of(r)); }, most);
  return rolled_up(records, builder, out);
}

// A store with these records, in one file.
void fill(const std::string& folder, const std::vector<flow::Record>& records) {
  auto store = output::StoreWriter::open({.folder = folder});
  REQUIRE(store.has_value());
  (*store)->take(records);
  (*store)->close();
}

output::StoreListing listing_of(const std::string& folder) {
  auto out = output::list_store(folder);
  REQUIRE(out.has_value());
  return *out;
}

output::ExpiryLimits limits_with(const std::vector<std::string>& rollups) {
  output::ExpiryLimits out;
  out.records.max_age = 30 * kRollupDay;
  for (const std::string& text : rollups)
    REQUIRE(out.add(output::RollupRule::parse(text).value()).has_value());
  return out;
}

std::vector<Sum> sums_in(const std::string& path) {
  std::vector<Sum> out;
  CHECK(output::read_records(path, [&](const flow::Record& r) {
          CHECK(r.rollup == flow::Rollup::unanswered);
          out.push_back(sum_of(r));
        }).has_value());
  return out;
}

}  // namespace

TEST_CASE("rollup keys: words, and which questions they can answer") {
  const auto keys = RollupKeys::parse("src, dst,proto,port");
  REQUIRE(keys.has_value());
  CHECK(keys->text() == "src,dst,proto,port");
  CHECK(RollupKeys::parse("src,colour")
            .error()
            .find("'colour' is no key of rollups: expected some of src, dst") == 0);
  CHECK_FALSE(RollupKeys::parse("").has_value());
  CHECK(keys->missing({RollupKey::source, RollupKey::filtered_destination_port}).empty());
  CHECK(keys->missing({RollupKey::destination_port, RollupKey::vlan}).text() == "dport,vlan");
  const RollupKeys both{RollupKey::source_port, RollupKey::destination_port};
  CHECK(both.missing({RollupKey::service_port, RollupKey::filtered_port}).empty());
  const RollupKeys one{RollupKey::destination_port};
  CHECK(one.missing({RollupKey::filtered_destination_port}).empty());
  CHECK(one.missing({RollupKey::service_port}).text() == "port");
  CHECK(both.told_of(RollupKeys::usual()).text() == "port");
}

TEST_CASE("rollup keys: the client's port goes where it is known to be that, in both directions alike") {
  const auto kept = [](std::uint16_t from, std::uint16_t to, std::uint64_t answers) {
    flow::Record r = web_record(from, 0, 0, 1), out;
    r.destination_port = to;
    r.sides[1].packets = answers;
    flow::Detail detail;
    RollupKeys::usual().keep(r, out, detail);
    CHECK(out.rollup == (answers != 0 ? flow::Rollup::answered : flow::Rollup::unanswered));
    return std::pair(out.source_port, out.destination_port);
  };
  using Ports = std::pair<std::uint16_t, std::uint16_t>;
  CHECK(kept(40000, 443, 0) == Ports{0, 443});
  CHECK(kept(443, 40000, 0) == Ports{443, 0});
  CHECK(kept(2000, 443, 0) == Ports{0, 443});
  CHECK(kept(50000, 8080, 0) == Ports{0, 8080});
  CHECK(kept(2000, 8080, 0) == Ports{2000, 8080});  // either may be the client's
  CHECK(kept(50000, 40000, 0) == Ports{50000, 40000});
  CHECK(kept(50000, 40000, 1) == Ports{0, 40000});  // whoever metered both directions knows who began
  CHECK(kept(123, 123, 1) == Ports{123, 123});
  CHECK(kept(0, 8443, 0) == Ports{0, 8443});  // of sums that are added up again
  CHECK(kept(8443, 0, 0) == Ports{8443, 0});
}

TEST_CASE("rollups: flows of one step and key become one record with their sums, times and number") {
  CHECK(five_minute_sums({web_record(40000, 0, kRollupSecond, 3), web_record(40001, kRollupSecond, 7, 4),
                          web_record(40002, kFiveMinutes, 0, 1)}) ==
        std::vector<Sum>{{0, 443, 2, 7, 0, kRollupSecond + 7}, {0, 443, 1, 1, kFiveMinutes, kFiveMinutes}});
  flow::Record syn = web_record(40003, 2, 0, 1);
  syn.sides[0].tcp_flags = 2;
  CHECK(five_minute_sums({web_record(40000, 0, 0, 3), syn}).size() == 2);  // flags stay apart
}

TEST_CASE("rollups: what lasted longer than a step is spread over its steps, and is one flow") {
  CHECK(five_minute_sums({web_record(40000, kFiveMinutes / 2, 2 * kFiveMinutes, 100)}) ==
        std::vector<Sum>{{0, 443, 1, 25, kFiveMinutes / 2, kFiveMinutes - 1},
                         {0, 443, 0, 50, kFiveMinutes, 2 * kFiveMinutes - 1},
                         {0, 443, 0, 25, 2 * kFiveMinutes, 2 * kFiveMinutes + kFiveMinutes / 2}});
}

TEST_CASE(
    "rollups: where there is no room for more groups some stand in several records, and nothing is lost") {
  std::vector<flow::Record> records;
  for (std::uint32_t n = 0; n < 100; ++n) {
    records.push_back(web_record(40000, n, 0, 1));
    records.back().source = IpAddress::v4(0x0a000000 + n % 10);
  }
  const auto sums = five_minute_sums(records, 4);
  CHECK(sums.size() > 10);
  std::uint64_t flows = 0;
  for (const Sum& sum : sums) flows += sum.flows;
  CHECK(flows == 100);
  CHECK(five_minute_sums(records, 10).size() == 10);
}

TEST_CASE("rollups: resets of flows with few packets stay apart from those of flows with many") {
  std::vector<flow::Record> records{web_record(40000, 0, 0, 1), web_record(40001, 1, 0, 30)};
  for (flow::Record& r : records) r.sides[0].tcp_flags = 0x04;
  CHECK(five_minute_sums(records).size() == 2);
}

TEST_CASE("rollups: expired records become sums by 5 minutes, and these sums by the hour, each once") {
  const test::TemporaryFolder folder;
  fill(folder.path, {web_record(40000, 0, 0, 3), web_record(40001, kFiveMinutes, 0, 4)});
  const auto limits = limits_with({"5m::100d", "1h:src,proto"});
  auto expired = output::expire_store(folder.path, limits, kRollupNoon + 40 * kRollupDay);
  REQUIRE(expired.has_value());
  CHECK(expired->files == 1);
  CHECK(expired->rollups == 1);
  auto listing = listing_of(folder.path);
  CHECK(listing.files.empty());
  REQUIRE(listing.rollups.size() == 1);
  CHECK(listing.rollups[0].path == folder.path + "/rollup-5m/2023-11-15/flows-00000001.parquet");
  CHECK(listing.greatest_number() == 1);
  CHECK(sums_in(listing.rollups[0].path).size() == 2);
  REQUIRE(output::expire_store(folder.path, limits, kYearLater).has_value());
  listing = listing_of(folder.path);
  REQUIRE(listing.rollups.size() == 1);
  CHECK(listing.rollups[0].level == StoreLevel::hours);
  CHECK(sums_in(listing.rollups[0].path) == std::vector<Sum>{{0, 0, 2, 7, 0, kFiveMinutes}});
  const auto file = output::RecordFile::open(listing.rollups[0].path);
  REQUIRE(file.has_value());
  CHECK((*file)->file().note(output::kRollupKeysNote) == "src,proto");
}

TEST_CASE("rollups: whatever a crash has left between sums and the removal of records counts once") {
  const test::TemporaryFolder folder;
  fill(folder.path, {web_record(40000, 0, 0, 3)});
  const output::StoreFile file = listing_of(folder.path).files.at(0);
  // The sums are there, and the records still are.
  REQUIRE(output::roll_up(folder.path, file, StoreLevel::five_minutes, RollupKeys::usual()).has_value());
  auto listing = listing_of(folder.path);
  CHECK(listing.files.size() == 1);
  CHECK(listing.rollups.empty());
  REQUIRE(listing.covered.size() == 1);
  // The same between two steps.
  const output::StoreFile fine = listing.covered[0];
  fs::remove(file.path);
  REQUIRE(output::roll_up(folder.path, fine, StoreLevel::hours, RollupKeys::usual()).has_value());
  listing = listing_of(folder.path);
  REQUIRE(listing.rollups.size() == 1);
  CHECK(listing.rollups[0].level == StoreLevel::five_minutes);
  // Half a file under another name is nothing.
  std::ofstream(folder.path + "/rollup-5m/2023-11-15/flows-00000002.parquet.7.new") << "PAR1";
  CHECK(listing_of(folder.path).rollups.size() == 1);
  CHECK(listing_of(folder.path).unfinished.size() == 1);
  // Records that a merge has left behind are in the sums of the merged file.
  const fs::path day = folder.path + "/rollup-5m/2023-11-15";
  fs::rename(fine.path, day / "flows-00000001-00000003.parquet");
  fs::create_directories(folder.path + "/2023-11-15");
  std::ofstream(folder.path + "/2023-11-15/flows-00000002.parquet") << "PAR1";
  listing = listing_of(folder.path);
  CHECK(listing.files.empty());
  CHECK(listing.rollups.size() == 1);
}

TEST_CASE("rollups: records of which no sums can be made stay, and that is told") {
  const test::TemporaryFolder folder;
  fill(folder.path, {web_record(40000, 0, 0, 3)});
  std::ofstream(folder.path + "/rollup-5m") << "in the way";
  const auto expired = output::expire_store(folder.path, limits_with({"5m"}), kYearLater);
  REQUIRE(expired.has_value());
  CHECK(expired->files == 0);
  REQUIRE(expired->problems.size() == 1);
  CHECK(expired->problems[0].find("no rollup: " + folder.path + "/rollup-5m") == 0);
  CHECK(listing_of(folder.path).files.size() == 1);
  // Only a full disk has them go without.
  const auto forced = output::expire_oldest(folder.path, limits_with({"5m"}), true);
  CHECK(forced.files == 1);
  CHECK(forced.without_rollup == 1);
}

TEST_CASE("rollups: rules as the command line has them") {
  const auto rule = output::RollupRule::parse("1h:src,dst:52w");
  REQUIRE(rule.has_value());
  CHECK(rule->level == StoreLevel::hours);
  CHECK(rule->keys.text() == "src,dst");
  CHECK(rule->keep.max_age == 364 * kRollupDay);
  CHECK(output::RollupRule::parse("5m")->keys.text() == "src,dst,proto,port,exporter");
  CHECK(output::RollupRule::parse("7m").error() == "'7m': a rollup is by 5m or 1h");
  CHECK_FALSE(output::RollupRule::parse("5m:src:soon").has_value());
  output::ExpiryLimits limits;
  CHECK(limits.add(*rule).has_value());
  CHECK(limits.add(*rule).error() == "there are two rollups by 1h");
  CHECK(limits.add(*output::RollupRule::parse("5m:vlan")).error() ==
        "the rollup by 1h has no key that the one by 5m keeps");
  CHECK_FALSE(output::ExpiryLimits{}.any());
  CHECK(limits.any());
}
