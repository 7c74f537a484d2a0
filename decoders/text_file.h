// Text files that rules, lists and settings come from, as they are or packed by gzip (which their first bytes tell).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

struct gzFile_s;

namespace weir {

// A file that is read piece by piece. Reasons of failure are as for read_text_file().
class TextFile {
 public:
  static tl::expected<TextFile, std::string> open(const std::string& path);
  // Appends the next bytes, at most `limit`; nothing at the end.
  tl::expected<std::size_t, std::string> read(std::string& into, std::size_t limit);
  [[nodiscard]] std::size_t size() const {
    return size_;
  }  // on disk, as the system says; 0 when it does not know

 private:
  struct Close {
    void operator()(gzFile_s* f) const;
  };
  std::unique_ptr<gzFile_s, Close> file_;
  std::size_t size_ = 0;
};

// The whole file. Fails with a reason ("cannot be opened: No such file or directory"); a folder and a file over `limit` bytes are
// refused; of packed ones the limit is that of their text. Pipes can be read.
tl::expected<std::string, std::string> read_text_file(const std::string& path, std::size_t limit);

// The files that a path or glob names, in name order; empty when there is none.
std::vector<std::string> expand_glob(const std::string& pattern);

}  // namespace weir
