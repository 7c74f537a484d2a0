// A file carried by a transaction (an HTTP body, a mail attachment): what `fileinfo` events and file keywords see.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "decoders/app/streamed_body.h"
#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir {

enum class FileState : std::uint8_t { open, closed, truncated, error };

struct AppFile : Slabbed {
  std::uint32_t id = 0;  // counts from 1 over the flow
  SlabString name;       // as sent, not sanitised: at most kMaxFileName bytes
  std::uint64_t size = 0;
  std::uint64_t start = 0, end = 0;  // of a byte range (HTTP Range); both 0 when there is none
  FileState state = FileState::open;
  bool has_gaps = false;
  bool logged = false;
  bool stored = false;
  TimeUs opened = 0;
  // The window that file.data looks at; belongs to the transaction, null when the bytes are not kept.
  StreamedBody* content = nullptr;
  // Filled when the file closes and hashing is on (raw digest bytes).
  SlabString md5, sha1, sha256;
  std::string magic;  // libmagic's description of the first bytes, when wanted
};

inline constexpr std::size_t kMaxFileName = 2048;
inline constexpr std::size_t kMaxFilesPerTransaction = 64;

using FileList = SlabVector<std::unique_ptr<AppFile>>;

}  // namespace weir
