#include "output/flow/export/ipfix_file.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "output/flow/export/export_sender.h"
#include "output/flow/export/template_encoder.h"

namespace weir::output {

class IpfixFile::Writer final : public MessageTaker {
 public:
  Writer(ExportSettings settings, std::unique_ptr<ExportSender> sender)
      : path_(settings.target.path),
        sender_(std::move(sender)),
        encoder_(std::move(settings), std::span<const InterfaceName>{}, *this) {}

  void message(const ExportMessage& message) override { sender_->send(message); }
  [[nodiscard]] ExportFacts facts() const override {
    const SenderCounters& sent = sender_->counters();
    return {.observed = observed_,
            .not_sent = sent.lost,
            .messages = sent.messages,
            .octets = sent.bytes,
            .flows = sent.flows};
  }
  void add(const flow::Record& record) {
    latest_ = std::max({latest_, record.sides[0].last, record.sides[1].last});
    begin();
    ++observed_.records;
    for (const flow::Side& side : record.sides) observed_.add(side);
    encoder_.add(record, latest_);
  }
  tl::expected<void, std::string> finish() {
    begin();
    encoder_.end_session(latest_);
    sender_->tick();
    sender_->end(ExportSender::Clock::now());
    const std::uint64_t lost = sender_->counters().lost.records,
                        too_large = encoder_.counters().left_out_large;
    if (lost != 0)
      return tl::unexpected(
          fmt::format("{}: {} records could not be written: {}", path_, lost, sender_->problem()));
    if (too_large != 0)
      return tl::unexpected(fmt::format(
          "{}: {} records were left out: they say more than a message has room for", path_, too_large));
    return {};
  }

 private:
  void begin() {
    if (!sender_->wants_session()) return;
    encoder_.flush(latest_);
    sender_->begin();
    encoder_.begin_session(latest_);
    sender_->ready();
  }

  const std::string path_;
  std::unique_ptr<ExportSender> sender_;
  TemplateEncoder encoder_;
  ExportTotals observed_;
  TimeUs latest_ = 0;  // of the records: what time messages have
};

IpfixFile::IpfixFile() = default;
IpfixFile::~IpfixFile() = default;

tl::expected<std::unique_ptr<IpfixFile>, std::string> IpfixFile::open(const std::string& path) {
  ExportSettings settings;
  settings.target = {
      .transport = ExportTarget::Transport::file, .text = path, .host = {}, .port = 0, .path = path};
  auto sender = open_ipfix_files(settings);
  if (!sender) return tl::unexpected(sender.error());
  std::unique_ptr<IpfixFile> out(new IpfixFile);
  out->writer_ = std::make_unique<Writer>(std::move(settings), std::move(*sender));
  return out;
}

void IpfixFile::take(std::span<const flow::Record> records) {
  for (const flow::Record& record : records) writer_->add(record);
}

tl::expected<void, std::string> IpfixFile::finish() {
  return writer_->finish();
}

}  // namespace weir::output
