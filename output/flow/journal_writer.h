// The journal of records: what has come and does not yet stand in the store's own files.
//
//   FOLDER/flows-00000001.journal, flows-00000002.journal, ...   appended to, block by block (block.h)
//   FOLDER/lock                                                  held by the one that writes
//
// What a crash or a full disk has left half written is cut off when the journal is opened the next time; a block that could not
// be written is counted as lost, and what stands of it is taken back at once. Records of up to a second are in memory. Used by one
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/flow/record.h"
#include "output/flow/block.h"
#include "output/flow/block_file.h"
#include "output/flow/record_codec.h"

namespace weir::output {

// The files of a journal in their order; empty when there are none.
std::vector<std::string> journal_files(const std::string& folder);
// "FOLDER/flows-00000001.journal"
std::string journal_path(const std::string& folder, std::uint64_t number);
// None: the name is none of a journal's file.
std::optional<std::uint64_t> journal_number(std::string_view path);

class JournalWriter final : public flow::RecordConsumer {
 public:
  // Makes the folder when it is missing. Fails with a text: it cannot be written to, or somebody else writes to it.
  // Goes on with the last file, or begins one with a number of at least what `least_number` says: it is asked when nobody else can write
  // any more.
  using LeastNumber = std::function<std::uint64_t()>;
  static tl::expected<std::unique_ptr<JournalWriter>, std::string> open(const std::string& folder,
                                                                        const LeastNumber& least_number = {});
  ~JournalWriter() override;
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  void take(std::span<const flow::Record> records) override;
  // Writes what is in memory. To be called once a second.
  void flush();
  // Writes it, and begins another file. False: that could not be made, and problem() says why; the old one goes on.
  bool next_file();
  // Writes it, and waits for the disk. What is written afterwards is lost.
  void close();

  [[nodiscard]] std::uint64_t records_written() const { return written_; }
  [[nodiscard]] std::uint64_t records_lost() const { return lost_; }
  // Why the last block could not be written; empty when it could.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  // Of the file that is being written: its number, and the records and bytes that this writer put there.
  [[nodiscard]] std::uint64_t file_number() const { return file_number_; }
  [[nodiscard]] std::uint64_t file_content_bytes() const { return file_content_bytes_ + size_; }  // unpacked
  [[nodiscard]] std::uint64_t file_records() const { return file_records_ + count_; }
  [[nodiscard]] bool is_file_empty() const { return file_.is_empty() && count_ == 0; }
  // Bytes that were cut off when it was opened: of a block that was not whole.
  [[nodiscard]] std::uint64_t bytes_cut() const { return cut_; }

 private:
  static constexpr std::size_t kContentBytes = std::size_t{256} << 10U;

  explicit JournalWriter(std::string folder);
  tl::expected<void, std::string> lock();
  tl::expected<void, std::string> open_file(std::uint64_t number);

  std::string folder_;
  int lock_fd_ = -1;
  BlockFile file_;
  std::uint64_t file_number_ = 0, file_records_ = 0, file_content_bytes_ = 0;
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
