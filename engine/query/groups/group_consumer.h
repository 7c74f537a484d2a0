// Adds records up by group: one of these a thread, merged when all is read.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "decoders/flow/record.h"
#include "engine/query/groups/group_key.h"
#include "engine/query/groups/group_table.h"
#include "engine/query/question.h"

namespace weir::engine {

// Counters of a record, times what one packet of it stands for, unless `raw`. A flow that goes on counts with its first part, a record
// of a rollup for all that it stands for.
Sums sums_of(const flow::Record& record, bool raw);

// What all of the threads share; outlives them.
struct Grouping {
  GroupKeys keys;
  Measure by = Measure::bytes;
  bool raw = false;
  bool mixes = false;      // equal groups come in no order: that of their addresses would tell of them
  std::uint64_t seed = 0;  // of hashes
  TimeUs step = 0;  // of series: packets and bytes are spread over the steps that a record lasted; 0: none
  TimeUs from = 0, to = 0;  // of series: what lies outside is left out

  // What is looked at besides the keys' fields.
  [[nodiscard]] Fields fields() const;
};

class GroupConsumer final : public flow::RecordConsumer {
 public:
  // `most`: groups.
  GroupConsumer(const Grouping& grouping, std::size_t most);
  void take(std::span<const flow::Record> records) override;
  // Adds what is still on its way. Before anything is looked at.
  void finish() { flush(); }
  void merge(GroupConsumer& other);

  [[nodiscard]] const GroupTable& table() const { return table_; }
  [[nodiscard]] const GroupTexts& texts() const { return texts_; }
  [[nodiscard]] const Sums& total() const { return total_; }
  [[nodiscard]] bool saw_sampling() const { return saw_sampling_; }
  // Records that lasted too many steps.
  [[nodiscard]] std::uint64_t too_long() const { return too_long_; }

 private:
  // So many keys wait until what they need has been brought near.
  static constexpr std::size_t kWaiting = 64;
  void add_to_groups(const flow::Record& record, const Sums& sums, std::uint32_t step);
  void add_to_steps(const flow::Record& record, std::uint64_t flows);
  void flush();

  const Grouping& grouping_;
  GroupTexts texts_;
  GroupTable table_;
  Sums total_;
  bool saw_sampling_ = false;
  std::uint64_t too_long_ = 0;
  std::size_t waiting_ = 0;
  std::array<GroupKeys::Key, kWaiting> waiting_keys_;
  std::array<Sums, kWaiting> waiting_sums_;
};

// Reads with one consumer a core; what they took is in the first one, which is returned. Warns of sampling and of groups that went.
tl::expected<std::unique_ptr<GroupConsumer>, std::string> read_groups(QuestionCall& call,
                                                                      const Grouping& grouping);
inline constexpr const char* kSampledWarning =
    "some records are of sampled packets: packets and bytes are multiplied by what one stands for (--raw: as "
    "counted)";

// Places of the `limit` groups with the most, in descending order; equal ones by key, so that each run tells them in one order,
// or mixed.
std::vector<std::size_t> greatest_groups(const GroupTable& table, const Grouping& grouping,
                                         std::size_t limit);

}  // namespace weir::engine
