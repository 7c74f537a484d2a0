#include "output/file_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "output/sink_settings.h"
#include "output/stream_sink.h"

namespace weir::output {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;
constexpr std::time_t kRetryAfter = 1;
constexpr unsigned kMaxSameSecond = 1000;  // files that are full within one second

// An open file of the log.
struct OpenFile {
  int fd = -1;
  std::string name;
  dev_t device = 0;
  ino_t inode = 0;
  std::uint64_t bytes = 0;
  bool regular = false;

  [[nodiscard]] bool is_same(const OpenFile& other) const {
    return device == other.device && inode == other.inode;
  }
  // It may have been moved, and another one put in its place.
  [[nodiscard]] bool is_at_its_name() const {
    struct stat now {};
    return ::stat(name.c_str(), &now) == 0 && now.st_dev == device && now.st_ino == inode;
  }
};

// A link may lead to a device (/dev/null, a terminal), never to a file: somebody who may write into the log's folder would
// choose the file that we write to. Fails with ELOOP.
int open_linked_device(const std::string& name) {
  struct stat info {};
  const int fd = ::open(name.c_str(), O_WRONLY | O_CLOEXEC | O_APPEND | O_NOCTTY | O_NONBLOCK);
  if (fd < 0 && errno != ENOENT) return fd;
  if (fd >= 0 && ::fstat(fd, &info) == 0 && S_ISCHR(info.st_mode) && ::fcntl(fd, F_SETFL, O_APPEND) == 0)
    return fd;
  if (fd >= 0) ::close(fd);
  errno = ELOOP;
  return -1;
}

int open_log(const std::string& name, bool anew, mode_t mode) {
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | O_NOFOLLOW | (anew ? O_TRUNC : 0);
  const int fd = ::open(name.c_str(), flags, mode);
  return fd < 0 && errno == ELOOP ? open_linked_device(name) : fd;
}

const char* open_error(int error) {
  return error == ELOOP
             ? "it is a link, and logs are not written through links; name the file that it leads to"
             : std::strerror(error);
}

tl::expected<OpenFile, std::string> open_file(const FileSinkSettings& settings, std::time_t now, bool anew) {
  OpenFile file;
  file.name = log_name(settings.path, now);
  file.fd = open_log(file.name, anew, settings.mode);
  if (file.fd < 0 && errno == ENOENT && file.name != settings.path) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(file.name).parent_path(), error);
    file.fd = open_log(file.name, anew, settings.mode);
  }
  struct stat info {};
  if (file.fd < 0 || ::fstat(file.fd, &info) != 0) {
    const std::string why = fmt::format("{}: open: {}", file.name, open_error(errno));
    if (file.fd >= 0) ::close(file.fd);
    return tl::unexpected(why);
  }
  file.device = info.st_dev;
  file.inode = info.st_ino;
  file.regular = S_ISREG(info.st_mode);
  file.bytes = file.regular ? static_cast<std::uint64_t>(info.st_size) : 0;
  return file;
}

class FileSink final : public Sink {
 public:
  FileSink(FileSinkSettings settings, OpenFile file)
      : settings_(std::move(settings)),
        timed_(settings_.interval.kind != RotationInterval::Kind::never),
        file_(std::move(file)) {
    buffer_.reserve(kBufferBytes);
    if (timed_) next_ = settings_.interval.next(settings_.clock());
  }
  ~FileSink() override {
    FileSink::flush();
    ::close(file_.fd);
  }
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  void write_line(std::string_view line, const std::shared_ptr<LineCondition>&) override {
    if (timed_) rotate_in_time();
    if (settings_.max_bytes != 0) rotate_when_full(line.size() + 1);
    if (buffer_.size() + line.size() + 1 > kBufferBytes) flush();
    buffer_.insert(buffer_.end(), line.begin(), line.end());
    buffer_.push_back('\n');
    ++buffered_lines_;
  }

  void flush() override {
    if (buffer_.empty()) return;
    std::string_view left{buffer_.data(), buffer_.size()};
    end_broken_line();
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

  void tick() override {
    if (timed_) rotate_in_time();
    if (retry_at_ != 0 && settings_.clock() >= retry_at_) open_next();
  }
  void reopen() override {
    flush();
    open_next();
  }
  void rotate() override {
    flush();
    begin_next(settings_.clock());
  }

 private:
  void rotate_in_time() {
    const std::time_t now = settings_.clock();
    const bool set_back = next_ - now > settings_.interval.seconds + kClockSlack;
    if (now < next_ && !set_back) return;
    const std::time_t due = next_;
    next_ = settings_.interval.next(now);
    if (set_back) return;
    if (settings_.interval.kind == RotationInterval::Kind::every && due + settings_.interval.seconds > now)
      next_ = due + settings_.interval.seconds;
    rotate();
  }
  void rotate_when_full(std::size_t more) {
    const std::uint64_t bytes = file_.bytes + buffer_.size();
    if (bytes == 0 || bytes + more <= settings_.max_bytes) return;
    const std::time_t now = settings_.clock();
    if (now < retry_at_) return;
    flush();
    if (file_.bytes != 0) begin_next(now);
  }

  // Moves the file away unless the next one has another name anyway, and opens that.
  void begin_next(std::time_t now) {
    if (!file_.regular) return;
    end_broken_line();
    if (log_name(settings_.path, now) == file_.name && file_.is_at_its_name()) {
      if (file_.bytes == 0) return;
      if (!move_away(now)) {
        failed(fmt::format("{}: rename: {}", file_.name, std::strerror(errno)));
        retry_at_ = now + kRetryAfter;
        return;
      }
    }
    open_next();
    if (settings_.keep != 0) remove_oldest();
  }
  bool move_away(std::time_t now) const {
    for (unsigned number = 0; number < kMaxSameSecond; ++number) {
      const std::string to = rotated_name(file_.name, now, number);
      // Only we make such names, so that nobody takes it in between.
      if (::access(to.c_str(), F_OK) == 0) continue;
      return ::rename(file_.name.c_str(), to.c_str()) == 0;
    }
    errno = EEXIST;
    return false;
  }
  void open_next() {
    const std::time_t now = settings_.clock();
    auto next = open_file(settings_, now, false);
    retry_at_ = next ? 0 : now + kRetryAfter;
    if (!next) return failed(next.error());
    if (!file_.is_same(*next)) broken_line_ = false;
    ::close(file_.fd);
    file_ = std::move(*next);
  }
  void remove_oldest() {
    const std::vector<std::string> files = earlier_files(settings_.path, file_.name);
    for (std::size_t i = 0; i + settings_.keep < files.size(); ++i)
      if (::unlink(files[i].c_str()) != 0)
        failed(fmt::format("{}: remove: {}", files[i], std::strerror(errno)));
  }

  void end_broken_line() {
    if (broken_line_ && put("\n") == 1) broken_line_ = false;
  }
  ssize_t put(std::string_view text) {
    ssize_t n = 0;
    do n = ::write(file_.fd, text.data(), text.size());
    while (n < 0 && errno == EINTR);
    if (n > 0) file_.bytes += static_cast<std::uint64_t>(n);
    return n;
  }

  // What a write that failed left of a line goes again, so that whoever appends or reads finds whole lines only. False: it stays,
  // as nobody knows any more where the file ends (somebody else writes to it, or it is none).
  bool take_back_half_line(std::string_view in_file) {
    const std::size_t half = in_file.size() - (in_file.rfind('\n') + 1);
    if (half == 0) return true;
    struct stat info {};
    const bool ours = file_.regular && ::fstat(file_.fd, &info) == 0 &&
                      static_cast<std::uint64_t>(info.st_size) == file_.bytes && half <= file_.bytes;
    if (!ours || ::ftruncate(file_.fd, static_cast<off_t>(file_.bytes - half)) != 0) return false;
    file_.bytes -= half;
    return true;
  }

  // The number of lines that are lost.
  std::uint64_t give_up(std::string_view left) {
    const int error = errno;
    std::uint64_t lines = 0;
    for (const char c : left) lines += c == '\n' ? 1U : 0U;
    if (!broken_line_) broken_line_ = !take_back_half_line({buffer_.data(), buffer_.size() - left.size()});
    lost(lines, Loss::write_error, fmt::format("{}: write: {}", file_.name, std::strerror(error)));
    return lines;
  }

  static constexpr std::time_t kClockSlack = 7200;  // days have 25 hours, too
  const FileSinkSettings settings_;
  const bool timed_;
  OpenFile file_;
  std::vector<char> buffer_;
  std::uint64_t buffered_lines_ = 0;
  bool broken_line_ = false;  // the file ends in the middle of a line
  std::time_t next_ = 0;      // rotation by time
  std::time_t retry_at_ = 0;  // when the next file could not be begun; 0: it could
};

}  // namespace

tl::expected<std::unique_ptr<Sink>, std::string> open_file_sink(FileSinkSettings settings) {
  auto file = open_file(settings, settings.clock(), !settings.append);
  if (!file) return tl::unexpected(file.error());
  return std::make_unique<FileSink>(std::move(settings), std::move(*file));
}

// A named pipe at the path is somebody who reads.
const SinkKind sink_regular{
    .name = "regular",
    .alias = "file",
    .settings = no_more_settings,
    .make = [](const SinkSettings& s) -> tl::expected<std::unique_ptr<Sink>, std::string> {
      struct stat info {};
      if (::stat(s.path.c_str(), &info) == 0 && S_ISFIFO(info.st_mode))
        return open_stream_sink({.kind = StreamSinkSettings::Kind::pipe, .path = s.path, .name = s.name});
      return open_file_sink({.path = s.path,
                             .append = s.append,
                             .mode = s.mode,
                             .interval = s.interval,
                             .max_bytes = s.rotate_bytes,
                             .keep = s.rotate_keep});
    }};

}  // namespace weir::output
