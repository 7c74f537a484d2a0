#include "output/pcap_files.h"

#include <fcntl.h>
#include <lz4frame.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "output/pcap_format.h"

namespace weir::output {
namespace {

constexpr std::size_t kGatherBytes = std::size_t{256} << 10U;
constexpr std::size_t kBufferBytes =
    kGatherBytes + kPcapFileHeaderBytes + kPcapRecordHeaderBytes + kPcapSnapLength;
constexpr std::chrono::seconds kTryAgain{1};
constexpr mode_t kMode = 0640, kFolderMode = 0750;

void make_folder_of(const std::string& path) {
  std::error_code error;  // that it is not there is told by open()
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && std::filesystem::create_directories(folder, error))
    std::filesystem::permissions(folder, static_cast<std::filesystem::perms>(kFolderMode), error);
}

LZ4F_preferences_t preferences(const PacketLogSettings& settings) {
  LZ4F_preferences_t out{};
  out.compressionLevel = settings.lz4_level;
  out.frameInfo.contentChecksumFlag =
      settings.lz4_checksum ? LZ4F_contentChecksumEnabled : LZ4F_noContentChecksum;
  return out;
}

}  // namespace

PcapFiles::PcapFiles(const PacketLogSettings& settings, std::deque<std::string> earlier)
    : settings_(settings), paths_(std::move(earlier)) {
  gathered_.reserve(kBufferBytes);
  ends_.reserve(kBufferBytes / kPcapRecordHeaderBytes);
  if (settings.lz4) {
    const LZ4F_preferences_t how = preferences(settings);
    packed_.resize(LZ4F_compressFrameBound(kBufferBytes, &how));
  }
}

PcapFiles::~PcapFiles() {
  close();
}

void PcapFiles::begin(std::string path, int link_type) {
  close();
  path_ = std::move(path);
  link_type_ = link_type;
  open();
}

void PcapFiles::open() {
  tried_ = std::chrono::steady_clock::now();
  make_folder_of(path_);
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kMode);
  if (fd_ < 0) return fail("open");
  file_bytes_ = 0;
  if (settings_.max_files != 0) paths_.push_back(path_);
  const std::lock_guard guard(lock_);
  ++counters_.files;
  while (settings_.max_files != 0 && paths_.size() > settings_.max_files) remove_oldest();
}

void PcapFiles::remove_oldest() {
  counters_.removed += ::unlink(paths_.front().c_str()) == 0;
  paths_.pop_front();
}

void PcapFiles::put(Bytes bytes) {
  const std::size_t at = gathered_.size();
  gathered_.resize(at + bytes.size());
  std::copy(bytes.begin(), bytes.end(), gathered_.begin() + static_cast<std::ptrdiff_t>(at));
}

void PcapFiles::write(const RawPacket& raw) {
  if (fd_ < 0 && !path_.empty() && std::chrono::steady_clock::now() - tried_ >= kTryAgain) open();
  if (fd_ < 0) {
    const std::lock_guard guard(lock_);
    ++counters_.write_errors;
    return;
  }
  const Bytes bytes = raw.bytes.first(std::min<std::size_t>(raw.bytes.size(), kPcapSnapLength));
  if (file_bytes_ == 0 && gathered_.empty()) put(pcap_file_header(link_type_, false));
  put(pcap_record_header(raw, microseconds_of(raw.time), bytes.size()));
  put(bytes);
  ends_.push_back(static_cast<std::uint32_t>(gathered_.size()));
  if (gathered_.size() >= kGatherBytes) flush();
}

// What is gathered becomes one LZ4 frame.
bool PcapFiles::pack() {
  const LZ4F_preferences_t how = preferences(settings_);
  packed_.resize(LZ4F_compressFrameBound(gathered_.size(), &how));
  const std::size_t size =
      LZ4F_compressFrame(packed_.data(), packed_.size(), gathered_.data(), gathered_.size(), &how);
  if (LZ4F_isError(size) != 0) return false;
  packed_.resize(size);
  return true;
}

void PcapFiles::flush() {
  if (fd_ < 0 || gathered_.empty()) return;
  if (!settings_.lz4)
    write_out(gathered_);
  else if (pack())
    write_out(packed_);
  else
    settle(0, 0);
  gathered_.clear();
  ends_.clear();
}

// Half a record would make readers stumble, and of an LZ4 frame nothing is of use but all of it.
void PcapFiles::write_out(Bytes bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n =
        ::pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(file_bytes_ + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  if (done == bytes.size()) return settle(ends_.size(), done);
  fail("write");
  const auto whole = settings_.lz4 ? ends_.begin() : std::upper_bound(ends_.begin(), ends_.end(), done);
  const std::size_t keep = whole == ends_.begin() ? 0 : *(whole - 1);
  (void)!::ftruncate(fd_, static_cast<off_t>(file_bytes_ + keep));
  settle(static_cast<std::size_t>(whole - ends_.begin()), keep);
}

void PcapFiles::settle(std::size_t records, std::uint64_t bytes) {
  file_bytes_ += bytes;
  const std::lock_guard guard(lock_);
  counters_.packets += records;
  counters_.bytes += bytes;
  counters_.write_errors += ends_.size() - records;
}

void PcapFiles::close() {
  flush();
  if (fd_ >= 0 && ::close(fd_) != 0) fail("close");
  fd_ = -1;
}

void PcapFiles::fail(std::string_view call) {
  const int error = errno;
  const std::lock_guard guard(lock_);
  if (first_error_.empty()) first_error_ = fmt::format("{}: {}: {}", path_, call, std::strerror(error));
}

PacketLogCounters PcapFiles::counters() const {
  const std::lock_guard guard(lock_);
  return counters_;
}

std::string PcapFiles::first_error() const {
  const std::lock_guard guard(lock_);
  return first_error_;
}

}  // namespace weir::output
