// IPFIX files (RFC 5655): messages one after another, each file a session of its own.
//
// A full file is renamed as logs are (rotation.h). One that is there already when a run begins is moved away likewise: what is
// in it may be of another session. A message that could not be written whole is cut off again; as templates may be lost with
// it, a new session begins, a while later.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "output/flow/export/export_sender.h"
#include "output/rotation.h"

namespace weir::output {
namespace {

constexpr std::size_t kGather = std::size_t{256} << 10U;
constexpr mode_t kFileMode = 0640;
constexpr unsigned kMaxSameName = 1000;  // files that are full within one second
constexpr std::time_t kTryAgainAfter = 1;

class IpfixFiles final : public ExportSender {
 public:
  explicit IpfixFiles(const ExportSettings& settings)
      : pattern_(settings.target.path),
        most_bytes_(settings.rotate_bytes),
        interval_(settings.rotate_interval),
        is_timed_(interval_.kind != RotationInterval::Kind::never) {
    gathered_.reserve(kGather + kMaxMtu);
  }
  ~IpfixFiles() override { close_file(); }
  IpfixFiles(const IpfixFiles&) = delete;
  IpfixFiles& operator=(const IpfixFiles&) = delete;

  bool open() {
    const std::time_t now = std::time(nullptr);
    if (is_timed_) next_ = interval_.next(now);
    path_ = log_name(pattern_, now);
    if (!move_away(now)) return false;
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kFileMode);
    if (fd_ < 0) failed(fmt::format("{}: open: {}", path_, std::strerror(errno)));
    if (fd_ < 0) try_again_ = now + kTryAgainAfter;
    file_bytes_ = 0;
    is_cut_ = false;
    return fd_ >= 0;
  }

  void send(const ExportMessage& message) override {
    if (fd_ < 0 || is_cut_) return lost(message.flows);
    gathered_.insert(gathered_.end(), message.bytes.begin(), message.bytes.end());
    waiting_.push_back({message.bytes.size(), message.flows});
    if (gathered_.size() >= kGather) write_out();
  }
  bool wants_session() override {
    if (is_first_) return true;
    if (fd_ < 0 || is_cut_) return std::time(nullptr) >= try_again_;
    if (most_bytes_ != 0 && file_bytes_ + gathered_.size() >= most_bytes_) return true;
    return is_timed_ && std::time(nullptr) >= next_;
  }
  void begin() override {
    if (std::exchange(is_first_, false)) return;
    // An empty file is as good as a new one.
    if (is_cut_ && file_bytes_ == 0) {
      is_cut_ = false;
      return;
    }
    close_file();
    (void)open();
  }
  void tick() override { write_out(); }

 private:
  struct Waiting {
    std::size_t bytes;
    ExportTotals flows;
  };

  // A name that is taken is made free.
  bool move_away(std::time_t now) {
    struct stat info {};
    if (::lstat(path_.c_str(), &info) != 0) return true;
    if (!S_ISREG(info.st_mode)) {
      failed(fmt::format("{}: is there, and is no file", path_));
      return false;
    }
    for (unsigned number = 0; number < kMaxSameName; ++number) {
      const std::string to = rotated_name(path_, now, number);
      if (::access(to.c_str(), F_OK) == 0) continue;
      if (::rename(path_.c_str(), to.c_str()) == 0) return true;
      break;
    }
    failed(fmt::format("{}: rename: {}", path_, std::strerror(errno)));
    return false;
  }

  void write_out() {
    if (gathered_.empty()) return;
    std::size_t done = 0;
    while (done < gathered_.size()) {
      const ssize_t n = ::pwrite(fd_, gathered_.data() + done, gathered_.size() - done,
                                 static_cast<off_t>(file_bytes_ + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      done += static_cast<std::size_t>(n);
    }
    if (done < gathered_.size()) failed(fmt::format("{}: write: {}", path_, std::strerror(errno)));
    settle(done);
  }
  void settle(std::size_t written) {
    std::size_t whole = 0;
    for (const Waiting& w : waiting_) {
      if (whole + w.bytes <= written) {
        whole += w.bytes;
        sent({.bytes = std::span(gathered_).first(w.bytes), .flows = w.flows});
      } else {
        written = whole;  // those behind it did not go either
        lost(w.flows);
      }
    }
    file_bytes_ += whole;
    if (whole < gathered_.size()) {
      (void)!::ftruncate(fd_, static_cast<off_t>(file_bytes_));
      is_cut_ = true;
      try_again_ = std::time(nullptr) + kTryAgainAfter;
    }
    gathered_.clear();
    waiting_.clear();
  }
  void close_file() {
    if (fd_ < 0) return;
    write_out();
    ::close(fd_);
    fd_ = -1;
  }

  const std::string pattern_;
  const std::uint64_t most_bytes_;
  const RotationInterval interval_;
  const bool is_timed_;
  std::string path_;
  int fd_ = -1;
  std::uint64_t file_bytes_ = 0;
  bool is_first_ = true;
  bool is_cut_ = false;  // the rest of its session is lost
  std::time_t next_ = 0, try_again_ = 0;
  std::vector<std::uint8_t> gathered_;
  std::vector<Waiting> waiting_;
};

}  // namespace

tl::expected<std::unique_ptr<ExportSender>, std::string> open_ipfix_files(const ExportSettings& settings) {
  std::error_code error;  // that it is not there is told by open()
  const auto folder = std::filesystem::path(settings.target.path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  auto files = std::make_unique<IpfixFiles>(settings);
  if (!files->open()) return tl::unexpected(files->problem());
  return files;
}

}  // namespace weir::output
