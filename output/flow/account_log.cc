#include "output/flow/account_log.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include "output/flow/journal_reader.h"

namespace weir::output {
namespace {

constexpr std::size_t kContentBytes = std::size_t{64} << 10U;

tl::expected<void, std::string> append(BlockFile& file, const std::vector<ExporterAccount>& accounts) {
  BlockPacker packer;
  std::vector<std::uint8_t> content;
  std::uint32_t count = 0;
  for (const ExporterAccount& account : accounts) {
    append_account(content, account);
    ++count;
    if (content.size() < kContentBytes && &account != &accounts.back()) continue;
    const Bytes block = packer.pack({.kind = BlockKind::accounts, .count = count}, content);
    if (block.empty()) return tl::unexpected(std::string("no memory to pack accounts"));
    if (auto put = file.put(block); !put) return put;
    content.clear();
    count = 0;
  }
  return {};
}

// Writes the file anew, with the last state of each account: of each run, or with all runs (none of which goes on) as one, run 0.
tl::expected<void, std::string> write_anew(const std::string& path, bool runs_are_over) {
  AccountSums sums;
  JournalReader reader(std::vector<std::string>{path});
  reader.read(nullptr, [&](const ExporterAccount& account) { sums.add(account); });
  const std::string fresh = path + ".new";
  (void)std::remove(fresh.c_str());
  auto file = BlockFile::open(fresh);
  if (!file) return tl::unexpected(file.error());
  if (auto put = append(*file, runs_are_over ? sums.sums() : sums.last()); !put) return put;
  file->sync();
  if (std::rename(fresh.c_str(), path.c_str()) != 0)
    return tl::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
  return {};
}

}  // namespace

std::string account_file(const std::string& folder) {
  return folder + "/accounts.journal";
}

tl::expected<AccountLog, std::string> AccountLog::open(const std::string& folder, std::uint64_t most_bytes) {
  const std::string path = account_file(folder);
  auto file = BlockFile::open(path);
  if (file && file->bytes() > most_bytes) {
    if (auto summed = write_anew(path, true); !summed) return tl::unexpected(summed.error());
    file = BlockFile::open(path);
  }
  if (!file) return tl::unexpected(file.error());
  return AccountLog(std::move(*file), most_bytes);
}

// Written anew when it has grown to twice what then was left of it: accounts are appended again and again while a run goes on.
tl::expected<void, std::string> AccountLog::write(const std::vector<ExporterAccount>& accounts) {
  if (file_.bytes() > std::max(most_bytes_, 2 * least_bytes_)) {
    const std::string path = file_.path();
    file_ = BlockFile();
    if (auto summed = write_anew(path, false); !summed) return summed;
    auto file = BlockFile::open(path);
    if (!file) return tl::unexpected(file.error());
    file_ = std::move(*file);
    least_bytes_ = file_.bytes();
  }
  return append(file_, accounts);
}

}  // namespace weir::output
