#include "engine/app/ranged_files.h"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "decoders/text.h"

using namespace weir;
using namespace weir::engine;

namespace {

constexpr TimeUs kPartSecond = 1'000'000, kPartTime = 1'700'000'000 * kPartSecond;
constexpr std::string_view kPartText = "0123456789abcdef";

PartEnds between(std::uint32_t client, std::uint32_t server) {
  return {.client = IpAddress::v4(client), .server = IpAddress::v4(server)};
}

// Hands in kPartText[from, to) as a part of `resource`.
RangedFiles::Joined part(RangedFiles& files, std::size_t from, std::size_t to,
                         std::string_view resource = "r", const JoinLimits& limits = {},
                         TimeUs now = kPartTime, const PartEnds& ends = between(1, 2)) {
  return files.join(ends,
                    {.resource = resource,
                     .name = "name",
                     .file_size = kPartText.size(),
                     .offset = from,
                     .bytes = as_bytes(kPartText.substr(from, to - from))},
                    limits, {.time = now, .wanted = {.md5 = true}});
}

std::string content(const AppFile& file) {
  return std::string(as_text(file.content->view().data));
}

}  // namespace

TEST_CASE("ranged files: parts in any order become one file, once") {
  const std::size_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  const std::size_t bounds[] = {0, 5, 6, kPartText.size()};
  for (const auto& order : orders) {
    RangedFiles files;
    CHECK(part(files, bounds[order[0]], bounds[order[0] + 1]).file == nullptr);
    CHECK(part(files, bounds[order[1]], bounds[order[1] + 1]).file == nullptr);
    const auto joined = part(files, bounds[order[2]], bounds[order[2] + 1]);
    REQUIRE(joined.file != nullptr);
    CHECK(joined.given_up == 0);
    CHECK(content(*joined.file) == kPartText);
    CHECK(joined.file->state == FileState::closed);
    CHECK(joined.file->size == kPartText.size());
    CHECK(joined.file->name == "name");
    CHECK(joined.file->md5.size() == 16);
    CHECK(files.size() == 0);
    CHECK(files.used() == 0);
  }
}

TEST_CASE("ranged files: parts that overlap count once") {
  RangedFiles files;
  part(files, 8, 16);
  part(files, 0, 4);
  part(files, 0, 4);
  const auto joined = part(files, 2, 12);
  REQUIRE(joined.file != nullptr);
  CHECK(content(*joined.file) == kPartText);
}

TEST_CASE("ranged files: other hosts, VLANs and resources are other files") {
  RangedFiles files;
  part(files, 0, 8);
  CHECK(part(files, 8, 16, "s").file == nullptr);
  CHECK(part(files, 8, 16, "r", {}, kPartTime, between(1, 3)).file == nullptr);
  CHECK(part(files, 8, 16, "r", {}, kPartTime, between(2, 1)).file == nullptr);
  PartEnds tagged = between(1, 2);
  tagged.vlan[0] = 7;
  CHECK(part(files, 8, 16, "r", {}, kPartTime, tagged).file == nullptr);
  CHECK(files.size() == 5);
  CHECK(part(files, 8, 16).file != nullptr);
}

TEST_CASE("ranged files: another size is another file, and the one before is given up") {
  RangedFiles files;
  part(files, 0, 8);
  const FilePart longer{
      .resource = "r", .name = "name", .file_size = 17, .offset = 8, .bytes = as_bytes(kPartText.substr(8))};
  const auto joined = files.join(between(1, 2), longer, {}, {.time = kPartTime});
  CHECK(joined.file == nullptr);
  CHECK(joined.given_up == 1);
  CHECK(files.size() == 1);
}

TEST_CASE("ranged files: they end with their time, which counts from the last part") {
  RangedFiles files;
  const JoinLimits limits{.timeout_s = 10};
  part(files, 0, 4, "r", limits, kPartTime);
  part(files, 4, 8, "r", limits, kPartTime + 9 * kPartSecond);
  CHECK(part(files, 8, 12, "r", limits, kPartTime + 19 * kPartSecond).given_up == 0);
  CHECK(part(files, 0, 1, "other", limits, kPartTime + 30 * kPartSecond).given_up == 1);
  CHECK(part(files, 12, 16, "r", limits, kPartTime + 30 * kPartSecond).file == nullptr);
}

TEST_CASE("ranged files: over the memcap the one goes that has waited longest") {
  RangedFiles files;
  const JoinLimits limits{.memcap = 10'000};
  for (const auto* name : {"a", "b", "c"}) CHECK(part(files, 0, 8, name, limits).given_up == 0);
  part(files, 8, 9, "a", limits);
  std::uint32_t given_up = 0;
  for (const auto* name : {"d", "e", "f"}) given_up += part(files, 0, 8, name, limits).given_up;
  CHECK(given_up >= 1);
  CHECK(files.used() <= limits.memcap);
  CHECK(part(files, 8, 16, "b", limits).file == nullptr);
}

TEST_CASE("ranged files: no memory, no files") {
  RangedFiles files;
  CHECK(part(files, 0, 16, "r", {.memcap = 0}).file == nullptr);
  CHECK(files.size() == 0);
}

TEST_CASE("ranged files: at the cap of files the one goes that has waited longest") {
  RangedFiles files;
  std::uint32_t given_up = 0;
  for (std::size_t i = 0; i <= RangedFiles::kMaxFiles; ++i)
    given_up += part(files, 0, 8, std::to_string(i)).given_up;
  CHECK(given_up == 1);
  CHECK(files.size() == RangedFiles::kMaxFiles);
  CHECK(part(files, 8, 16, "0").file == nullptr);
  CHECK(part(files, 8, 16, std::to_string(RangedFiles::kMaxFiles)).file != nullptr);
}

TEST_CASE("ranged files: one with more holes than pieces may wait is given up") {
  RangedFiles files;
  const auto byte_at = [&files](std::uint64_t offset) {
    return files.join(
        between(1, 2),
        {.resource = "r", .name = "n", .file_size = 100'000, .offset = offset, .bytes = as_bytes("x")}, {},
        {.time = kPartTime});
  };
  for (std::uint64_t i = 1; i <= kMaxWaitingPieces; ++i) CHECK(byte_at(2 * i).given_up == 0);
  CHECK(byte_at(90'000).given_up == 1);
  CHECK(files.size() == 0);
}

// As live, where the store is shared by workers: also for ThreadSanitizer.
TEST_CASE("ranged files: workers that bring parts of the same files join each of them once") {
  constexpr std::size_t kWorkers = 4, kResources = 200;
  static_assert(kPartText.size() % kWorkers == 0);
  constexpr std::size_t length = kPartText.size() / kWorkers;
  RangedFiles files;
  std::atomic<std::size_t> joined{0}, right{0}, given_up{0};
  const auto work = [&](std::size_t worker) {
    std::vector<boost::intrusive_ptr<AppFile>> mine;  // as long as a transaction that shows them
    for (std::size_t i = 0; i < kResources; ++i) {
      const std::size_t at = (worker + i) % kWorkers * length;
      const auto done = part(files, at, at + length, "r" + std::to_string(i));
      given_up += done.given_up;
      if (done.file == nullptr) continue;
      ++joined;
      right += content(*done.file) == kPartText && done.file->state == FileState::closed ? 1 : 0;
      mine.push_back(done.file);
      if (mine.size() > 8) mine.erase(mine.begin());
      (void)files.used();
    }
  };
  std::vector<std::thread> workers;
  for (std::size_t worker = 0; worker < kWorkers; ++worker) workers.emplace_back(work, worker);
  for (std::thread& worker : workers) worker.join();
  CHECK(joined == kResources);
  CHECK(right == kResources);
  CHECK(given_up == 0);
  CHECK(files.size() == 0);
  CHECK(files.used() == 0);
}
