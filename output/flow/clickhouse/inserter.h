// Inserts batches into ClickHouse by a thread of its own, so that who makes records waits neither for the network nor for the server.
//
// Batches wait in memory; when the server is away, or slower than they come, the thread takes them to disk, and they are inserted
// from the oldest on when it is back. An account is kept of every record: inserted, waiting on disk at the end, or lost. A batch may
// be there twice when its answer did not come or left it open, in tables that keep no tokens (flow_table.h); that is counted.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <tl/expected.hpp>

#include "output/flow/clickhouse/batch_folder.h"
#include "output/flow/clickhouse/client.h"
#include "output/flow/clickhouse/flow_table.h"

namespace weir::output::clickhouse {

struct InserterSettings {
  ServerAddress server;
  std::string buffer_folder;  // empty: nothing waits on disk
  std::uint64_t buffer_bytes = std::uint64_t{1} << 30U;
  // Who adds waits when the queue is full, as in a run over files; else what there is no room for is lost.
  bool waits = false;
  // A server that has been away for so long is given up by who waits.
  std::chrono::milliseconds patience{30'000};
};

struct InserterCounters {
  std::uint64_t batches = 0, records = 0, bytes = 0;  // inserted
  std::uint64_t records_lost = 0;
  std::uint64_t failures = 0;                              // calls that had to be made again
  std::uint64_t records_unsure = 0;                        // of batches that may be there twice
  std::uint64_t buffered_batches = 0, buffered_bytes = 0;  // that wait on disk
  std::uint64_t damaged_batches = 0;  // that were set aside: nobody knows how many records
};

class Inserter {
 public:
  static constexpr std::size_t kQueueBytes = std::size_t{64} << 20U;  // in memory, at least one batch
  static constexpr std::chrono::milliseconds kFirstPause{500},
      kLongestPause{30'000};  // between failing calls
  // A server that takes not even a byte for so long is given up at the end; where there is no folder for the rest, and it was there
  // before, as long as a call may be silent.
  static constexpr std::chrono::seconds kPatienceAtEnd{10},
      kLongPatienceAtEnd{Client::kConnectTime + Client::kMostSilence + kPatienceAtEnd};

  // Opens the folder, reads what the address names and looks the host up; starts no thread: the process may be confined
  // afterwards. That the server is not there yet is no failure. Fails with a text.
  static tl::expected<std::unique_ptr<Inserter>, std::string> open(const InserterSettings& settings);
  // Closes it.
  ~Inserter();
  Inserter(const Inserter&) = delete;
  Inserter& operator=(const Inserter&) = delete;

  // Starts the thread with the first call. Never waits for the disk, unless it is to wait (settings). Used by one thread, with
  // close().
  void add(InsertBlock block);
  // Inserts what waits in memory, as long as the server takes it; keeps the rest on disk, or counts it as lost.
  void close();

  // From any thread.
  [[nodiscard]] InserterCounters counters() const;
  // Why the last call has failed, or a batch was lost; empty: none has.
  [[nodiscard]] std::string problem() const;
  [[nodiscard]] const ServerAddress& server() const { return settings_.server; }
  [[nodiscard]] const std::string& buffer_folder() const { return settings_.buffer_folder; }

 private:
  using Clock = std::chrono::steady_clock;
  using Lock = std::unique_lock<std::mutex>;
  explicit Inserter(const InserterSettings& settings) : settings_(settings) {}
  void run();
  void end_thread();
  // With the lock, but not while they ask the server or are at the disk. One batch, from the disk or from memory; false: the server
  // did not take it.
  bool insert_next(Lock& lock);
  bool insert_from_memory(Lock& lock);
  bool insert_from_disk(Lock& lock);
  bool insert(const Batch& batch, Lock& lock);
  void keep_on_disk(Lock& lock);
  void pause(Lock& lock);
  // Without the lock.
  void make_room();
  Answered<void> send(const Batch& batch);
  std::string put_away(const Batch& batch);
  // All of these with mutex_ held.
  [[nodiscard]] bool has_room(std::size_t size) const {
    return memory_.empty() || memory_bytes_ + size <= kQueueBytes ||
           (folder_ != nullptr && memory_bytes_ <= kQueueBytes / 2);  // make_room() comes soon
  }
  [[nodiscard]] bool is_given_up() const;
  [[nodiscard]] bool is_ended() const;
  [[nodiscard]] std::chrono::steady_clock::duration patience_at_end() const;
  void note_done(const Batch& batch);
  void note_failure(const Batch& batch, const Failure& failure);
  void lose(const InsertBlock& block, const std::string& why);
  void lose_memory();
  void publish_folder();
  [[nodiscard]] bool is_idle() const { return memory_.empty() && counters_.buffered_batches == 0; }

  const InserterSettings settings_;
  // Of the thread, while there is one.
  std::unique_ptr<Client> client_;
  std::unique_ptr<BatchFolder> folder_;  // null: none; that stays so
  TableFacts table_;
  bool is_prepared_ = false;  // the table is there
  std::string unsure_token_;  // of the batch that was counted last as one that may be there
  // Of who adds.
  std::uint64_t run_ = 0, number_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> memory_;
  std::size_t memory_bytes_ = 0;  // with the batch that is being inserted
  bool is_away_ = false;          // the last call has failed
  bool is_closing_ = false, has_ended_ = false;
  Clock::time_point closing_since_{}, last_success_{}, away_since_{};
  std::chrono::milliseconds pause_{kFirstPause};
  InserterCounters counters_;
  std::string problem_;
  std::thread thread_;
};

}  // namespace weir::output::clickhouse
