#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "output/flow/account_log.h"
#include "output/flow/journal_reader.h"
#include "output/flow/journal_writer.h"
#include "tests/output/log_folder.h"

using namespace weir;
using output::ExporterAccount;
using output::JournalReader;
using output::JournalWriter;
using output_test::LogFolder;

namespace {

namespace fs = std::filesystem;

flow::Record numbered(std::uint32_t n) {
  flow::Record r;
  r.source = IpAddress::v4(n);
  r.destination = IpAddress::v4(0x0a000001);
  r.sides[0].packets = n;
  r.sides[0].first = r.sides[0].last = TimeUs{1'700'000'000'000'000} + n;
  return r;
}

std::unique_ptr<JournalWriter> writer_of(const std::string& folder) {
  auto out = JournalWriter::open(folder);
  REQUIRE(out.has_value());
  return std::move(*out);
}

void put(JournalWriter& journal, std::uint32_t from, std::uint32_t to) {
  for (std::uint32_t n = from; n < to; ++n) {
    const flow::Record r = numbered(n);
    journal.take({&r, 1});
  }
}

struct ReadBack {
  std::vector<std::uint64_t> packets;
  std::vector<std::string> problems;
};
ReadBack read_back(const std::string& folder) {
  ReadBack out;
  auto reader = JournalReader::open(folder);
  REQUIRE(reader.has_value());
  reader->read([&](const flow::Record& r) { out.packets.push_back(r.sides[0].packets); }, nullptr);
  out.problems = reader->problems();
  return out;
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write_content(const fs::path& file, const std::string& content) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

constexpr const char* kFirstFile = "flows-00000001.journal";

}  // namespace

TEST_CASE("journal: records come back in their order, over several runs and blocks") {
  const LogFolder folder;
  const std::string store = folder.path + "/made";
  {
    const auto journal = writer_of(store);
    put(*journal, 0, 20'000);  // more than one block
    CHECK(journal->records_written() > 0);
    CHECK(journal->records_written() < 20'000);
  }
  {
    const auto journal = writer_of(store);
    put(*journal, 20'000, 20'010);
    journal->flush();
    CHECK(read_back(store).packets.size() == 20'010);  // while it is being written
    CHECK(journal->records_written() == 10);
    CHECK(journal->bytes_cut() == 0);
  }
  const ReadBack got = read_back(store);
  CHECK(got.problems.empty());
  REQUIRE(got.packets.size() == 20'010);
  for (std::uint32_t n = 0; n < 20'010; ++n)
    if (got.packets[n] != n) FAIL("record " << n);
}

TEST_CASE("journal: one writes at a time, and a file that is no folder is refused") {
  const LogFolder folder;
  {
    const auto journal = writer_of(folder.path);
    const auto second = JournalWriter::open(folder.path);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().find("another process writes") != std::string::npos);
  }
  CHECK(JournalWriter::open(folder.path).has_value());
  write_content(folder.path + "/plain", "x");
  CHECK_FALSE(JournalWriter::open(folder.path + "/plain").has_value());
  CHECK_FALSE(JournalReader::open(folder.path + "/nothing").has_value());
}

TEST_CASE("journal: a tail that is torn anywhere is cut at the next start, and what came before it stays") {
  const LogFolder folder;
  const fs::path file = fs::path(folder.path) / kFirstFile;
  std::size_t first_block = 0;
  {
    const auto journal = writer_of(folder.path);
    put(*journal, 0, 5);
    journal->flush();
    first_block = fs::file_size(file);
    put(*journal, 5, 8);
  }
  const std::string whole = content_of(file);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    CAPTURE(n);
    write_content(file, whole.substr(0, n));
    CHECK(read_back(folder.path).problems.empty());
    {
      const auto journal = writer_of(folder.path);
      CHECK((journal->bytes_cut() != 0) == (n != 0 && n != 16 && n != first_block));
      put(*journal, 100, 102);
    }
    const ReadBack got = read_back(folder.path);
    CHECK(got.problems.empty());
    CHECK(got.packets.size() == (n < first_block ? 2U : 7U));
  }
}

TEST_CASE("journal: a damaged block is passed over and told of, the others are read") {
  const LogFolder folder;
  const fs::path file = fs::path(folder.path) / kFirstFile;
  std::size_t first_block = 0;
  {
    const auto journal = writer_of(folder.path);
    put(*journal, 0, 5);
    journal->flush();
    first_block = fs::file_size(file);
    put(*journal, 5, 8);
  }
  std::string damaged = content_of(file);
  damaged[first_block - 1] = static_cast<char>(damaged[first_block - 1] ^ 1);
  write_content(file, damaged);
  const ReadBack got = read_back(folder.path);
  CHECK(got.packets == std::vector<std::uint64_t>{5, 6, 7});
  REQUIRE(got.problems.size() == 1);
  CHECK(got.problems[0].find("a damaged block") != std::string::npos);
}

TEST_CASE("journal: accounts are the last of each run, added up") {
  const LogFolder folder;
  const auto account = [](std::uint64_t run, std::optional<std::uint32_t> domain, std::uint64_t messages,
                          std::uint64_t lost) {
    ExporterAccount out{run, IpAddress::v4(0x7f000001), domain, {}};
    out.account.messages = messages;
    out.account.lost = lost;
    out.account.clock_offset_us = -5;
    out.account.version = 10;
    out.account.first_message = static_cast<TimeUs>(run);
    out.account.last_message = static_cast<TimeUs>(run + messages);
    return out;
  };
  {
    auto log = output::AccountLog::open(folder.path);
    REQUIRE(log.has_value());
    CHECK(log->write({account(1, 7, 10, 3), account(1, std::nullopt, 1, 0)}).has_value());
    CHECK(log->write({account(1, 7, 20, 1)}).has_value());
    CHECK(log->write({account(2, 7, 5, 2), account(2, 8, 1, 0)}).has_value());
  }
  output::AccountSums sums;
  auto reader = JournalReader::open(folder.path);
  REQUIRE(reader.has_value());
  reader->read(nullptr, [&](const ExporterAccount& a) { sums.add(a); });
  const auto all = sums.sums();
  REQUIRE(all.size() == 3);
  CHECK_FALSE(all[0].domain.has_value());
  CHECK(all[1].domain == 7U);
  CHECK(all[1].account.messages == 25);
  CHECK(all[1].account.lost == 3);
  CHECK(all[1].account.clock_offset_us == -5);
  CHECK(all[1].account.version == 10);
  CHECK(all[1].account.first_message == 1);
  CHECK(all[1].account.last_message == 21);
  CHECK(all[2].domain == 8U);
}

TEST_CASE("journal: the file of accounts does not grow with the time that a run takes, and says the same") {
  const LogFolder folder;
  constexpr std::uint64_t kMost = 2000;
  const auto account = [](std::uint64_t run, std::uint64_t messages) {
    ExporterAccount out{run, IpAddress::v4(0x7f000001), 7, {}};
    out.account.messages = messages;
    return out;
  };
  {
    auto log = output::AccountLog::open(folder.path, kMost);
    REQUIRE(log.has_value());
    CHECK(log->write({account(1, 5)}).has_value());
    for (std::uint64_t n = 1; n <= 500; ++n) CHECK(log->write({account(2, n)}).has_value());
  }
  CHECK(fs::file_size(output::account_file(folder.path)) < 2 * kMost);
  output::AccountSums sums;
  auto reader = JournalReader::open(folder.path);
  REQUIRE(reader.has_value());
  reader->read(nullptr, [&](const ExporterAccount& a) { sums.add(a); });
  REQUIRE(sums.sums().size() == 1);
  CHECK(sums.sums()[0].account.messages == 505);
}
