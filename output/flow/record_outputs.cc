#include "output/flow/record_outputs.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "output/flow/journal_writer.h"

namespace weir::output {
namespace {

constexpr std::chrono::seconds kFlushEvery{1};

class JournalOutput final : public RecordOutput {
 public:
  JournalOutput(std::unique_ptr<JournalWriter> journal, std::string folder)
      : journal_(std::move(journal)), folder_(std::move(folder)) {}
  void take(std::span<const flow::Record> records) override { journal_->take(records); }
  // By our own clock: time of capture may go by in no time.
  void tick(TimeUs /*now*/) override {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_flush_) return;
    next_flush_ = now + kFlushEvery;
    journal_->flush();
  }
  void close(std::vector<std::string>& errors) override {
    journal_->close();
    if (const std::uint64_t lost = journal_->records_lost(); lost != 0)
      errors.push_back(
          fmt::format("--store {}: {} records not written: {}", folder_, lost, journal_->problem()));
  }

 private:
  std::unique_ptr<JournalWriter> journal_;
  std::string folder_;
  std::chrono::steady_clock::time_point next_flush_{};
};

}  // namespace

tl::expected<RecordOutputs, std::string> open_record_outputs(const RecordSettings& settings) {
  RecordOutputs out;
  if (!settings.store.empty()) {
    auto journal = JournalWriter::open(settings.store);
    if (!journal) return tl::unexpected("--store " + journal.error());
    out.push_back(std::make_unique<JournalOutput>(std::move(*journal), settings.store));
  }
  if (settings.exporter != nullptr) out.push_back(settings.exporter);
  return out;
}

std::vector<std::string> record_folders(const RecordSettings& settings) {
  return settings.store.empty() ? std::vector<std::string>{} : std::vector<std::string>{settings.store};
}

}  // namespace weir::output
