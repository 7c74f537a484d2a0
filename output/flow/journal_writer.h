// The journal of records: files in a folder that are only ever appended to, block by block (block.h).
//
//   FOLDER/flows-00000001.journal, flows-00000002.journal, ...   at most about kMaxFileBytes each
//   FOLDER/lock                                                  held by the one that writes
//
// What a crash or a full disk has left half written is cut off when the journal is opened the next time; a block that could not
// be written is counted as lost, and what stands of it is taken back at once. Records of up to a second are in memory. Used by one
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/flow/record.h"
#include "output/flow/block.h"
#include "output/flow/journal_accounts.h"
#include "output/flow/record_codec.h"

namespace weir::output {

// At the begin of each file.
inline constexpr std::string_view kJournalMagic = "weir flows v. 1\n";
// The files of a journal in their order; empty when there are none.
std::vector<std::string> journal_files(const std::string& folder);

class JournalWriter final : public flow::RecordConsumer {
 public:
  // Makes the folder when it is missing. Fails with a text: it cannot be written to, or somebody else writes to it.
  static tl::expected<std::unique_ptr<JournalWriter>, std::string> open(const std::string& folder);
  ~JournalWriter() override;
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  void take(std::span<const flow::Record> records) override;
  // Writes the accounts, and what records there are before them.
  void write(const std::vector<ExporterAccount>& accounts);
  // Writes what is in memory. To be called once a second.
  void flush();
  // Writes it, and waits for the disk. What is written afterwards is lost.
  void close();

  [[nodiscard]] std::uint64_t records_written() const { return written_; }
  [[nodiscard]] std::uint64_t records_lost() const { return lost_; }
  // Why the last block could not be written; empty when it could.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  // Bytes that were cut off when it was opened: of a block that was not whole.
  [[nodiscard]] std::uint64_t bytes_cut() const { return cut_; }

 private:
  static constexpr std::size_t kContentBytes = std::size_t{256} << 10U;
  static constexpr std::uint64_t kMaxFileBytes = std::uint64_t{256} << 20U;

  explicit JournalWriter(std::string folder);
  tl::expected<void, std::string> lock();
  tl::expected<void, std::string> open_last();
  tl::expected<void, std::string> open_file(const std::string& path);
  bool next_file();
  bool put(Bytes block);
  bool write_block(BlockKind kind, Bytes content, std::uint32_t count);

  std::string folder_;
  int lock_fd_ = -1, fd_ = -1;
  std::uint64_t file_number_ = 0, file_bytes_ = 0;
  BlockPacker packer_;
  RecordEncoder encoder_;
  std::unique_ptr<std::uint8_t[]> content_;
  std::size_t size_ = 0;
  std::uint32_t count_ = 0;
  TimeUs first_ = 0, last_ = 0;
  std::uint64_t written_ = 0, lost_ = 0, cut_ = 0;
  std::string problem_;
};

}  // namespace weir::output
