#include "output/flow/journal_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "decoders/byte_cursor.h"
#include "output/flow/account_log.h"
#include "output/flow/journal_writer.h"
#include "output/flow/record_codec.h"

namespace weir::output {
namespace {

// Fewer than asked for at the end.
std::size_t get(std::ifstream& in, std::vector<std::uint8_t>& into, std::size_t at, std::size_t bytes) {
  into.resize(at + bytes);
  in.read(reinterpret_cast<char*>(into.data() + at), static_cast<std::streamsize>(bytes));
  return static_cast<std::size_t>(in.gcount());
}

// From an offset to the end.
std::uint64_t bytes_left(std::ifstream& in, std::uint64_t offset) {
  in.clear();
  const auto end = static_cast<std::uint64_t>(in.seekg(0, std::ios::end).tellg());
  return end > offset ? end - offset : 0;
}

}  // namespace

tl::expected<JournalReader, std::string> JournalReader::open(const std::string& folder) {
  std::vector<std::string> files = journal_files(folder);
  if (std::error_code error; std::filesystem::exists(account_file(folder), error))
    files.insert(files.begin(), account_file(folder));
  if (files.empty()) return tl::unexpected(fmt::format("{}: there are no flow records", folder));
  return JournalReader(files);
}

JournalReader::JournalReader(const std::vector<std::string>& files) {
  for (const std::string& path : files) {
    File& file = files_.emplace_back();
    file.path = path;
    file.in.open(path, std::ios::binary);
    if (!file.in) file.error = errno;
  }
}

bool JournalReader::has_opened_all() const {
  return std::all_of(files_.begin(), files_.end(), [](const File& file) { return file.error == 0; });
}

void JournalReader::read(const VisitRecord& record, const VisitAccount& account) {
  record_ = record;
  account_ = account;
  // Somebody may be appending to the last one, and to the accounts.
  for (File& file : files_) read_file(file, &file == &files_.back() || !journal_number(file.path));
}

void JournalReader::read_file(File& file, bool is_last) {
  const std::string& path = file.path;
  std::ifstream& in = file.in;
  if (file.error != 0) {
    problems_.push_back(fmt::format("{}: {}", path, std::strerror(file.error)));
    return;
  }
  in.clear();
  in.seekg(0);
  std::vector<std::uint8_t> bytes;
  std::uint64_t offset = kJournalMagic.size();
  const bool is_begun = get(in, bytes, 0, kJournalMagic.size()) == kJournalMagic.size();
  if (!is_begun && is_last) return;
  if (!is_begun || !std::equal(kJournalMagic.begin(), kJournalMagic.end(), bytes.begin())) {
    problems_.push_back(fmt::format("{}: offset 0: no journal of flow records", path));
    return;
  }
  for (;;) {
    const std::size_t head = get(in, bytes, 0, kBlockHeaderBytes);
    if (in.bad()) return fail_at(path, offset);
    if (head == 0) return;
    const auto header = head == kBlockHeaderBytes ? parse_block_header(bytes) : std::nullopt;
    const bool is_whole =
        header && get(in, bytes, kBlockHeaderBytes, header->stored_bytes) == header->stored_bytes;
    if (in.bad()) return fail_at(path, offset);
    if (!is_whole) {
      const bool is_torn = is_last && (head < kBlockHeaderBytes || header);
      if (is_torn)
        torn_bytes_ += bytes_left(in, offset);
      else
        problems_.push_back(fmt::format("{}: offset {}: damaged; what follows is not read", path, offset));
      return;
    }
    if (!read_block(*header, bytes))
      problems_.push_back(fmt::format("{}: offset {}: a damaged block", path, offset));
    offset += kBlockHeaderBytes + header->stored_bytes;
  }
}

void JournalReader::fail_at(const std::string& path, std::uint64_t offset) {
  has_failed_ = true;
  problems_.push_back(
      fmt::format("{}: offset {}: it cannot be read further: {}", path, offset, std::strerror(EIO)));
}

bool JournalReader::read_block(const BlockHeader& header, Bytes block) {
  const bool wanted = header.kind == BlockKind::records ? record_ != nullptr : account_ != nullptr;
  if (!wanted || (header.kind != BlockKind::records && header.kind != BlockKind::accounts)) return true;
  const auto content = unpacker_.unpack(header, block);
  if (!content) return false;
  ByteCursor in{*content};
  if (header.kind == BlockKind::accounts) {
    ExporterAccount account;
    while (!in.empty() && take_account(in, account)) account_(account);
    return !in.failed();
  }
  RecordDecoder decoder;
  flow::Record record;
  flow::Detail detail;
  while (!in.empty() && decoder.decode(in, record, detail)) record_(record);
  return !in.failed();
}

}  // namespace weir::output
