// State that is kept in a file and written anew as a whole.
#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

namespace weir {

// Writes `text` under another name beside `path`, to the disk, and renames it: whatever happens, the old file is there or the new
// one. No link is followed, and the file gets `mode`. Empty: it is done; else what the system said, and the old file stays.
std::string replace_file(const std::string& path, std::string_view text, mode_t mode);

// The same for what is written piece by piece. Used by one thread.
class ReplacedFile {
 public:
  ReplacedFile(std::string path, mode_t mode);
  // What was not put in place is removed.
  ~ReplacedFile();
  ReplacedFile(const ReplacedFile&) = delete;
  ReplacedFile& operator=(const ReplacedFile&) = delete;

  // After a failure nothing more is written.
  void write(std::string_view text);
  // Puts it in place. As replace_file().
  std::string commit();

 private:
  std::string path_, temporary_, problem_;
  int fd_;
};

}  // namespace weir
