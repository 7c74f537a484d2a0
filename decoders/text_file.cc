#include "decoders/text_file.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace weir {
namespace {

constexpr std::size_t kPiece = 65536;
constexpr std::size_t kMostAtOnce = 1U << 30;  // what gzread() can count

}  // namespace

void TextFile::Close::operator()(gzFile_s* f) const {
  gzclose(f);
}

tl::expected<TextFile, std::string> TextFile::open(const std::string& path) {
  TextFile out;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return tl::unexpected(fmt::format("cannot be opened: {}", std::strerror(errno)));
  struct stat info {};
  const bool known = fstat(fd, &info) == 0;
  if (known && S_ISDIR(info.st_mode)) {
    ::close(fd);
    return tl::unexpected(std::string("is a folder"));
  }
  out.file_.reset(gzdopen(fd, "rb"));  // reads plain text as it stands
  if (out.file_ == nullptr) {
    ::close(fd);
    return tl::unexpected(std::string("cannot be opened: out of memory"));
  }
  out.size_ = known && info.st_size > 0 ? static_cast<std::size_t>(info.st_size) : 0;
  return out;
}

tl::expected<std::size_t, std::string> TextFile::read(std::string& into, std::size_t limit) {
  const std::size_t before = into.size();
  into.resize(before + limit);
  const int got = gzread(file_.get(), into.data() + before,
                         static_cast<unsigned>(std::min<std::size_t>(limit, kMostAtOnce)));
  into.resize(before + static_cast<std::size_t>(std::max(got, 0)));
  int error = Z_OK;
  const char* const reason = gzerror(file_.get(), &error);
  if (error == Z_ERRNO) return tl::unexpected(fmt::format("cannot be read: {}", std::strerror(errno)));
  if (error == Z_BUF_ERROR) return tl::unexpected(std::string("cannot be read: the gzip data ends early"));
  if (error != Z_OK) return tl::unexpected(fmt::format("cannot be read: damaged gzip data ({})", reason));
  return static_cast<std::size_t>(got);
}

tl::expected<std::string, std::string> read_text_file(const std::string& path, std::size_t limit) {
  auto file = TextFile::open(path);
  if (!file) return tl::unexpected(file.error());
  std::string text;
  text.reserve(std::min(file->size(), limit) + kPiece);  // most often all: no copy while it grows
  for (;;) {
    const auto got = file->read(text, kPiece);
    if (!got) return tl::unexpected(got.error());
    if (text.size() > limit) return tl::unexpected(fmt::format("is larger than {} bytes", limit));
    if (*got == 0) return text;
  }
}

std::vector<std::string> expand_glob(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> out;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0)
    for (std::size_t i = 0; i < found.gl_pathc; ++i) out.emplace_back(found.gl_pathv[i]);
  globfree(&found);
  // A path that exists as it stands, though it looks like a glob that names nothing ("rules[1].rules").
  struct stat info {};
  if (out.empty() && stat(pattern.c_str(), &info) == 0) out.push_back(pattern);
  return out;
}

}  // namespace weir
