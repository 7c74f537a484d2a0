#include "engine/query/groups/group_consumer.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

#include <fmt/format.h>

#include "engine/query/flow_reading.h"
#include "output/flow/record_steps.h"

namespace weir::engine {
namespace {

// What a counter of the record stands for.
std::uint64_t counted(const flow::Record& r, std::uint64_t count, bool raw) {
  if (raw || r.sampling <= 1) return count;
  std::uint64_t out = 0;
  return __builtin_mul_overflow(count, std::uint64_t{r.sampling}, &out)
             ? std::numeric_limits<std::uint64_t>::max()
             : out;
}

}  // namespace

Sums sums_of(const flow::Record& r, bool raw) {
  Sums out;
  out.flows = r.part <= 1 ? r.flows : 0;
  for (std::size_t i = 0; i < 2; ++i) {
    out.packets[i] = counted(r, r.sides[i].packets, raw);
    out.bytes[i] = counted(r, r.sides[i].bytes, raw);
  }
  std::tie(out.first, out.last) = times_of(r);
  return out;
}

Fields Grouping::fields() const {
  Fields out = keys.fields() | Field::counters | Field::part;
  if (!raw) out = out | Field::exporter;
  if (step != 0 || by == Measure::bits_a_second || by == Measure::packets_a_second) out = out | Field::times;
  return out;
}

GroupConsumer::GroupConsumer(const Grouping& grouping, std::size_t most)
    : grouping_(grouping), table_(grouping.keys.words(), most, grouping.by, grouping.seed) {}

void GroupConsumer::take(std::span<const flow::Record> records) {
  for (const flow::Record& record : records) {
    const Sums sums = sums_of(record, grouping_.raw);
    saw_sampling_ = saw_sampling_ || record.sampling > 1;
    total_.add(sums);
    if (grouping_.step == 0)
      add_to_groups(record, sums, 0);
    else
      add_to_steps(record, sums.flows);
  }
}

void GroupConsumer::add_to_groups(const flow::Record& record, const Sums& sums, std::uint32_t step) {
  if (waiting_ + 2 > kWaiting) flush();
  const GroupKeys& keys = grouping_.keys;
  const auto write = [&](std::size_t end) {
    GroupKeys::Key& key = waiting_keys_[waiting_];
    keys.write(record, end, texts_, key);
    if (grouping_.step != 0) GroupKeys::write_step(key.data(), step);
    waiting_sums_[waiting_] = sums;
  };
  write(0);
  ++waiting_;
  if (!keys.is_of_either_end()) return;
  write(1);
  if (waiting_keys_[waiting_] != waiting_keys_[waiting_ - 1]) ++waiting_;
}

void GroupConsumer::add_to_steps(const flow::Record& record, std::uint64_t flows) {
  const TimeUs step = grouping_.step;
  const bool is_whole =
      output::visit_steps(record, step, output::kMaxRecordSteps, [&](const output::StepShare& share) {
        if ((TimeUs{share.step} + 1) * step <= grouping_.from || TimeUs{share.step} * step >= grouping_.to)
          return;
        Sums part;
        part.flows = share.is_first ? flows : 0;
        for (std::size_t i = 0; i < 2; ++i) {
          part.packets[i] = counted(record, share.packets[i], grouping_.raw);
          part.bytes[i] = counted(record, share.bytes[i], grouping_.raw);
        }
        add_to_groups(record, part, share.step);
      });
  too_long_ += is_whole ? 0 : 1;
}

void GroupConsumer::flush() {
  std::array<std::uint64_t, kWaiting> hashes;
  for (std::size_t i = 0; i < waiting_; ++i) {
    hashes[i] = table_.hash(waiting_keys_[i].data());
    table_.prefetch(hashes[i]);
  }
  for (std::size_t i = 0; i < waiting_; ++i) table_.prefetch_group(hashes[i]);
  for (std::size_t i = 0; i < waiting_; ++i) table_.add(waiting_keys_[i].data(), hashes[i], waiting_sums_[i]);
  waiting_ = 0;
}

void GroupConsumer::merge(GroupConsumer& other) {
  finish();
  other.finish();
  total_.add(other.total_);
  saw_sampling_ = saw_sampling_ || other.saw_sampling_;
  too_long_ += other.too_long_;
  table_.limit(kMaxGroups);
  if (!grouping_.keys.has_texts()) return table_.merge(other.table_, [](std::uint64_t*) {});
  std::vector<std::uint32_t> numbers{0};
  for (std::size_t n = 1; n <= other.texts_.size(); ++n)
    numbers.push_back(texts_.number_of(other.texts_.text_of(static_cast<std::uint32_t>(n))));
  table_.merge(other.table_, [&](std::uint64_t* key) { grouping_.keys.renumber_texts(key, numbers); });
}

tl::expected<std::unique_ptr<GroupConsumer>, std::string> read_groups(QuestionCall& call,
                                                                      const Grouping& grouping) {
  const auto reading =
      FlowReading::plan(call, grouping.fields(), false,
                        RollupNeeds{.keys = grouping.keys.rollup_keys(), .step = grouping.step});
  if (!reading) return call.refuse(reading.error());
  const unsigned readers = reader_count();
  std::vector<std::unique_ptr<GroupConsumer>> parts;
  std::vector<flow::RecordConsumer*> consumers;
  for (unsigned i = 0; i < readers; ++i) {
    parts.push_back(std::make_unique<GroupConsumer>(grouping, kMaxGroups / readers));
    consumers.push_back(parts.back().get());
  }
  if (auto done = reading->read(call, consumers); !done) return tl::unexpected(done.error());
  GroupConsumer& all = *parts.front();
  all.finish();
  for (std::size_t i = 1; i < parts.size(); ++i) all.merge(*parts[i]);
  if (all.saw_sampling() && !grouping.raw) call.warnings.emplace_back(kSampledWarning);
  if (all.table().dropped() != 0)
    call.warnings.push_back(
        fmt::format("there are more than {} groups: {} with little were left out, and others can be short by "
                    "{} {} (ask for less)",
                    kMaxGroups / readers, all.table().dropped(), all.table().short_by(),
                    measure_word(all.table().dropping())));
  return std::move(parts.front());
}

std::vector<std::size_t> greatest_groups(const GroupTable& table, const Grouping& grouping,
                                         std::size_t limit) {
  std::vector<std::size_t> places(table.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::vector<std::uint64_t> amounts(table.size());
  for (const std::size_t n : places) amounts[n] = measure(table.sums(n), grouping.by);
  const auto end = places.begin() + static_cast<std::ptrdiff_t>(std::min(limit, places.size()));
  std::partial_sort(places.begin(), end, places.end(), [&](std::size_t a, std::size_t b) {
    if (amounts[a] != amounts[b]) return amounts[a] > amounts[b];
    if (grouping.mixes) return table.hash(table.key(a)) < table.hash(table.key(b));
    const std::size_t words = grouping.keys.words();
    return std::lexicographical_compare(table.key(a), table.key(a) + words, table.key(b),
                                        table.key(b) + words);
  });
  places.erase(end, places.end());
  return places;
}

}  // namespace weir::engine
