#include "decoders/text_file.h"

#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace weir {
namespace {

constexpr std::size_t kPiece = 65536;

}  // namespace

tl::expected<TextFile, std::string> TextFile::open(const std::string& path) {
  TextFile out;
  out.file_.reset(std::fopen(path.c_str(), "rbe"));
  if (out.file_ == nullptr) return tl::unexpected(fmt::format("cannot be opened: {}", std::strerror(errno)));
  struct stat info {};
  if (fstat(fileno(out.file_.get()), &info) != 0) return out;
  if (S_ISDIR(info.st_mode)) return tl::unexpected(std::string("is a folder"));
  out.size_ = info.st_size > 0 ? static_cast<std::size_t>(info.st_size) : 0;
  return out;
}

tl::expected<std::size_t, std::string> TextFile::read(std::string& into, std::size_t limit) {
  const std::size_t before = into.size();
  into.resize(before + limit);
  const std::size_t got = std::fread(into.data() + before, 1, limit, file_.get());
  into.resize(before + got);
  if (std::ferror(file_.get()) != 0)
    return tl::unexpected(fmt::format("cannot be read: {}", std::strerror(errno)));
  return got;
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
