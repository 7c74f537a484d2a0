#include "engine/live/confine/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

namespace weir::engine {
namespace {

// As of the version that is behind each; the headers that we are built with may be older than the kernel.
constexpr std::uint64_t kRefer = 1U << 13U;       // 2: between folders
constexpr std::uint64_t kTruncate = 1U << 14U;    // 3
constexpr std::uint64_t kIoctlDev = 1U << 15U;    // 5
constexpr std::uint64_t kBindTcp = 1U << 0U, kConnectTcp = 1U << 1U;         // 4
constexpr std::uint64_t kScopeAbstract = 1U << 0U, kScopeSignal = 1U << 1U;  // 6

constexpr int kPortRule = 2;
struct PortRule {
  std::uint64_t access = 0, port = 0;
};

struct RulesetAttributes {
  std::uint64_t files = 0, network = 0, scoped = 0;
};

constexpr std::uint64_t kReadFile = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t kRead = kReadFile | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWriteFile = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
constexpr std::uint64_t kWrite = kWriteFile | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                                 LANDLOCK_ACCESS_FS_MAKE_SYM | kRefer;
constexpr std::uint64_t kAll = kRead | kWrite | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                               LANDLOCK_ACCESS_FS_MAKE_BLOCK | kIoctlDev;

std::uint64_t known_files(int version) {
  std::uint64_t all = kAll;
  if (version < 2) all &= ~kRefer;
  if (version < 3) all &= ~kTruncate;
  if (version < 5) all &= ~kIoctlDev;
  return all;
}

class Ruleset {
 public:
  Ruleset(int version, const LandlockRules& rules) : files_(known_files(version)) {
    RulesetAttributes attributes{.files = files_};
    std::size_t size = sizeof attributes.files;
    if (version >= 4) {
      attributes.network = rules.tcp ? 0 : kBindTcp | kConnectTcp;
      size += sizeof attributes.network;
    }
    if (version >= 6) {
      attributes.scoped = (rules.signals ? 0 : kScopeSignal) | (rules.abstract_sockets ? 0 : kScopeAbstract);
      size += sizeof attributes.scoped;
    }
    fd_ = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0));
  }
  ~Ruleset() {
    if (fd_ >= 0) ::close(fd_);
  }
  Ruleset(const Ruleset&) = delete;
  Ruleset& operator=(const Ruleset&) = delete;

  [[nodiscard]] bool made() const { return fd_ >= 0; }

  // A path that is not there, or is no file (a pipe behind /dev/stdin), needs no rule.
  void allow(const std::string& path, std::uint64_t folder_rights, std::uint64_t file_rights) const {
    const int at = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    struct stat info {};
    if (at < 0) return;
    if (::fstat(at, &info) == 0) {
      landlock_path_beneath_attr rule{};
      rule.allowed_access = (S_ISDIR(info.st_mode) ? folder_rights : file_rights) & files_;
      rule.parent_fd = at;
      (void)::syscall(SYS_landlock_add_rule, fd_, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    }
    ::close(at);
  }
  void allow_connections(std::uint16_t port) const {
    const PortRule rule{kConnectTcp, port};
    (void)::syscall(SYS_landlock_add_rule, fd_, kPortRule, &rule, 0);
  }
  [[nodiscard]] bool enter() const { return ::syscall(SYS_landlock_restrict_self, fd_, 0) == 0; }

 private:
  std::uint64_t files_;
  int fd_ = -1;
};

}  // namespace

int landlock_version() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

tl::expected<void, std::string> restrict_files(const LandlockRules& rules) {
  const int version = landlock_version();
  if (version == 0) return tl::unexpected(std::string("this kernel has no Landlock"));
  const Ruleset ruleset(version, rules);
  if (!ruleset.made()) return tl::unexpected(fmt::format("Landlock: {}", std::strerror(errno)));
  for (const std::string& path : rules.read) ruleset.allow(path, kRead, kReadFile);
  for (const std::string& path : rules.write) ruleset.allow(path, kWrite, kWriteFile);
  if (version >= 4 && !rules.tcp)
    for (const std::uint16_t port : rules.connect_ports) ruleset.allow_connections(port);
  if (!ruleset.enter()) return tl::unexpected(fmt::format("Landlock: {}", std::strerror(errno)));
  return {};
}

}  // namespace weir::engine
