// Puts the lines of several workers into the order of the packets that caused them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/log/ordered_queues.h"
#include "engine/log/packet_collector.h"
#include "engine/log/run_position.h"
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

// A worker's end of an output: collects lines under the order of the pipeline's position.
class LineCollector final : public output::Sink {
 public:
  // `position` outlives the collector.
  explicit LineCollector(const RunPosition& position) : position_(position) {}
  void write_line(std::string_view line, const std::shared_ptr<output::LineCondition>& condition) override {
    if (lines_.groups.empty() || lines_.groups.back().order != position_.order() ||
        lines_.groups.back().condition != condition)
      lines_.groups.push_back({position_.order(), 0, condition});
    lines_.text.append(line);
    lines_.text.push_back('\n');
    lines_.groups.back().end = lines_.text.size();
  }
  // A condition that wants to be asked at this place, whether a line depends on it or not.
  void add_condition(std::shared_ptr<output::LineCondition> condition) {
    lines_.groups.push_back({position_.order(), lines_.text.size(), std::move(condition)});
  }
  void flush() override {}
  // Of the lines that have come since the last call.
  [[nodiscard]] std::size_t bytes() const { return lines_.text.size(); }
  // What has come since the last call.
  OrderedLines take() {
    OrderedLines out;
    std::swap(out, lines_);
    return out;
  }

 private:
  const RunPosition& position_;
  OrderedLines lines_;
};

// The writing end of one output. Used by one thread. With `files` lines get the name of a capture file where it was left open
// (output/packet_tap.h, kNamedLater).
class LineMerger {
 public:
  LineMerger(output::Sink& sink, std::size_t workers, const PacketFileNames* files = nullptr)
      : sink_(sink), files_(files), queues_(workers) {}
  void add(std::size_t worker, OrderedLines lines) {
    if (!lines.groups.empty()) queues_.add(worker, {std::move(lines), 0, 0});
  }
  // Writes all lines of packets up to `packet`: every worker has handed in what it has to say of those.
  void write_up_to(std::uint64_t packet);
  // Bytes of the worker's lines that are written, and no longer held, since the last call.
  std::size_t take_done(std::size_t worker) { return queues_.take_done(worker); }

 private:
  struct Pending {
    OrderedLines lines;
    std::size_t next_group, offset;
    [[nodiscard]] const EventOrder& order() const { return lines.groups[next_group].order; }
    [[nodiscard]] bool is_over() const { return next_group == lines.groups.size(); }
    [[nodiscard]] std::size_t bytes() const { return lines.text.size(); }
  };
  void write_group(Pending& p);
  void write_line(std::string_view line, const EventOrder& order);

  output::Sink& sink_;
  const PacketFileNames* files_;  // null: no line waits for a name
  std::string named_;             // reused
  OrderedQueues<Pending> queues_;
};

}  // namespace weir::engine
