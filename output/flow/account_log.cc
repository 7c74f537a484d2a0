#include "output/flow/account_log.h"

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

// What all runs so far have counted becomes that of one, run 0.
tl::expected<void, std::string> sum_up(const std::string& path) {
  AccountSums sums;
  JournalReader reader(std::vector<std::string>{path});
  reader.read(nullptr, [&](const ExporterAccount& account) { sums.add(account); });
  const std::string fresh = path + ".new";
  (void)std::remove(fresh.c_str());
  auto file = BlockFile::open(fresh);
  if (!file) return tl::unexpected(file.error());
  if (auto put = append(*file, sums.sums()); !put) return put;
  file->sync();
  if (std::rename(fresh.c_str(), path.c_str()) != 0)
    return tl::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
  return {};
}

}  // namespace

std::string account_file(const std::string& folder) {
  return folder + "/accounts.journal";
}

tl::expected<AccountLog, std::string> AccountLog::open(const std::string& folder) {
  const std::string path = account_file(folder);
  auto file = BlockFile::open(path);
  if (file && file->bytes() > kMostBytes) {
    if (auto summed = sum_up(path); !summed) return tl::unexpected(summed.error());
    file = BlockFile::open(path);
  }
  if (!file) return tl::unexpected(file.error());
  return AccountLog(std::move(*file));
}

tl::expected<void, std::string> AccountLog::write(const std::vector<ExporterAccount>& accounts) {
  return append(file_, accounts);
}

}  // namespace weir::output
