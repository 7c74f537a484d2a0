// Receives what exporters send: decodes it, keeps the records in a store or hands them to somebody else, keeps accounts, and
// remembers templates over a restart. Used by one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/flow/decoder.h"
#include "decoders/ip_network.h"
#include "engine/flows/loss_watch.h"
#include "engine/flows/record_judge.h"
#include "output/flow/store/store_writer.h"

namespace weir::engine {

struct CollectorSettings {
  output::StoreSettings store;     // where records are kept; no folder: they go to `instead`
  std::string state;               // folder that templates are kept in; empty: they are not
  std::vector<IpNetwork> allowed;  // exporters; empty: all
  std::uint32_t enterprise = 0;    // under which exporters of ours send own elements; 0: those are not read
};

struct CollectorTotals {
  std::uint64_t datagrams = 0, refused = 0;  // of exporters that are not allowed
  std::uint64_t records_written = 0, records_lost = 0;
};

// Hands records on to two.
class BothConsumers final : public flow::RecordConsumer {
 public:
  BothConsumers(flow::RecordConsumer& first, flow::RecordConsumer& second) : first_(first), second_(second) {}
  void take(std::span<const flow::Record> records) override {
    first_.take(records);
    second_.take(records);
  }

 private:
  flow::RecordConsumer &first_, &second_;
};

class Collector {
 public:
  // `instead` takes records when there is no store; `judge` (null: nobody) sees them before, and hears of gaps; `also` (null: nobody)
  // takes them besides the store. All live as long as the collector. Fails with a text.
  static tl::expected<std::unique_ptr<Collector>, std::string> open(const CollectorSettings& settings,
                                                                    TimeUs now, flow::RecordConsumer* instead,
                                                                    RecordJudge* judge = nullptr,
                                                                    flow::RecordConsumer* also = nullptr);

  void datagram(const flow::Source& source, TimeUs received, Bytes bytes);
  // Takes records that come by no flow protocol.
  [[nodiscard]] flow::RecordConsumer& records() { return *consumer_; }
  // To be called about once a second: writes what is in memory, accounts and state now and then.
  void tick(TimeUs now);
  // Writes everything.
  void finish(TimeUs now);

  // What somebody should know, a line each: losses, templates that do not come, records that could not be written. Of each
  // exporter and domain once a minute at most, and at the end; at most kMostNotices, and how many more there were.
  std::vector<std::string> take_notices();
  [[nodiscard]] CollectorTotals totals() const;
  void for_each_account(const flow::FlowDecoder::VisitAccount& visit) const {
    decoder_->for_each_account(visit);
  }

  static constexpr std::size_t kMostNotices = 20;

 private:
  explicit Collector(const CollectorSettings& settings) : settings_(settings) {}
  using AccountKey = std::pair<IpAddress, std::optional<std::uint32_t>>;

  [[nodiscard]] bool is_allowed(const IpAddress& exporter) const;
  tl::expected<void, std::string> load_state(TimeUs now);
  void save_state();
  void write_accounts();
  void tell_store_problems();
  void look_for_losses(TimeUs now, bool is_last);
  void notice(std::string text);

  CollectorSettings settings_;
  std::unique_ptr<output::StoreWriter> store_;
  std::optional<BothConsumers> both_;  // the store, and who takes records besides
  RecordJudge* judge_ = nullptr;
  flow::RecordConsumer* consumer_ = nullptr;  // the judge, the store or whoever is there instead
  std::optional<flow::FlowDecoder> decoder_;
  std::uint64_t run_ = 0;  // names this collector in the accounts
  std::map<AccountKey, flow::Account> written_accounts_;
  LossWatch losses_;
  TimeUs next_accounts_ = 0, next_state_ = 0;
  std::uint64_t saved_state_ = 0;  // its hash
  std::vector<std::string> notices_;
  std::size_t notices_left_out_ = 0;
  std::uint64_t datagrams_ = 0, refused_ = 0, told_refused_ = 0, told_records_lost_ = 0;
};

}  // namespace weir::engine
