// The records themselves: list.
#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "engine/query/answers.h"
#include "engine/query/flow_reading.h"
#include "engine/query/groups/group_consumer.h"
#include "engine/query/kept_record.h"

namespace weir::engine {
namespace {

// Records that are sorted are kept in memory: no more than these.
constexpr std::size_t kMaxSorted = std::size_t{1} << 20U;

// What records are sorted by. Of all but time the greatest come first.
enum class ListSort : std::uint8_t {
  time,
  bytes,
  packets,
  duration,
  bits_a_second,
  packets_a_second,
  bytes_a_packet
};
struct SortWord {
  std::string_view word;
  ListSort sort;
};
constexpr std::array kSortWords{
    SortWord{"time", ListSort::time},         SortWord{"bytes", ListSort::bytes},
    SortWord{"packets", ListSort::packets},   SortWord{"duration", ListSort::duration},
    SortWord{"bps", ListSort::bits_a_second}, SortWord{"pps", ListSort::packets_a_second},
    SortWord{"bpp", ListSort::bytes_a_packet}};
constexpr const char* kSortExpected = "time, bytes, packets, duration, bps, pps or bpp";

constexpr std::uint64_t kTimeValue = std::numeric_limits<std::uint64_t>::max();  // of the earliest time

std::uint64_t sort_value(const flow::Record& record, ListSort by) {
  const Sums sums = sums_of(record, true);
  switch (by) {
    // Earlier is more.
    case ListSort::time: return kTimeValue - static_cast<std::uint64_t>(std::max<TimeUs>(sums.first, 0));
    case ListSort::bytes: return measure(sums, Measure::bytes);
    case ListSort::packets: return measure(sums, Measure::packets);
    case ListSort::duration:
      return static_cast<std::uint64_t>(std::max(sums.first, sums.last)) -
             static_cast<std::uint64_t>(sums.first);
    case ListSort::bits_a_second: return measure(sums, Measure::bits_a_second);
    case ListSort::packets_a_second: return measure(sums, Measure::packets_a_second);
    case ListSort::bytes_a_packet: return measure(sums, Measure::bytes_a_packet);
  }
  return 0;
}

// Hands on so many records.
class LimitStage final : public flow::RecordConsumer {
 public:
  LimitStage(RecordOutput& next, std::size_t most) : next_(next), left_(most) {}
  void take(std::span<const flow::Record> records) override {
    records = records.first(std::min(records.size(), left_));
    left_ -= records.size();
    if (!records.empty() && !next_.has_failed()) next_.take(records);
  }
  [[nodiscard]] TimeUs wants_until() const override {
    return left_ == 0 || next_.has_failed() ? kHasEnough : kWantsAll;
  }

 private:
  RecordOutput& next_;
  std::size_t left_;
};

// Says where addresses are again of records that were kept.
class PlacedOutput final : public RecordOutput {
 public:
  PlacedOutput(const Places& places, RecordOutput& next) : places_(places), next_(next) {}
  void take(std::span<const flow::Record> records) override {
    for (flow::Record record : records) {
      places_.fill(record);
      next_.take({&record, 1});
    }
  }
  [[nodiscard]] bool has_failed() const override { return next_.has_failed(); }
  tl::expected<void, std::string> finish() override { return next_.finish(); }

 private:
  const Places& places_;
  RecordOutput& next_;
};

// Where a record comes in the order.
struct ListPlace {
  std::uint64_t value = 0;
  TimeUs first = 0;
};
bool is_ahead(const ListPlace& a, const ListPlace& b) {
  return a.value != b.value ? a.value > b.value : a.first < b.first;
}
struct ListedRecord {
  ListPlace place;
  KeptRecord record;
};

// The `most` records that come first in the order, of all threads.
class SortedRecords {
 public:
  explicit SortedRecords(std::size_t most) : most_(most) {}
  // From any thread. Takes them away; returns the place that is the last one kept, when there is no room for others.
  std::optional<ListPlace> add(std::vector<ListedRecord>& some) {
    const std::scoped_lock lock(lock_);
    for (ListedRecord& one : some)
      if (kept_.size() < most_ || (most_ != 0 && is_ahead(one.place, kept_.front().place)))
        push(std::move(one));
    some.clear();
    if (kept_.size() < most_) return std::nullopt;
    return last_place();
  }
  // The place of the last one that is kept, when there is no room for others. From any thread.
  std::optional<ListPlace> last() {
    const std::scoped_lock lock(lock_);
    return kept_.size() < most_ ? std::nullopt : std::optional{last_place()};
  }
  [[nodiscard]] std::size_t most() const { return most_; }
  // When nobody adds any more.
  void hand_on(RecordOutput& out) {
    std::sort(kept_.begin(), kept_.end(), comes_first);
    flow::Record record;
    flow::Detail detail;
    for (const ListedRecord& kept : kept_) {
      if (out.has_failed()) return;
      kept.record.read(record, detail);
      out.take({&record, 1});
    }
  }

 private:
  [[nodiscard]] ListPlace last_place() const {
    return kept_.empty() ? ListPlace{.value = std::numeric_limits<std::uint64_t>::max()}
                         : kept_.front().place;
  }
  static bool comes_first(const ListedRecord& a, const ListedRecord& b) { return is_ahead(a.place, b.place); }
  // The one that comes last is in front of the heap, and goes when there is no room.
  void push(ListedRecord kept) {
    if (kept_.size() == most_) {
      std::pop_heap(kept_.begin(), kept_.end(), comes_first);
      kept_.pop_back();
    }
    kept_.push_back(std::move(kept));
    std::push_heap(kept_.begin(), kept_.end(), comes_first);
  }

  const std::size_t most_;
  std::mutex lock_;  // of what follows
  std::vector<ListedRecord> kept_;
};

// Hands on what may be among them, many at once. One a thread.
class SortStage final : public flow::RecordConsumer {
 public:
  SortStage(ListSort by, SortedRecords& all) : by_(by), all_(all) {}
  void take(std::span<const flow::Record> records) override {
    for (const flow::Record& record : records) {
      ++seen_;
      const ListPlace place{sort_value(record, by_), times_of(record).first};
      if (last_ && !is_ahead(place, *last_)) continue;
      waiting_.push_back({place, KeptRecord(record)});
      if (waiting_.size() == kWaiting) finish();
    }
  }
  void finish() { last_ = all_.add(waiting_); }
  // By time, what begins later than all that is kept comes behind it; by other things, anything may come first.
  [[nodiscard]] TimeUs wants_until() const override {
    if (all_.most() == 0) return kHasEnough;
    const auto last = by_ == ListSort::time ? all_.last() : std::nullopt;
    return last ? static_cast<TimeUs>(kTimeValue - last->value) : kWantsAll;
  }
  [[nodiscard]] std::uint64_t seen() const { return seen_; }

 private:
  static constexpr std::size_t kWaiting = 256;
  ListSort by_;
  SortedRecords& all_;
  std::optional<ListPlace> last_;  // that is kept; none: there is room
  std::uint64_t seen_ = 0;
  std::vector<ListedRecord> waiting_;
};

tl::expected<void, std::string> list_sorted(QuestionCall& call, const FlowReading& reading, ListSort by) {
  const std::size_t most = std::min(call.options.limit.value_or(kMaxSorted), kMaxSorted);
  SortedRecords all(most);
  std::vector<std::unique_ptr<SortStage>> parts;
  std::vector<flow::RecordConsumer*> consumers;
  for (unsigned i = 0; i < reader_count(); ++i) {
    parts.push_back(std::make_unique<SortStage>(by, all));
    consumers.push_back(parts.back().get());
  }
  if (auto done = reading.read(call, consumers); !done) return done;
  std::uint64_t seen = 0;
  for (const auto& part : parts) {
    part->finish();
    seen += part->seen();
  }
  PlacedOutput out(reading.places(), *call.records);
  all.hand_on(out);
  if (seen > most && most == kMaxSorted)
    call.warnings.push_back(fmt::format("{} records come behind these: sorting keeps {}", seen - most, most));
  return {};
}

}  // namespace

tl::expected<Answer, std::string> answer_list(QuestionCall& call) {
  const QuestionOptions& options = call.options;
  Fields fields = Fields::all();
  if (options.geo) fields = fields | Field::origin;
  // Who has a database of autonomous systems only gets those.
  if (options.geo && (options.as_database.empty() || !options.geoip_database.empty()))
    fields = fields | Field::country;
  const auto reading = FlowReading::plan(call, fields, !options.raw, std::nullopt);
  if (!reading) return call.refuse(reading.error());
  const std::string& sort = call.options.sort;
  if (sort.empty()) {
    // One reader, so that records come as they stand: by time.
    LimitStage all(*call.records, call.options.limit.value_or(std::numeric_limits<std::size_t>::max()));
    flow::RecordConsumer* const consumer = &all;
    if (auto done = reading->read(call, {&consumer, 1}); !done) return tl::unexpected(done.error());
    return Answer{};
  }
  const auto by = std::find_if(kSortWords.begin(), kSortWords.end(),
                               [&](const SortWord& row) { return row.word == sort; });
  if (by == kSortWords.end()) return call.refuse(fmt::format("--sort {}: expected {}", sort, kSortExpected));
  if (auto done = list_sorted(call, *reading, by->sort); !done) return tl::unexpected(done.error());
  return Answer{};
}

}  // namespace weir::engine
