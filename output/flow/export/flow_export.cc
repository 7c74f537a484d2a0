#include "output/flow/export/flow_export.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "decoders/clock.h"
#include "output/flow/export/export_sender.h"
#include "output/flow/export/netflow5_encoder.h"
#include "output/flow/export/template_encoder.h"

namespace weir::output {
namespace {

std::uint64_t hash_of_end(const IpAddress& address, std::uint16_t port, std::uint64_t seed) {
  std::uint64_t hash = seed;
  const auto mix = [&hash](std::uint64_t value) { hash = (hash ^ value) * 0x9e3779b97f4a7c15U; };
  for (const std::uint8_t byte : address.bytes) mix(byte);
  mix(port);
  return hash ^ (hash >> 32U);
}

// The same for both directions, and for all parts of a flow.
std::uint64_t hash_of_flow(const flow::Record& r) {
  return hash_of_end(r.source, r.source_port, r.protocol) +
         hash_of_end(r.destination, r.destination_port, r.protocol);
}

std::unique_ptr<FlowEncoder> make_encoder(const ExportSettings& settings,
                                          std::span<const InterfaceName> interfaces, MessageTaker& to) {
  if (settings.format == ExportFormat::netflow5)
    return std::make_unique<Netflow5Encoder>(settings, interfaces, to);
  return std::make_unique<TemplateEncoder>(settings, interfaces, to);
}

}  // namespace

// One collector: its encoder and its sender.
class FlowExport::Link final : public MessageTaker {
 public:
  Link(const ExportSettings& settings, std::span<const InterfaceName> interfaces, const Missed& missed,
       std::unique_ptr<ExportSender> sender)
      : name_(settings.target.text),
        missed_(missed),
        sender_(std::move(sender)),
        encoder_(make_encoder(settings, interfaces, *this)) {}

  void message(const ExportMessage& message) override { sender_->send(message); }
  [[nodiscard]] ExportFacts facts() const override {
    const SenderCounters& sent = sender_->counters();
    ExportFacts out{.observed = observed_,
                    .ignored_packets = missed_.packets.load(std::memory_order_relaxed),
                    .not_sent = sent.lost,
                    .messages = sent.messages,
                    .octets = sent.bytes,
                    .flows = sent.flows};
    out.not_sent.records += missed_.records;
    return out;
  }

  void add(const flow::Record& record, TimeUs now) {
    ++observed_.records;
    for (const flow::Side& side : record.sides) observed_.add(side);
    encoder_->add(record, now);
  }
  // Begins a session when one is due: what was encoded so far belongs to the last one.
  void service(TimeUs now) {
    is_behind_ = sender_->keep_pace();
    if (!sender_->wants_session()) return;
    encoder_->flush(now);
    sender_->begin();
    encoder_->begin_session(now);
    sender_->ready();
  }
  void flush(TimeUs now) {
    encoder_->flush(now);
    sender_->tick();
  }
  // Waits for who reads until then; `last`: and for him to take leave.
  void close(TimeUs now, Clock::time_point until, Clock::time_point last) {
    service(now);
    encoder_->end_session(now);
    sender_->tick();
    while (sender_->has_waiting() && Clock::now() < until) {
      sender_->wait(until);
      service(now);
      sender_->tick();
    }
    sender_->end(last);
  }

  void append_errors(std::vector<std::string>& errors) const {
    if (const SenderCounters& sent = sender_->counters(); sent.lost_messages != 0)
      errors.push_back(fmt::format("--flow-export {}: {} flow records were not sent, in {} messages: {}",
                                   name_, sent.lost.records, sent.lost_messages, sender_->problem()));
  }
  void append_notes(std::vector<std::string>& notes) const {
    const EncoderCounters& e = encoder_->counters();
    if (e.left_out_v6 != 0)
      notes.push_back(fmt::format(
          "--flow-export {}: {} flow records of IPv6 were left out: NetFlow version 5 has none; take "
          "netflow9 or ipfix",
          name_, e.left_out_v6));
    if (const std::uint64_t bytes = sender_->counters().unconfirmed_bytes; bytes != 0)
      notes.push_back(fmt::format(
          "--flow-export {}: up to {} bytes that were sent are not confirmed: a connection ended before "
          "the collector said that it has them",
          name_, bytes));
    if (e.left_out_large != 0)
      notes.push_back(
          fmt::format("--flow-export {}: {} flow records were left out: they count or say more than the "
                      "protocol or a message has room for",
                      name_, e.left_out_large));
  }
  [[nodiscard]] bool is_behind() const { return is_behind_; }
  [[nodiscard]] const SenderCounters& sent() const { return sender_->counters(); }
  [[nodiscard]] std::uint64_t left_out() const {
    return encoder_->counters().left_out_v6 + encoder_->counters().left_out_large;
  }

 private:
  const std::string name_;
  const Missed& missed_;
  std::unique_ptr<ExportSender> sender_;
  std::unique_ptr<FlowEncoder> encoder_;
  ExportTotals observed_;
  bool is_behind_ = false;
};

FlowExport::FlowExport(FlowExportSettings settings, Time time)
    : settings_(std::move(settings)), time_(time) {}
FlowExport::~FlowExport() = default;

template <class F>
void FlowExport::for_each_link(F&& f) const {
  for (const auto& link : files_) f(*link);
  for (const auto& link : collectors_) f(*link);
}

tl::expected<std::unique_ptr<FlowExport>, std::string> FlowExport::open(FlowExportSettings settings,
                                                                        Time time) {
  std::unique_ptr<FlowExport> out(new FlowExport(std::move(settings), time));
  for (const ExportSettings& collector : out->settings_.collectors) {
    auto sender = open_export_sender(collector, time == Time::packets);
    if (!sender) return tl::unexpected(fmt::format("--flow-export {}", sender.error()));
    const bool is_file = collector.target.transport == ExportTarget::Transport::file;
    (is_file ? out->files_ : out->collectors_)
        .push_back(
            std::make_unique<Link>(collector, out->settings_.interfaces, out->missed_, std::move(*sender)));
  }
  return out;
}

TimeUs FlowExport::now() const {
  return time_ == Time::system ? wall_clock() : latest_;
}

void FlowExport::take(std::span<const flow::Record> records) {
  TimeUs at = now();
  for (const auto& link : collectors_) link->service(at);
  for (const flow::Record& r : records) {
    latest_ = std::max({latest_, r.sides[0].last, r.sides[1].last});
    if (time_ == Time::packets) at = latest_;
    // Where a file ends does not hang on how records come together.
    for (const auto& link : files_) {
      link->service(at);
      link->add(r, at);
    }
    if (settings_.by_flow && !collectors_.empty())
      collectors_[hash_of_flow(r) % collectors_.size()]->add(r, at);
    else
      for (const auto& link : collectors_) link->add(r, at);
  }
  publish();
}

void FlowExport::tick(TimeUs now_of_run) {
  latest_ = std::max(latest_, now_of_run);
  const TimeUs at = now();
  for_each_link([at](Link& link) { link.service(at); });
  if (const auto clock = Clock::now(); settings_.flushes && clock >= next_flush_) {
    next_flush_ = clock + kFlushEvery;
    for_each_link([at](Link& link) { link.flush(at); });
  }
  publish();
}

// They are among the user's own elements.
bool FlowExport::wants_fingerprints() const {
  return std::any_of(settings_.collectors.begin(), settings_.collectors.end(),
                     [](const ExportSettings& c) { return c.enterprise != 0 && is_ipfix(c.format); });
}

bool FlowExport::is_behind() const {
  bool out = false;
  for_each_link([&out](const Link& link) { out = out || link.is_behind(); });
  return out;
}

void FlowExport::close(std::vector<std::string>& errors) {
  const auto until = Clock::now() + settings_.patience;
  const TimeUs at = now();
  for_each_link([&](Link& link) {
    link.close(at, until, until + kAllGoodbyes);
    link.append_errors(errors);
  });
  publish();
}

void FlowExport::append_notes(std::vector<std::string>& notes) const {
  for_each_link([&notes](const Link& link) { link.append_notes(notes); });
}

void FlowExport::publish() {
  std::uint64_t messages = 0, bytes = 0, flows = 0, lost = 0, left_out = 0;
  for_each_link([&](const Link& link) {
    messages += link.sent().messages;
    bytes += link.sent().bytes;
    flows += link.sent().flows;
    lost += link.sent().lost.records;
    left_out += link.left_out();
  });
  const auto put = [](std::atomic<std::uint64_t>& to, std::uint64_t value) {
    to.store(value, std::memory_order_relaxed);
  };
  put(published_.messages, messages);
  put(published_.bytes, bytes);
  put(published_.flows, flows);
  put(published_.lost, lost);
  put(published_.left_out, left_out);
}

void FlowExport::append_counters(std::vector<CounterValue>& values) const {
  const auto get = [](const std::atomic<std::uint64_t>& from) {
    return from.load(std::memory_order_relaxed);
  };
  values.emplace_back("weir.flow_export.messages", get(published_.messages));
  values.emplace_back("weir.flow_export.bytes", get(published_.bytes));
  values.emplace_back("weir.flow_export.records", get(published_.flows));
  values.emplace_back("weir.flow_export.records_lost", get(published_.lost));
  values.emplace_back("weir.flow_export.records_left_out", get(published_.left_out));
}

}  // namespace weir::output
