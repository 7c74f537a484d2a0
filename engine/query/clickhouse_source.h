// The records of a table in ClickHouse as a source for questions.
#pragma once

#include <memory>
#include <string>

#include "engine/query/record_source.h"
#include "output/flow/clickhouse/client.h"

namespace weir::engine {

class ClickHouseSource final : public RecordSource {
 public:
  explicit ClickHouseSource(std::unique_ptr<output::clickhouse::Client> client)
      : client_(std::move(client)) {}
  // Only the first consumer gets records; when it has enough, the rest of the answer is not fetched. What breaks off amid the answer
  // fails: nobody knows what is missing.
  tl::expected<ReadReport, std::string> read(const RecordQuery& query,
                                             std::span<flow::RecordConsumer* const> consumers) override;

 private:
  std::unique_ptr<output::clickhouse::Client> client_;
};

// `url`: output/flow/clickhouse/server_address.h. Fails with a text for a URL that is wrong and a host that is not found; whether the
// server answers shows with the first question.
tl::expected<std::unique_ptr<RecordSource>, std::string> open_clickhouse(const std::string& url);

}  // namespace weir::engine
