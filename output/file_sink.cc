#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "output/sink.h"

namespace weir::output {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;

// Lines are written whole: the buffer holds complete lines only. After a failed write its lines are lost and
// counted, and a line that got half into the file is ended, so that the next one that fits starts on a line
// of its own.
class FileSink final : public Sink {
 public:
  FileSink(int fd, std::string path) : fd_(fd), path_(std::move(path)) { buffer_.reserve(kBufferBytes); }
  ~FileSink() override {
    FileSink::flush();
    ::close(fd_);
  }
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  void write_line(std::string_view line) override {
    if (buffer_.size() + line.size() + 1 > kBufferBytes) flush();
    buffer_.insert(buffer_.end(), line.begin(), line.end());
    buffer_.push_back('\n');
    ++buffered_lines_;
  }

  void flush() override {
    if (buffer_.empty()) return;
    std::string_view left{buffer_.data(), buffer_.size()};
    if (broken_line_ && put("\n") == 1) broken_line_ = false;
    while (!left.empty() && !broken_line_) {
      const ssize_t n = put(left);
      if (n <= 0) break;
      left.remove_prefix(static_cast<std::size_t>(n));
    }
    const std::uint64_t kept = left.empty() ? 0 : give_up(left);
    written(buffered_lines_ - kept);
    buffered_lines_ = 0;
    buffer_.clear();
  }

 private:
  ssize_t put(std::string_view text) {
    ssize_t n = 0;
    do n = ::write(fd_, text.data(), text.size());
    while (n < 0 && errno == EINTR);
    return n;
  }

  // The number of lines that are lost.
  std::uint64_t give_up(std::string_view left) {
    const int error = errno;
    std::uint64_t lines = 0;
    for (const char c : left) lines += c == '\n' ? 1U : 0U;
    if (!broken_line_ && left.size() < buffer_.size())
      broken_line_ = buffer_[buffer_.size() - left.size() - 1] != '\n';
    lost(lines, Loss::write_error, fmt::format("{}: write: {}", path_, std::strerror(error)));
    return lines;
  }

  int fd_;
  std::string path_;
  std::vector<char> buffer_;
  std::uint64_t buffered_lines_ = 0;
  bool broken_line_ = false;  // the file ends in the middle of a line
};

}  // namespace

tl::expected<std::unique_ptr<Sink>, std::string> open_file_sink(const std::string& path, bool append) {
  const int mode = O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC);
  const int fd = ::open(path.c_str(), mode, 0644);
  if (fd < 0) return tl::unexpected(fmt::format("{}: open: {}", path, std::strerror(errno)));
  return std::make_unique<FileSink>(fd, path);
}

}  // namespace weir::output
