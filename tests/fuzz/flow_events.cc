// Lines of EVE logs as flow records: what is taken is written as an event again, and that one is taken as the same record.
#include <string>

#include "decoders/text.h"
#include "engine/flows/eve_files.h"
#include "output/flow/flow_json.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {
namespace {

class EventWriter final : public flow::RecordConsumer {
 public:
  void take(std::span<const flow::Record> records) override {
    for (const flow::Record& r : records) {
      must(r.source.family != 0 && r.destination.family != 0, "a record has addresses");
      must(r.sampling >= 1, "a record stands for at least itself");
      writer_.clear();
      output::write_flow_record(writer_, times_, r);
      must_be_json(writer_.text());
      text_.append(writer_.text()).append("\n");
      ++count_;
    }
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  output::JsonWriter writer_;
  output::TimestampFormatter times_;
  std::string text_;
  std::uint64_t count_ = 0;
};

engine::EveLines::Counts load(std::string_view text, EventWriter& to) {
  engine::EveLines lines(to);
  while (!text.empty()) (void)lines.take(cut(text, '\n'));
  lines.flush();
  return lines.counts();
}

}  // namespace

void fuzz_flow_events(Bytes input) {
  EventWriter first, second;
  const auto counts = load(as_text(input), first);
  must(counts.flows + counts.netflows == first.count(), "each line is a record at most");
  must(counts.flows + counts.netflows + counts.other + counts.wrong <= counts.lines,
       "each line is counted once");
  const auto again = load(first.text(), second);
  must(again.wrong == 0 && again.flows == first.count(), "what is written can be loaded");
  must(first.text() == second.text(), "and is the same");
}

}  // namespace weir::fuzz
