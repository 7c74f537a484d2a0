#include "output/flow/record_outputs.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "decoders/clock.h"
#include "output/flow/store/store_writer.h"

namespace weir::output {
namespace {

constexpr std::chrono::seconds kFlushEvery{1};

class StoreOutput final : public RecordOutput {
 public:
  StoreOutput(std::unique_ptr<StoreWriter> store, std::string folder)
      : store_(std::move(store)), folder_(std::move(folder)) {}
  void take(std::span<const flow::Record> records) override { store_->take(records); }
  [[nodiscard]] bool wants_fingerprints() const override { return true; }
  // By our own clock: time of capture may go by in no time.
  void tick(TimeUs /*now*/) override {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_flush_) return;
    next_flush_ = now + kFlushEvery;
    store_->tick(wall_clock());
  }
  void close(std::vector<std::string>& errors) override {
    store_->close();
    if (const std::uint64_t lost = store_->records_lost(); lost != 0)
      errors.push_back(
          fmt::format("--store {}: {} records not written: {}", folder_, lost, store_->problem()));
    for (const std::string& problem : store_->take_problems()) errors.push_back("--store " + problem);
  }
  void append_notes(std::vector<std::string>& notes) const override {
    for (std::string& note : store_->take_notes()) notes.push_back("--store " + std::move(note));
  }

 private:
  std::unique_ptr<StoreWriter> store_;
  std::string folder_;
  std::chrono::steady_clock::time_point next_flush_{};
};

}  // namespace

tl::expected<RecordOutputs, std::string> open_record_outputs(const RecordSettings& settings) {
  RecordOutputs out;
  if (!settings.store.folder.empty()) {
    auto store = StoreWriter::open(settings.store);
    if (!store) return tl::unexpected("--store " + store.error());
    out.push_back(std::make_unique<StoreOutput>(std::move(*store), settings.store.folder));
  }
  for (const auto& opened : {settings.exporter, settings.clickhouse})
    if (opened != nullptr) out.push_back(opened);
  return out;
}

bool wants_fingerprints(const RecordOutputs& outputs) {
  return std::any_of(outputs.begin(), outputs.end(), [](const auto& to) { return to->wants_fingerprints(); });
}

std::vector<std::string> record_folders(const RecordSettings& settings) {
  return settings.store.folder.empty() ? std::vector<std::string>{}
                                       : std::vector<std::string>{settings.store.folder};
}

}  // namespace weir::output
