// Puts the lines of several workers into the order of the packets that caused them.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/event_order.h"
#include "output/sink.h"

namespace weir::engine {

// Lines of one worker for one output, in groups of equal order; orders ascend.
struct OrderedLines {
  struct Group {
    EventOrder order;
    std::size_t end;  // of its last line in `text`
    std::shared_ptr<output::LineCondition> condition;  // null: written in any case
  };
  std::string text;  // lines with their newlines
  std::vector<Group> groups;
  void clear() {
    text.clear();
    groups.clear();
  }
};

// A worker's end of an output: collects lines under the order that the pipeline is at.
class LineCollector final : public output::Sink {
 public:
  // `order` outlives the collector.
  explicit LineCollector(const EventOrder& order) : order_(order) {}
  void write_line(std::string_view line) override {
    if (lines_.groups.empty() || lines_.groups.back().order != order_ ||
        lines_.groups.back().condition != condition_)
      lines_.groups.push_back({order_, 0, condition_});
    lines_.text.append(line);
    lines_.text.push_back('\n');
    lines_.groups.back().end = lines_.text.size();
  }
  void set_condition(std::shared_ptr<output::LineCondition> condition) override { condition_ = std::move(condition); }
  void flush() override {}
  // What has come since the last call.
  OrderedLines take() {
    OrderedLines out;
    std::swap(out, lines_);
    return out;
  }

 private:
  const EventOrder& order_;
  std::shared_ptr<output::LineCondition> condition_;
  OrderedLines lines_;
};

// The writing end of one output. Used by one thread.
class LineMerger {
 public:
  LineMerger(output::Sink& sink, std::size_t workers) : sink_(sink), pending_(workers) {}
  void add(std::size_t worker, OrderedLines lines) {
    if (!lines.groups.empty()) pending_[worker].push_back({std::move(lines), 0, 0});
  }
  // Writes all lines of packets up to `packet`: every worker has handed in what it has to say of those.
  void write_up_to(std::uint64_t packet);

 private:
  struct Pending {
    OrderedLines lines;
    std::size_t next_group, offset;
  };
  void write_group(std::deque<Pending>& queue);

  output::Sink& sink_;
  std::vector<std::deque<Pending>> pending_;  // by worker
};

}  // namespace weir::engine
