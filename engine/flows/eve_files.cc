#include "engine/flows/eve_files.h"

#include <simdjson.h>

#include <algorithm>

#include <fmt/format.h>

#include "decoders/text.h"
#include "engine/capture/byte_input.h"
#include "engine/flows/eve_fields.h"
#include "engine/flows/eve_record.h"

namespace weir::engine {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kFirstView = std::size_t{64} << 10U;

}  // namespace

class EveLines::Impl {
 public:
  explicit Impl(flow::RecordConsumer& consumer) : batch_(consumer) {
    if (parser_.allocate(kMaxEveLineBytes, kMaxEveDepth) != simdjson::SUCCESS) throw std::bad_alloc();
  }

  tl::expected<void, std::string> take(std::string_view line, Counts& counts) {
    dom::element event;
    if (const auto error = parser_.parse(line.data(), line.size()).get(event); error != simdjson::SUCCESS)
      return tl::unexpected(fmt::format("not JSON: {}", simdjson::error_message(error)));
    dom::object object;
    std::string_view type;
    if (event.get(object) != simdjson::SUCCESS || object["event_type"].get(type) != simdjson::SUCCESS)
      return tl::unexpected(std::string("no event: expected an object with event_type"));
    const bool is_flow = type == "flow";
    if (!is_flow && type != "netflow") {
      ++counts.other;
      return {};
    }
    if (!texts_.has_room_for_record()) flush();
    std::string problem;
    const EveFields fields(object, {}, problem, texts_);
    flow::Record& record = batch_.add();
    if (batch_.size() == 1) texts_.clear();
    (is_flow ? read_flow_event : read_netflow_event)(fields, batch_, record);
    if (!problem.empty()) {
      batch_.drop();
      return tl::unexpected(std::move(problem));
    }
    ++(is_flow ? counts.flows : counts.netflows);
    return {};
  }
  void flush() {
    batch_.flush();
    texts_.clear();
  }

 private:
  dom::parser parser_;
  TextStore texts_;
  flow::RecordBatch batch_;
};

EveLines::EveLines(flow::RecordConsumer& consumer) : impl_(std::make_unique<Impl>(consumer)) {}
EveLines::~EveLines() = default;

tl::expected<void, std::string> EveLines::take(std::string_view line) {
  ++counts_.lines;
  line = trim(line);
  if (line.empty()) return {};
  auto taken = line.size() > kMaxEveLineBytes
                   ? tl::unexpected(fmt::format("longer than {} bytes", kMaxEveLineBytes))
                   : impl_->take(line, counts_);
  if (!taken) ++counts_.wrong;
  return taken;
}

void EveLines::flush() {
  impl_->flush();
}

namespace {

// The lines of one file.
class EveFile {
 public:
  EveFile(const std::string& path, flow::RecordConsumer& consumer) : path_(path), lines_(consumer) {}

  EveFileReport read() {
    auto input = ByteInput::open(path_);
    if (!input) {
      report_.problems.push_back(fmt::format("{}: error: {}", path_, input.error()));
      return std::move(report_);
    }
    while (next_line(*input)) {
    }
    lines_.flush();
    report_.counts = lines_.counts();
    if (const std::uint64_t wrong = report_.counts.wrong; wrong > kMaxEveProblems)
      report_.problems.push_back(
          fmt::format("{}: error: and {} more lines are wrong", path_, wrong - kMaxEveProblems));
    if (!input->error().empty())
      report_.problems.push_back(
          fmt::format("{}: offset {}: error: {}", path_, input->offset(), input->error()));
    return std::move(report_);
  }

 private:
  bool next_line(ByteInput& input) {
    for (std::size_t size = kFirstView;; size *= 2) {
      const Bytes view = input.view(size);
      const std::string_view text = as_text(view);
      const std::size_t end = text.find('\n', searched_);
      if (text.empty()) return false;
      if (end != std::string_view::npos || view.size() < size) return take(input, text, end);
      searched_ = text.size();
      if (size >= kMaxEveLineBytes) return pass_over(input);
    }
  }
  bool take(ByteInput& input, std::string_view text, std::size_t end) {
    const std::string_view line = text.substr(0, end);
    if (is_too_long_) {
      is_too_long_ = false;
    } else if (auto taken = lines_.take(line); !taken) {
      note(taken.error());
    }
    searched_ = 0;
    input.consume(std::min(line.size() + 1, text.size()));
    return true;
  }
  // What is left of the line is read and forgotten.
  bool pass_over(ByteInput& input) {
    if (!is_too_long_) {
      lines_.count_wrong();
      note(fmt::format("longer than {} bytes", kMaxEveLineBytes));
    }
    is_too_long_ = true;
    input.consume(searched_);
    searched_ = 0;
    return true;
  }
  void note(std::string_view why) {
    if (lines_.counts().wrong <= kMaxEveProblems)
      report_.problems.push_back(fmt::format("{}:{}: error: {}", path_, lines_.counts().lines, why));
  }

  const std::string& path_;
  EveLines lines_;
  EveFileReport report_;
  std::size_t searched_ = 0;  // bytes of the view without an end
  bool is_too_long_ = false;  // what comes belongs to a line that is
};

}  // namespace

EveFileReport read_eve_file(const std::string& path, flow::RecordConsumer& consumer) {
  return EveFile(path, consumer).read();
}

}  // namespace weir::engine
