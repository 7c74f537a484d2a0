// Keeps the accounts of exporters beside the journal: FOLDER/accounts.journal, appended to block by block (block.h), and written anew
// when it has grown. Used by one thread.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "output/flow/block_file.h"
#include "output/flow/journal_accounts.h"

namespace weir::output {

std::string account_file(const std::string& folder);

class AccountLog {
 public:
  // A file that is longer than this is written anew, with nothing twice.
  static constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 20U;

  // The folder is there, and nobody else writes to it. Fails with "FILE: reason".
  static tl::expected<AccountLog, std::string> open(const std::string& folder,
                                                    std::uint64_t most_bytes = kMostBytes);
  // Appends the state of those that changed. Fails with a text; it is written again with the next change.
  tl::expected<void, std::string> write(const std::vector<ExporterAccount>& accounts);

 private:
  AccountLog(BlockFile file, std::uint64_t most_bytes) : file_(std::move(file)), most_bytes_(most_bytes) {}
  BlockFile file_;
  std::uint64_t most_bytes_;
  std::uint64_t least_bytes_ = 0;  // when it was written anew last
};

}  // namespace weir::output
