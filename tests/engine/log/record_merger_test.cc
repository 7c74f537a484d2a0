#include "engine/log/record_merger.h"

#include <string>

#include <doctest/doctest.h>

using namespace weir;
using weir::engine::BlockStock;
using weir::engine::EventOrder;
using weir::engine::RecordCollector;
using weir::engine::RecordMerger;
using weir::engine::RunPosition;

namespace {

// "1 2 @7 3": ports of records, and ticks.
class Transcript final : public output::RecordOutput {
 public:
  explicit Transcript(std::string& text) : text_(text) {}
  void take(std::span<const flow::Record> records) override {
    for (const flow::Record& record : records) text_ += std::to_string(record.source_port) + " ";
  }
  void tick(TimeUs now) override { text_ += "@" + std::to_string(now) + " "; }
  void close(std::vector<std::string>& /*errors*/) override {}

 private:
  std::string& text_;
};

struct Worker {
  RunPosition position;
  BlockStock blocks;
  RecordCollector records{position, blocks};
  void at(std::uint64_t packet, std::uint16_t port) {
    position.move_to(EventOrder::of_packet(packet, 0));
    records.record({.source_port = port});
  }
  void second(std::uint64_t packet, TimeUs now) {
    position.move_to(EventOrder::before_packet(packet));
    records.clock(now);
  }
};

}  // namespace

TEST_CASE("record merger: records come in the order of their packets, seconds between them and once") {
  std::string text;
  output::RecordOutputs outputs;
  outputs.push_back(std::make_shared<Transcript>(text));
  BlockStock blocks;
  RecordMerger merger(outputs, 2, blocks);
  Worker one, other;
  for (Worker* worker : {&one, &other}) worker->second(1, 7);
  one.at(2, 20);
  other.at(1, 10);
  other.at(4, 40);
  for (Worker* worker : {&one, &other}) worker->second(5, 8);
  one.at(6, 60);
  const std::size_t held = one.records.bytes();
  merger.add(0, one.records.take());
  merger.add(1, other.records.take());
  CHECK(one.records.bytes() == 0);
  merger.tell_up_to(3);
  CHECK(text == "@7 10 20 ");
  merger.tell_up_to(9);
  CHECK(text == "@7 10 20 40 @8 60 ");
  CHECK(merger.take_done(0) == held);
}

TEST_CASE("record merger: a capture may begin in the first second of 1970") {
  std::string text;
  output::RecordOutputs outputs;
  outputs.push_back(std::make_shared<Transcript>(text));
  BlockStock blocks;
  RecordMerger merger(outputs, 2, blocks);
  Worker one, other;
  for (Worker* worker : {&one, &other}) worker->second(1, 0);
  one.at(2, 20);
  merger.add(0, one.records.take());
  merger.add(1, other.records.take());
  merger.tell_up_to(9);
  CHECK(text.ends_with("20 "));
}

TEST_CASE("record merger: more records than a block has room for stay in order") {
  std::string text, expected;
  output::RecordOutputs outputs;
  outputs.push_back(std::make_shared<Transcript>(text));
  BlockStock blocks;
  RecordMerger merger(outputs, 1, blocks);
  Worker one;
  for (std::uint16_t i = 0; i < 100; ++i) {
    one.at(i, i);
    expected += std::to_string(i) + " ";
  }
  merger.add(0, one.records.take());
  merger.tell_up_to(100);
  CHECK(text == expected);
}
