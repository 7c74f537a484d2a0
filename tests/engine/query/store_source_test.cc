// How much of a store is read when somebody wants only a part of it.
#include "engine/query/store_source.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "output/flow/store/store_writer.h"
#include "tests/engine/query/kept_records.h"
#include "tests/temporary_folder.h"

namespace weir::engine {
namespace {

constexpr std::uint16_t kFiles = 5, kInFile = 3;

// When the flow with this number begins: as many minutes after midnight, of a day for each file.
TimeUs begin_of(std::uint16_t number) {
  return kMidnight + number / kInFile * 24 * kHourOfDay + number * kMinuteOfDay;
}

// The number is its source port as well.
flow::Record numbered_flow(std::uint16_t number, std::uint32_t part = 0) {
  flow::Record r;
  r.source = address("10.0.0.1");
  r.destination = address("192.0.2.1");
  r.source_port = number;
  r.destination_port = 443;
  r.protocol = 6;
  r.part = part;
  r.sides[0] = {.packets = 1, .bytes = 100, .first = begin_of(number), .last = begin_of(number)};
  return r;
}

void write_store(const std::string& folder, const std::vector<flow::Record>& records) {
  auto store = output::StoreWriter::open({.folder = folder});
  REQUIRE(store.has_value());
  (*store)->take(records);
  (*store)->close();
}
std::vector<flow::Record> all_flows() {
  std::vector<flow::Record> out;
  for (std::uint16_t i = 0; i < kFiles * kInFile; ++i) out.push_back(numbered_flow(i));
  return out;
}

// What list hands on: "number:packets", and has enough of after so many records.
class ShownRecords final : public RecordOutput {
 public:
  explicit ShownRecords(std::size_t most = SIZE_MAX) : most_(most) {}
  std::string text;
  void take(std::span<const flow::Record> records) override {
    for (const flow::Record& r : records)
      text += fmt::format("{}{}:{}", text.empty() ? "" : " ", r.source_port, r.sides[0].packets);
    taken_ += records.size();
  }
  [[nodiscard]] bool has_failed() const override { return taken_ >= most_; }
  tl::expected<void, std::string> finish() override { return {}; }

 private:
  std::size_t most_, taken_ = 0;
};

struct Listed {
  std::string text;
  ReadReport report;
};
Listed list(const std::string& folder, const Asking& what, ShownRecords out = ShownRecords{}) {
  const auto store = open_store(folder);
  REQUIRE(store.has_value());
  QuestionOptions options;
  options.words = what.words;
  options.sort = what.sort;
  options.limit = what.limit;
  options.raw = what.raw;
  QuestionCall call{.options = options,
                    .source = **store,
                    .from = what.from,
                    .to = what.to,
                    .ports = {},
                    .warnings = {},
                    .report = {},
                    .records = &out};
  REQUIRE(answer_list(call).has_value());
  return {.text = out.text, .report = call.report};
}

}  // namespace

TEST_CASE("store source: when there are enough records, no further block is read") {
  const test::TemporaryFolder folder;
  write_store(folder.path, all_flows());
  CHECK(list(folder.path, {}).report.blocks_read == kFiles);
  const Listed some = list(folder.path, {.limit = 4});
  CHECK(some.text == "0:1 1:1 2:1 3:1");
  CHECK(some.report.blocks_read == 2);
  CHECK(some.report.blocks_skipped == kFiles - 2);
  CHECK(some.report.records == 6);
  // What the filter leaves out does not count.
  CHECK(list(folder.path, {.words = {"src port > 6"}, .limit = 1}).text == "7:1");
  CHECK(list(folder.path, {.words = {"src port > 6"}, .limit = 1}).report.blocks_read == 3);
  CHECK(list(folder.path, {.limit = 0}).report.blocks_read == 0);
}

TEST_CASE("store source: when nobody takes what is written, reading ends") {
  const test::TemporaryFolder folder;
  write_store(folder.path, all_flows());
  const Listed some = list(folder.path, {}, ShownRecords(1));
  CHECK(some.report.blocks_read == 1);
  CHECK(some.report.blocks_skipped == kFiles - 1);
}

TEST_CASE("store source: sorted by time, blocks that begin behind all that is kept are passed over") {
  const test::TemporaryFolder folder;
  write_store(folder.path, all_flows());
  const Listed some = list(folder.path, {.sort = "time", .limit = 3});
  CHECK(some.text == "0:1 1:1 2:1");
  CHECK(some.report.blocks_read + some.report.blocks_skipped == kFiles);
  // As many threads as there are cores have begun with one each before anything was known.
  CHECK(some.report.blocks_read <= std::min<std::size_t>(kFiles, 3 + reader_count()));
  // By other things any block may have what comes first.
  CHECK(list(folder.path, {.sort = "bytes", .limit = 3}).report.blocks_read == kFiles);
}

TEST_CASE("store source: parts of a flow that comes first are read wherever they are") {
  const test::TemporaryFolder folder;
  std::vector<flow::Record> records = all_flows();
  records.front().part = 1;
  flow::Record more = numbered_flow(0, 2);
  more.sides[0].first = more.sides[0].last = records.back().sides[0].first;
  records.push_back(more);
  write_store(folder.path, records);
  CHECK(list(folder.path, {.sort = "time", .limit = 2}).text == "0:2 1:1");
  CHECK(list(folder.path, {.raw = true, .sort = "time", .limit = 2}).text == "0:1 1:1");
}

}  // namespace weir::engine
