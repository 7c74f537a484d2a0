#include "decoders/app/open_files.h"

#include <algorithm>

namespace weir {

OpenFiles::Entries::iterator OpenFiles::at(std::string_view handle) {
  handle = handle.substr(0, kMaxFileHandle);
  return std::find_if(files_.begin(), files_.end(),
                      [&](const auto& entry) { return entry->handle == handle; });
}

FileWriter* OpenFiles::find(std::string_view handle) {
  const auto found = at(handle);
  if (found == files_.end()) return nullptr;
  (*found)->used = ++uses_;
  return &(*found)->writer;
}

FileWriter* OpenFiles::open(std::string_view handle, FileList& list, const NewFile& file,
                            const FileOpening& opening) {
  close(handle, FileState::truncated);
  auto entry = std::make_unique<Entry>();
  if (entry->writer.open(list, flow_, file, opening) == nullptr) return nullptr;
  make_room();
  entry->handle = handle.substr(0, kMaxFileHandle);
  entry->used = ++uses_;
  files_.push_back(std::move(entry));
  return &files_.back()->writer;
}

void OpenFiles::make_room() {
  if (files_.size() < kMaxOpenFiles) return;
  const auto oldest = std::min_element(files_.begin(), files_.end(),
                                       [](const auto& a, const auto& b) { return a->used < b->used; });
  (*oldest)->writer.close(FileState::truncated);
  files_.erase(oldest);
  ++closed_for_room_;
}

void OpenFiles::close(std::string_view handle, FileState state) {
  const auto found = at(handle);
  if (found == files_.end()) return;
  (*found)->writer.close(state);
  files_.erase(found);
}

void OpenFiles::close_all(FileState state) {
  for (const auto& entry : files_) entry->writer.close(state);
  files_.clear();
}

}  // namespace weir
