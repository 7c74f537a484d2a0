#include "rules/text_file.h"

#include <glob.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fmt/format.h>

namespace weir::rules {

tl::expected<std::string, std::string> read_text_file(const std::string& path, std::size_t limit) {
  struct Close {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return tl::unexpected(fmt::format("cannot be opened: {}", std::strerror(errno)));
  struct stat info {};
  if (fstat(fileno(file.get()), &info) == 0 && S_ISDIR(info.st_mode))
    return tl::unexpected(std::string("is a folder"));
  std::string text;
  std::size_t used = 0;
  std::size_t step = info.st_size > 0 ? static_cast<std::size_t>(info.st_size) + 1 : std::size_t{65536};
  for (;;) {
    if (used > limit) return tl::unexpected(fmt::format("is larger than {} bytes", limit));
    step = std::min(step, limit + 1 - used);
    text.resize(used + std::max<std::size_t>(step, 1));
    const std::size_t got = std::fread(text.data() + used, 1, text.size() - used, file.get());
    used += got;
    if (got == 0) break;
    step = 65536;
  }
  if (std::ferror(file.get()) != 0)
    return tl::unexpected(fmt::format("cannot be read: {}", std::strerror(errno)));
  text.resize(used);
  return text;
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

}  // namespace weir::rules
