#include "output/flow/store/store_writer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

#include "output/flow/journal_reader.h"
#include "output/flow/store/record_file.h"
#include "output/flow/store/store_files.h"
#include "tests/temporary_folder.h"

using namespace weir;
using output::StoreWriter;

namespace {

namespace fs = std::filesystem;

constexpr TimeUs kNoon = TimeUs{1'700'049'600} * 1'000'000;  // 2023-11-15 12:00 UTC
constexpr TimeUs kDay = TimeUs{86400} * 1'000'000;

flow::Record record_at(TimeUs time, std::uint32_t n) {
  flow::Record r;
  r.source = IpAddress::v4(n);
  r.destination = IpAddress::v4(0x0a000001);
  r.sides[0].packets = n;
  r.sides[0].first = r.sides[0].last = time;
  return r;
}

void put(StoreWriter& store, TimeUs time, std::uint32_t from, std::uint32_t to) {
  for (std::uint32_t n = from; n < to; ++n) {
    const flow::Record r = record_at(time + n, n);
    store.take({&r, 1});
  }
}

std::unique_ptr<StoreWriter> opened(const std::string& folder) {
  auto out = StoreWriter::open({.folder = folder});
  CAPTURE((out ? std::string{} : out.error()));
  REQUIRE(out.has_value());
  return std::move(*out);
}

output::StoreListing listed(const std::string& folder) {
  auto out = output::list_store(folder);
  REQUIRE(out.has_value());
  return *out;
}

// Packets of all records in the store's files, in their order.
std::vector<std::uint64_t> sealed(const std::string& folder) {
  std::vector<std::uint64_t> out;
  for (const output::StoreFile& file : listed(folder).files) {
    const auto read =
        output::read_records(file.path, [&](const flow::Record& r) { out.push_back(r.sides[0].packets); });
    CHECK(read.has_value());
  }
  return out;
}

std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t to) {
  std::vector<std::uint64_t> out;
  for (std::uint64_t n = from; n < to; ++n) out.push_back(n);
  return out;
}

}  // namespace

TEST_CASE(
    "store: what was taken stands in files of its days when it is closed, sorted, and the journal is gone") {
  const test::TemporaryFolder folder;
  {
    const auto store = opened(folder.path);
    put(*store, kNoon + kDay, 100, 200);
    put(*store, kNoon, 0, 100);
    store->close();
    CHECK(store->records_written() == 200);
    CHECK(store->take_problems().empty());
  }
  const output::StoreListing listing = listed(folder.path);
  CHECK(listing.journals.empty());
  REQUIRE(listing.files.size() == 2);
  CHECK(listing.files[0].day == "2023-11-15");
  CHECK(listing.files[1].day == "2023-11-16");
  CHECK(sealed(folder.path) == numbers(0, 200));
}

TEST_CASE("store: the first tick seals nothing of what came before it") {
  const test::TemporaryFolder folder;
  const auto store = opened(folder.path);
  put(*store, kNoon, 1, 5);
  store->tick(kNoon);
  put(*store, kNoon, 5, 9);
  store->tick(kNoon + 1'000'000);
  store->close();
  CHECK(listed(folder.path).files.size() == 1);
}

TEST_CASE("store: what a killed run has left is sealed by the next one, torn ends and all, once") {
  const test::TemporaryFolder folder, crashed;
  {
    const auto store = opened(folder.path);
    put(*store, kNoon, 0, 50);
    store->tick(0);
    put(*store, kNoon, 50, 60);
    store->tick(0);
    // as it is on the disk now
    fs::copy(folder.path, crashed.path, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }
  const std::string journal = listed(crashed.path).journals.at(0);
  fs::resize_file(journal, fs::file_size(journal) - 3);
  opened(crashed.path)->close();
  CHECK(sealed(crashed.path) == numbers(0, 50));
  CHECK(listed(crashed.path).journals.empty());
  opened(crashed.path)->close();
  CHECK(sealed(crashed.path) == numbers(0, 50));
}

TEST_CASE("store: a journal that was sealed but not removed makes nothing twice") {
  const test::TemporaryFolder folder, copy;
  std::string journal;
  {
    const auto store = opened(folder.path);
    put(*store, kNoon, 0, 10);
    store->tick(0);
    journal = listed(folder.path).journals.at(0);
    fs::copy(journal, copy / "kept");
  }
  CHECK(sealed(folder.path) == numbers(0, 10));
  fs::copy(copy / "kept", journal);
  const output::StoreListing listing = listed(folder.path);
  CHECK(listing.is_begun(1));
  CHECK(listing.is_sealed(1, "2023-11-15"));
  CHECK_FALSE(listing.is_sealed(1, "2023-11-16"));
  opened(folder.path)->close();
  CHECK(sealed(folder.path) == numbers(0, 10));
  CHECK(listed(folder.path).journals.empty());
}

TEST_CASE("store: small files are merged, and one that lies within another one does not count") {
  const test::TemporaryFolder folder;
  for (std::uint32_t i = 0; i < 4; ++i) {
    const auto store = opened(folder.path);
    put(*store, kNoon, i * 10, i * 10 + 10);
  }
  const output::StoreListing listing = listed(folder.path);
  REQUIRE(listing.files.size() == 1);
  CHECK(listing.files[0].first == 1);
  CHECK(listing.files[0].last == 4);
  CHECK(sealed(folder.path) == numbers(0, 40));
  // As after a crash between the renaming and the removal.
  fs::copy(listing.files[0].path, folder / "2023-11-15/flows-00000003.parquet");
  CHECK(listed(folder.path).files.size() == 1);
  CHECK(listed(folder.path).covered.size() == 1);
  opened(folder.path)->close();
  CHECK_FALSE(fs::exists(folder / "2023-11-15/flows-00000003.parquet"));
  CHECK(sealed(folder.path) == numbers(0, 40));
}

TEST_CASE("store: what cannot be sealed stays in the journal, and is told") {
  const test::TemporaryFolder folder;
  folder.write("2023-11-15", "a file where the folder of the day should be");
  {
    const auto store = opened(folder.path);
    put(*store, kNoon, 0, 10);
    store->close();
    const std::vector<std::string> problems = store->take_problems();
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].find("stay in") != std::string::npos);
  }
  CHECK(listed(folder.path).journals.size() == 1);
  fs::remove(folder / "2023-11-15");
  opened(folder.path)->close();
  CHECK(sealed(folder.path) == numbers(0, 10));
}

TEST_CASE(
    "store: a damaged block of the journal costs its records, which is told, and the file is kept aside") {
  const test::TemporaryFolder folder, crashed;
  {
    const auto store = opened(folder.path);
    put(*store, kNoon, 0, 50);
    store->tick(0);
    put(*store, kNoon, 50, 60);
    store->tick(0);
    fs::copy(folder.path, crashed.path, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }
  const std::string journal = listed(crashed.path).journals.at(0);
  {
    std::fstream file(journal, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(80);
    file.put('\x55');
  }
  const auto store = opened(crashed.path);
  store->close();
  CHECK(sealed(crashed.path) == numbers(50, 60));
  CHECK(store->take_problems().size() == 1);
  CHECK(fs::exists(journal + ".damaged"));
}

TEST_CASE("store files: days of times that no calendar has") {
  CHECK(output::day_of(0) == "1970-01-01");
  CHECK(output::day_of(-5) == "1970-01-01");
  CHECK(output::day_of(std::numeric_limits<TimeUs>::max()) == "9999-12-31");
}

TEST_CASE(
    "store: a journal that cannot be sealed is tried again, and no merged file stands for it meanwhile") {
  const test::TemporaryFolder folder;
  const auto store = opened(folder.path);
  const auto next = [&](std::uint32_t from) {
    put(*store, kNoon, from, from + 10);
    store->tick(0);
    store->tick(output::StoreSettings::kSealEvery + TimeUs{from});
  };
  const auto wait_for = [&](const auto& what) {
    bool is_so = what();
    for (int i = 0; i < 1000 && !is_so; ++i, is_so = what())
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(is_so);
  };
  const std::string in_the_way = folder.write("2023-11-15", "a file where the folder of the day should be");
  next(0);
  wait_for([&] { return !store->take_problems().empty(); });
  CHECK(listed(folder.path).files.empty());
  fs::remove(in_the_way);
  next(10);  // which tries again
  store->close();
  CHECK(sealed(folder.path) == numbers(0, 20));
  CHECK(listed(folder.path).journals.empty());
}

TEST_CASE(
    "store: days that no calendar of ours has, and more days than a file of the journal is split into") {
  const test::TemporaryFolder folder;
  constexpr std::uint32_t kDays = 100;
  {
    const auto store = opened(folder.path);
    put(*store, -3 * kDay, 0, 1);  // clocks that were never set
    put(*store, -2 * kDay, 1, 2);
    for (std::uint32_t n = 2; n < kDays; ++n) put(*store, kNoon + n * kDay, n, n + 1);
  }
  CHECK(sealed(folder.path) == numbers(0, kDays));
  const output::StoreListing listing = listed(folder.path);
  CHECK(listing.files.size() == output::kMaxDays);
  CHECK(listing.files.front().day == "1970-01-01");
  // What is taken together does not go before its youngest does.
  CHECK(listing.files.back().day == output::day_of(kNoon + (kDays - 1) * kDay));
  CHECK(listing.is_sealed(1, "2024-02-20"));
}
