// What is to be found out about files while their bytes pass: it costs time, so only what somebody asks for.
#pragma once

namespace weir {

struct FileFacts {
  bool md5 = false, sha1 = false, sha256 = false;
  bool magic = false;  // the type, by libmagic
  bool operator==(const FileFacts&) const = default;
  FileFacts& operator|=(const FileFacts& other);
};

// Asks for facts about all files that this process opens while the wish lives: a log's as long as it is open,
// rules' as long as their set is in use. A file that is open when a wish comes or goes stays as it was begun, so
// rules that a reload brings in see the facts of files that begin after it. Any thread.
class FileFactsWish {
 public:
  FileFactsWish() = default;
  explicit FileFactsWish(const FileFacts& facts);
  ~FileFactsWish();
  FileFactsWish(FileFactsWish&& other) noexcept;
  FileFactsWish& operator=(FileFactsWish&& other) noexcept;

 private:
  FileFacts facts_;
};

// All that is wished for now. Any thread; no lock.
FileFacts wanted_file_facts();

}  // namespace weir
