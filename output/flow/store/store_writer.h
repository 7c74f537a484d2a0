// Takes records for a store: into the journal at once, and from there, a million records or ten minutes later, into files of Parquet by
// threads of its own.
//
// Packets and datagrams never wait for that: what is not sealed yet stands in the journal, and is read from there. All members are called by
// one thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/flow/record.h"
#include "output/flow/account_log.h"
#include "output/flow/journal_writer.h"
#include "output/flow/store/store_expiry.h"
#include "output/flow/store/store_sealer.h"

namespace weir::output {

struct StoreSettings {
  std::string folder;
  unsigned sealers = 1;            // threads: one live, one a core for files
  TimeUs seal_every = kSealEvery;  // by the clock of tick()
  ExpiryLimits limits;

  static constexpr TimeUs kSealEvery = TimeUs{600} * 1'000'000;
  // weir.flows.store.seal-interval, and the limits.
  void read(const Settings& root);
};

class StoreWriter final : public flow::RecordConsumer {
 public:
  // Makes the folder when it is missing, and begins to seal what an earlier run has left in the journal. Fails with a text: it cannot
  // be written to, or somebody else writes to it.
  static tl::expected<std::unique_ptr<StoreWriter>, std::string> open(const StoreSettings& settings);
  ~StoreWriter() override;
  StoreWriter(const StoreWriter&) = delete;
  StoreWriter& operator=(const StoreWriter&) = delete;

  void take(std::span<const flow::Record> records) override;
  void write(const std::vector<ExporterAccount>& accounts);
  // Writes what is in memory to the journal. To be called about once a second.
  void tick(TimeUs now);
  // Seals all that has been taken, and waits for it. What is written afterwards is lost.
  void close();

  [[nodiscard]] std::uint64_t records_written() const { return journal_->records_written(); }
  [[nodiscard]] std::uint64_t records_lost() const { return journal_->records_lost(); }
  // Why the journal could not be written last; empty when it could.
  [[nodiscard]] const std::string& problem() const { return journal_->problem(); }
  // What went wrong while sealing since the last call, a line each: nothing is lost by it, unless the line says so.
  std::vector<std::string> take_problems();
  // What somebody should know of since the last call: what had to go as the disk was full, torn ends that a killed run has left.
  std::vector<std::string> take_notes();

 private:
  StoreWriter(StoreSettings settings, std::unique_ptr<JournalWriter> journal, AccountLog accounts);
  void next_segment();
  void seal_until_closed();
  void seal(StoreSealer& sealer, const std::string& journal);
  void merge(StoreSealer& sealer);
  [[nodiscard]] std::uint64_t least_unsealed() const;  // with mutex_ held
  void expire();
  bool make_room(bool takes_records);
  void tell(std::string problem);
  void note(std::string text);

  static constexpr std::size_t kMostProblems = 100;

  StoreSettings settings_;
  std::unique_ptr<JournalWriter> journal_;
  AccountLog accounts_;
  TimeUs file_begun_ = std::numeric_limits<TimeUs>::max();  // before the first tick: later than that

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::string> waiting_;  // files of the journal that are to be sealed
  std::vector<std::string> busy_;    // that are being sealed
  std::vector<std::string> failed_;  // that could not be; tried again with the next one
  std::uint64_t current_ = 0;        // the one that is written
  bool is_closed_ = false, is_merging_ = false, cannot_merge_ = false;
  std::size_t problems_left_out_ = 0;
  std::uint64_t files_without_rollup_ = 0;  // with removal_ held
  std::mutex removal_;                      // one thread at a time removes what is too much
  std::vector<std::string> problems_, notes_;
  std::vector<std::jthread> threads_;
};

}  // namespace weir::output
