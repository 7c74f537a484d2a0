#include "engine/capture/pcap_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "engine/capture/capture_reader.h"
#include "output/broken_pipe.h"
#include "output/pcap_format.h"

namespace weir::engine {
namespace {

constexpr std::size_t kFileHeaderBytes = output::kPcapFileHeaderBytes,
                      kRecordHeaderBytes = output::kPcapRecordHeaderBytes;
constexpr std::size_t kBufferBytes = kFileHeaderBytes + kRecordHeaderBytes + 2 * kMaxCaptureLength;
constexpr int kEthernet = 1;
constexpr mode_t kMode = 0640;

int open_for_writing(const std::string& path) {
  if (path == "-") return ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode);
}

std::string packets(std::uint64_t n) {
  return fmt::format("{} packet{}", n, n == 1 ? "" : "s");
}

}  // namespace

bool PcapWriter::open() {
  fd_ = open_for_writing(path_);
  if (fd_ < 0) {
    fail("open");
    return false;
  }
  output::ignore_broken_pipes();
  buffer_.reserve(kBufferBytes);
  ends_.reserve(kBufferBytes / kRecordHeaderBytes);
  return true;
}

PcapWriter::~PcapWriter() {
  if (fd_ >= 0) ::close(fd_);
}

void PcapWriter::begin(int link_type, bool nanoseconds) {
  link_type_ = link_type;
  nanoseconds_ = nanoseconds;
  if (fd_ < 0) return;
  put(output::pcap_file_header(link_type, nanoseconds));
}

void PcapWriter::write(const RawPacket& raw, FineTime fine, Bytes frame) {
  if (raw.link_type != link_type_) {
    other_link_type_ = raw.link_type;
    ++of_other_link_type_;
    return;
  }
  if (fd_ >= 0 && buffer_.size() + kRecordHeaderBytes + frame.size() > kBufferBytes) flush();
  if (fd_ < 0) {
    ++lost_;
    return;
  }
  const std::uint32_t micros = output::microseconds_of(raw.time);
  put(output::pcap_record_header(raw, nanoseconds_ ? micros * 1000 + fine.nanoseconds : micros,
                                 frame.size()));
  put(frame);
  ends_.push_back(static_cast<std::uint32_t>(buffer_.size()));
}

void PcapWriter::flush() {
  std::size_t done = 0;
  while (done < buffer_.size()) {
    const ssize_t n = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  if (done < buffer_.size()) return give_up(done);
  file_bytes_ += done;
  written_ += ends_.size();
  buffer_.clear();
  ends_.clear();
}

// `done` bytes of the buffer are in the file; half a record would make readers stumble.
void PcapWriter::give_up(std::size_t done) {
  fail("write");
  const auto whole = std::upper_bound(ends_.begin(), ends_.end(), done);
  const std::size_t keep = whole != ends_.begin()                         ? *(whole - 1)
                           : file_bytes_ == 0 && done >= kFileHeaderBytes ? kFileHeaderBytes
                                                                          : 0;
  const auto records = static_cast<std::uint64_t>(whole - ends_.begin());
  written_ += records;
  lost_ += ends_.size() - records;
  // What cannot be cut, a pipe or a device, has half a record in it now.
  if (keep != done) (void)!::ftruncate(fd_, static_cast<off_t>(file_bytes_ + keep));
  ::close(fd_);
  fd_ = -1;
  buffer_.clear();
  ends_.clear();
}

void PcapWriter::fail(std::string_view call) {
  error_ = fmt::format("{}: {}: {}", path_, call, std::strerror(errno));
}

void PcapWriter::close(std::vector<std::string>& errors) {
  if (link_type_ < 0) begin(kEthernet, false);
  if (fd_ >= 0) flush();
  if (fd_ >= 0 && ::close(fd_) != 0) fail("close");
  fd_ = -1;
  if (!error_.empty()) errors.push_back(fmt::format("--pcap-out {}; {} not written", error_, packets(lost_)));
  if (of_other_link_type_ != 0)
    errors.push_back(
        fmt::format("--pcap-out {}: {} of link type {} not written: a pcap file has one link type, and that "
                    "of the first packet is "
                    "{}; scan captures of different link types in runs of their own",
                    path_, packets(of_other_link_type_), other_link_type_, link_type_));
}

}  // namespace weir::engine
