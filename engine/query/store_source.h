// The records of a store: those in its files, several threads at once, and those that are still in the journal.
#pragma once

#include <string>

#include "engine/query/record_source.h"

namespace weir::engine {

// Needs no lock: what is written, sealed or merged meanwhile is read once, as it was when reading began or as it is now.
class StoreSource final : public RecordSource {
 public:
  explicit StoreSource(std::string folder) : folder_(std::move(folder)) {}
  tl::expected<ReadReport, std::string> read(const RecordQuery& query,
                                             std::span<flow::RecordConsumer* const> consumers) override;

 private:
  std::string folder_;
};

}  // namespace weir::engine
