#include "engine/flows/vpc_files.h"

#include <algorithm>

#include <fmt/format.h>

#include "decoders/flow/vpc_log.h"
#include "decoders/text.h"
#include "decoders/text_file.h"

namespace weir::engine {
namespace {

constexpr std::size_t kPiece = std::size_t{256} << 10U;

// Letters on the terminal, whatever a log has.
std::string printable(std::string_view text) {
  std::string out(clip(text));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return out;
}

class VpcReader {
 public:
  VpcReader(const std::string& path, flow::RecordConsumer& consumer) : path_(path), batch_(consumer) {}

  void line(std::string_view text) {
    ++report_.lines;
    switch (log_.read(text, batch_)) {
      case flow::VpcLog::Line::record: ++report_.records; break;
      case flow::VpcLog::Line::header: break;
      case flow::VpcLog::Line::no_data: ++report_.no_data; break;
      case flow::VpcLog::Line::skipped: ++report_.skipped; break;
      case flow::VpcLog::Line::wrong: note_problem(); break;
    }
  }
  // Records point into the text that they were read from, which ends.
  void end_of_text() { batch_.flush(); }
  void fail(std::string_view why) { report_.problems.push_back(fmt::format("{}: error: {}", path_, why)); }
  VpcFileReport take() {
    if (report_.wrong > kMaxVpcProblems)
      report_.problems.push_back(
          fmt::format("{}: error: and {} more lines are wrong", path_, report_.wrong - kMaxVpcProblems));
    return std::move(report_);
  }

 private:
  void note_problem() {
    if (++report_.wrong > kMaxVpcProblems) return;
    const flow::VpcLog::Problem& p = log_.problem();
    report_.problems.push_back(
        fmt::format("{}:{}:{}: error: {} ({})", path_, report_.lines, p.column, p.what, printable(p.text)));
  }

  const std::string& path_;
  flow::RecordBatch batch_;
  flow::VpcLog log_;
  VpcFileReport report_;
};

}  // namespace

VpcFileReport read_vpc_file(const std::string& path, flow::RecordConsumer& consumer) {
  VpcReader reader(path, consumer);
  auto file = TextFile::open(path);
  if (!file) {
    reader.fail(file.error());
    return reader.take();
  }
  std::string text;
  for (;;) {
    const auto got = file->read(text, kPiece);
    if (!got) reader.fail(got.error());
    const bool is_end = !got || *got == 0;
    // Of a line that is too long only its begin is kept.
    const std::size_t last = text.rfind('\n');
    const bool is_too_long = last == std::string::npos && text.size() > flow::kMaxVpcLineBytes;
    if (last == std::string::npos && !is_end && is_too_long) {
      text.resize(flow::kMaxVpcLineBytes + 1);
      continue;
    }
    std::string_view rest(text);
    if (!is_end) rest = rest.substr(0, last == std::string::npos ? 0 : last + 1);
    const std::size_t read = rest.size();
    while (!rest.empty()) reader.line(cut(rest, '\n'));
    reader.end_of_text();
    if (is_end) return reader.take();
    text.erase(0, read);
  }
}

}  // namespace weir::engine
