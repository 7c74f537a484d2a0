#include "engine/cli/record_outputs.h"

#include <array>
#include <cstdio>
#include <utility>

#include "decoders/clock.h"
#include "engine/cli/record_table.h"
#include "engine/cli/terminal.h"
#include "output/flow/export/ipfix_file.h"
#include "output/flow/flow_json.h"
#include "output/flow/hidden_record.h"
#include "output/flow/nfdump_lines.h"
#include "output/flow/record_csv.h"
#include "output/flow/zeek_lines.h"

namespace weir::engine {
namespace {

// The formats of lines: what stands before all records, for each of them, and behind them.
class JsonFormat {
 public:
  void begin(LineTaker& /*lines*/) const {}
  void write(const flow::Record& record, LineTaker& lines) {
    line_.clear();
    output::write_flow_record(line_, times_, record);
    lines.line(line_.text());
  }
  void end(LineTaker& /*lines*/) const {}

 private:
  output::JsonWriter line_;
  output::TimestampFormatter times_;
};

class CsvFormat {
 public:
  explicit CsvFormat(bool with_places) : format_(with_places) {}
  void begin(LineTaker& lines) const { lines.line(format_.head()); }
  void write(const flow::Record& record, LineTaker& lines) { lines.line(format_.line(record)); }
  void end(LineTaker& /*lines*/) const {}

 private:
  output::RecordCsv format_;
};

class ZeekFormat {
 public:
  void begin(LineTaker& lines) { lines.line(format_.head(wall_clock())); }
  void write(const flow::Record& record, LineTaker& lines) { lines.line(format_.line(record)); }
  void end(LineTaker& lines) { lines.line(format_.foot(wall_clock())); }

 private:
  output::ZeekLines format_;
};

class NfdumpFormat {
 public:
  void begin(LineTaker& lines) const { lines.line(output::NfdumpLines::head()); }
  void write(const flow::Record& record, LineTaker& lines) {
    for (const Direction direction : {Direction::to_server, Direction::to_client})
      if (const std::string_view line = format_.line(record, direction); !line.empty()) lines.line(line);
  }
  void end(LineTaker& /*lines*/) const {}

 private:
  output::NfdumpLines format_;
};

template <class Format>
class LineRecords final : public RecordOutput {
 public:
  explicit LineRecords(LineTaker& lines, Format format = Format())
      : lines_(lines), format_(std::move(format)) {}
  void take(std::span<const flow::Record> records) override {
    begin();
    for (const flow::Record& record : records) format_.write(record, lines_);
  }
  [[nodiscard]] bool has_failed() const override { return lines_.has_failed(); }
  tl::expected<void, std::string> finish() override {
    begin();
    format_.end(lines_);
    return {};
  }

 private:
  // Not before it is known that there is an answer.
  void begin() {
    if (!std::exchange(has_begun_, true)) format_.begin(lines_);
  }
  LineTaker& lines_;
  Format format_;
  bool has_begun_ = false;
};

class IpfixRecords final : public RecordOutput {
 public:
  explicit IpfixRecords(std::string path) : path_(std::move(path)) {}
  void take(std::span<const flow::Record> records) override {
    if (open()) file_->take(records);
  }
  // What cannot be written later is counted.
  [[nodiscard]] bool has_failed() const override { return !failure_.empty(); }
  tl::expected<void, std::string> finish() override {
    if (!open()) return tl::unexpected("--ipfix " + failure_);
    auto done = file_->finish();
    if (!done) return tl::unexpected("--ipfix " + done.error());
    return {};
  }

 private:
  // Not before it is known that there is an answer: a file of that name makes room.
  bool open() {
    if (file_ != nullptr || has_failed()) return file_ != nullptr;
    auto file = output::IpfixFile::open(path_);
    if (file)
      file_ = std::move(*file);
    else
      failure_ = file.error();
    return file_ != nullptr;
  }
  std::string path_, failure_;
  std::unique_ptr<output::IpfixFile> file_;
};

// Stands before each format, so that none can forget an address.
class HiddenRecords final : public RecordOutput {
 public:
  HiddenRecords(output::CryptoPan& change, std::unique_ptr<RecordOutput> to)
      : change_(change), to_(std::move(to)) {}
  void take(std::span<const flow::Record> records) override {
    flow::Detail detail;
    for (const flow::Record& record : records) {
      const flow::Record hidden = output::hidden_record(record, change_, detail);
      to_->take({&hidden, 1});
    }
  }
  [[nodiscard]] bool has_failed() const override { return to_->has_failed(); }
  tl::expected<void, std::string> finish() override { return to_->finish(); }

 private:
  output::CryptoPan& change_;
  std::unique_ptr<RecordOutput> to_;
};

std::unique_ptr<RecordOutput> make_format(const QuestionOptions& options, LineTaker& lines) {
  if (!options.ipfix.empty()) return std::make_unique<IpfixRecords>(options.ipfix);
  if (options.json) return std::make_unique<LineRecords<JsonFormat>>(lines);
  if (options.csv) return std::make_unique<LineRecords<CsvFormat>>(lines, CsvFormat(options.geo));
  if (options.zeek) return std::make_unique<LineRecords<ZeekFormat>>(lines);
  if (options.nfdump) return std::make_unique<LineRecords<NfdumpFormat>>(lines);
  return std::make_unique<RecordTable>(RecordTable::Shows{.names = options.names, .places = options.geo},
                                       terminal_columns(stdout), wants_colours(options.colour, stdout),
                                       lines);
}

}  // namespace

std::unique_ptr<RecordOutput> make_record_output(const QuestionOptions& options,
                                                 output::CryptoPan* anonymiser, LineTaker& lines) {
  auto format = make_format(options, lines);
  if (anonymiser == nullptr) return format;
  return std::make_unique<HiddenRecords>(*anonymiser, std::move(format));
}

}  // namespace weir::engine
