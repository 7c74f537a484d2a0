// Reads a journal (journal_writer.h), also while it is being written: what is there when the reader comes to it is read.
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/flow/record.h"
#include "output/flow/block.h"
#include "output/flow/journal_accounts.h"

namespace weir::output {

class JournalReader {
 public:
  // All of a folder's, with what is kept of accounts beside it. Fails with a text: there is no such folder, or nothing in it.
  static tl::expected<JournalReader, std::string> open(const std::string& folder);
  // These files, which are opened at once: that one is removed afterwards changes nothing.
  explicit JournalReader(const std::vector<std::string>& files);
  // False: one could not be opened, which is a problem when it is read.
  [[nodiscard]] bool has_opened_all() const;
  // Bytes at the end of a file that are no whole block: somebody writes it, or was killed when he did.
  [[nodiscard]] std::uint64_t torn_bytes() const { return torn_bytes_; }
  // The system could not read one, though it is there: what was read of it is not all.
  [[nodiscard]] bool has_failed() const { return has_failed_; }

  // Calls for each record, or each account, in the order in which they were written; records and what they point to live as
  // long as the call. A null one is not asked for. May be called again.
  using VisitRecord = std::function<void(const flow::Record&)>;
  using VisitAccount = std::function<void(const ExporterAccount&)>;
  void read(const VisitRecord& record, const VisitAccount& account);

  // "FILE: offset N: what is wrong", of what could not be read. A block that is not whole at the end of the last file is none:
  // somebody may be writing it.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  struct File {
    std::string path;
    std::ifstream in;
    int error = 0;
  };
  void read_file(File& file, bool is_last);
  void fail_at(const std::string& path, std::uint64_t offset);
  bool read_block(const BlockHeader& header, Bytes block);

  std::vector<File> files_;
  bool has_failed_ = false;
  std::uint64_t torn_bytes_ = 0;
  std::vector<std::string> problems_;
  VisitRecord record_;
  VisitAccount account_;
  BlockUnpacker unpacker_;
};

}  // namespace weir::output
