// Reads a journal (journal_writer.h), also while it is being written: what is there when the reader comes to it is read.
#pragma once

#include <cstdint>
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
  // Fails with a text: there is no such folder, or no journal in it.
  static tl::expected<JournalReader, std::string> open(const std::string& folder);

  // Calls for each record, or each account, in the order in which they were written; records and what they point to live as
  // long as the call. A null one is not asked for.
  using VisitRecord = std::function<void(const flow::Record&)>;
  using VisitAccount = std::function<void(const ExporterAccount&)>;
  void read(const VisitRecord& record, const VisitAccount& account);

  // "FILE: offset N: what is wrong", of what could not be read. A block that is not whole at the end of the last file is none:
  // somebody may be writing it.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  explicit JournalReader(std::vector<std::string> files) : files_(std::move(files)) {}
  void read_file(const std::string& path, bool is_last);
  bool read_block(const BlockHeader& header, Bytes block);

  std::vector<std::string> files_;
  std::vector<std::string> problems_;
  VisitRecord record_;
  VisitAccount account_;
  BlockUnpacker unpacker_;
};

}  // namespace weir::output
