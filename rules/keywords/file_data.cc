// Contents and names of files in any protocol that carries them: file.data, file.name.
#include <array>
#include <span>

#include "decoders/app/file.h"
#include "decoders/app/protocol.h"
#include "rules/keywords/http_buffers.h"

namespace weir::rules {
namespace {

const AppFile* file(const BufferRequest& r) {
  const FileList* files = r.tx.files(r.direction);
  return files != nullptr && r.index < files->size() ? (*files)[r.index].get() : nullptr;
}

// The files that have something to show now: one whose bytes have all been looked at, or of which too few are
// there, is left out (an empty view would satisfy negated conditions).
std::optional<BodyView> content(const BufferRequest& r) {
  const FileList* files = r.tx.files(r.direction);
  if (files == nullptr) return std::nullopt;
  std::uint32_t index = 0;
  for (const auto& f : *files) {
    const auto view = f->content == nullptr ? std::nullopt : body_view(*f->content);
    if (view && index++ == r.index) return view;
  }
  return std::nullopt;
}

std::optional<BodyView> name(const BufferRequest& r) {
  const AppFile* f = file(r);
  return f == nullptr ? std::nullopt : whole(f->name);
}

std::optional<BodyView> magic(const BufferRequest& r) {
  const AppFile* f = file(r);
  return f == nullptr ? std::nullopt : whole(f->magic);
}

// A source for every side of every protocol that carries files. Made before main from rows that are
// constants.
class FileSources {
 public:
  explicit FileSources(TxBufferFunction get, bool contents = false) {
    for (const ProtocolInfo* info : all_protocols())
      for (const Direction d : {Direction::to_client, Direction::to_server})
        if (const auto progress = info->files.from(d))
          sources_[count_++] = {info->id, d, *progress, get, contents || info->files.several};
  }
  // What sides show in place of their files.
  FileSources& replace(std::span<const BufferSource> others) {
    for (BufferSource& s : std::span(sources_).first(count_))
      for (const BufferSource& by : others)
        if (s.protocol == by.protocol && s.direction == by.direction) s = by;
    return *this;
  }
  [[nodiscard]] std::span<const BufferSource> view() const { return std::span(sources_).first(count_); }

 private:
  std::array<BufferSource, 2 * kMaxAppProtos> sources_{};
  std::size_t count_ = 0;
};

const FileSources kData = FileSources(content, true).replace(file_data_of_http_response);
const FileSources kNames{name}, kMagic{magic};

const BufferSpec kFileDataBuffers[] = {
    {.name = "file.data",
     .summary = "contents of a file",
     .alias = "file_data",
     .sources = kData.view(),
     .multiple = true},
    {.name = "file.name", .summary = "name of a file", .sources = kNames.view(), .multiple = true},
    {.name = "file.magic",
     .summary = "libmagic's description of a file",
     .sources = kMagic.view(),
     .multiple = true,
     .file_facts = {.magic = true}},
};

}  // namespace

const KeywordFile keywords_file_data{.buffers = kFileDataBuffers};

}  // namespace weir::rules
