#include "rules/prefilter/cache_key.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace weir::rules {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kOwnerOnly = 0600;

// Under another name first: who looks meanwhile finds a whole key or none. Of two that make one at once the first one's
// stays.
bool make_key(const fs::path& file) {
  std::array<std::uint8_t, CacheKey::kBytes> key{};
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) return false;
  const std::string temporary = fmt::format("{}.{}.tmp", file.string(), ::getpid());
  (void)::unlink(temporary.c_str());
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kOwnerOnly);
  if (fd < 0) return false;
  bool made = ::write(fd, key.data(), key.size()) == static_cast<ssize_t>(key.size());
  ::close(fd);
  made = made && (::link(temporary.c_str(), file.c_str()) == 0 || errno == EEXIST);
  const int error = errno;
  (void)::unlink(temporary.c_str());
  errno = error;
  return made;
}

int open_key(const fs::path& file) {
  return ::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

}  // namespace

bool is_our_file(int fd, bool secret) {
  const mode_t others = secret ? mode_t{077} : mode_t{022};
  struct stat info {};
  return ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == ::geteuid() &&
         (info.st_mode & others) == 0;
}

tl::expected<CacheKey, std::string> CacheKey::open(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return tl::unexpected(fmt::format("{}: {}", folder, error.message()));
  const fs::path file = fs::path(folder) / "key";
  int fd = open_key(file);
  if (fd < 0 && errno == ENOENT && make_key(file)) fd = open_key(file);
  if (fd < 0) return tl::unexpected(fmt::format("{}: {}", file.string(), std::strerror(errno)));
  CacheKey out;
  const bool ours = is_our_file(fd, true);
  const bool read = ours && ::read(fd, out.key_.data(), kBytes) == static_cast<ssize_t>(kBytes);
  ::close(fd);
  if (!ours) return tl::unexpected(fmt::format("{}: is not a file that only we may read", file.string()));
  if (!read) return tl::unexpected(fmt::format("{}: is not a key", file.string()));
  return out;
}

bool CacheKey::make(Bytes data, Mac& mac) const {
  unsigned size = 0;
  return HMAC(EVP_sha256(), key_.data(), static_cast<int>(kBytes), data.data(), data.size(), mac.data(),
              &size) != nullptr &&
         size == mac.size();
}

CacheKey::Mac CacheKey::sign(Bytes data) const {
  Mac mac{};
  if (!make(data, mac)) mac.fill(0);
  return mac;
}

bool CacheKey::check(Bytes data, const Mac& mac) const {
  Mac right{};
  return make(data, right) && CRYPTO_memcmp(right.data(), mac.data(), mac.size()) == 0;
}

}  // namespace weir::rules
