#include "output/flow/record_block.h"

#include <memory>
#include <string>

#include <doctest/doctest.h>

using namespace weir;
using weir::output::RecordBlock;

TEST_CASE("record block: keeps what a record points to when that is gone") {
  const auto block = std::make_unique<RecordBlock>();
  {
    std::string host = "www.example.org";
    flow::Detail detail{};
    detail.host = host;
    detail.synack_to_ack_us = 7;
    flow::Record record{.source_port = 1000};
    record.detail = &detail;
    REQUIRE(block->add(record));
    host.assign(host.size(), 'x');
  }
  REQUIRE(block->records().size() == 1);
  CHECK(block->records()[0].source_port == 1000);
  CHECK(block->records()[0].detail->host == "www.example.org");
  CHECK(block->records()[0].detail->synack_to_ack_us == 7);
}

TEST_CASE("record block: takes so many records, and no more text than it has room for") {
  const auto block = std::make_unique<RecordBlock>();
  const flow::Record plain{};
  std::size_t added = 0;
  while (block->add(plain)) ++added;
  CHECK(added == RecordBlock::kRecords);
  CHECK_FALSE(block->add(plain));

  block->clear();
  CHECK(block->empty());
  const std::string long_text(10'000, 'a');
  flow::Detail detail{};
  for (std::string_view* text :
       {&detail.history, &detail.state, &detail.tunnel_kind, &detail.user, &detail.host, &detail.ja4,
        &detail.sides[0].payload, &detail.sides[1].payload})
    *text = long_text;
  flow::Record record{};
  record.detail = &detail;
  for (added = 0; block->add(record);) ++added;
  CHECK(added >= 1);
  CHECK(added < RecordBlock::kRecords);
  CHECK(block->records().size() == added);
  CHECK(block->records()[0].detail->host.size() == output::kMaxRecordTextBytes);
  CHECK(block->add(plain));
}
