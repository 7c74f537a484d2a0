// What parsers make only when somebody asks for it, because it costs time and the bytes are gone afterwards.
//
// Rules and logs say what they want when they are read; a pipeline adds it up and hands it to its parsers with every
// piece of input. What can be derived later from what a transaction keeps is made at the first look instead
// (on_first_look.h). What is under way when a wish comes or goes stays as it was begun.
#pragma once

#include <array>

#include "decoders/app/app_proto.h"
#include "decoders/app/frame.h"
#include "decoders/settings.h"

namespace weir {

// What is found out about a file while its bytes pass.
struct FileFacts {
  bool md5 = false, sha1 = false, sha256 = false;
  bool magic = false;  // the type, by libmagic
  // What becomes of its bytes: there is a store of files, for all of them or for those that rules choose.
  bool store = false, store_all = false, store_chosen = false;

  // `force-magic` and `force-hash` of an output.
  static FileFacts from(const Settings& output);
  bool operator==(const FileFacts&) const = default;
  FileFacts& operator|=(const FileFacts& other) {
    md5 = md5 || other.md5;
    sha1 = sha1 || other.sha1;
    sha256 = sha256 || other.sha256;
    magic = magic || other.magic;
    store = store || other.store;
    store_all = store_all || other.store_all;
    store_chosen = store_chosen || other.store_chosen;
    return *this;
  }
};

struct Requested {
  FileFacts files;
  // Protocols of buffers that are made on request (BufferSpec::on_request) and that a rule looks at.
  AppProtoSet buffers;
  std::array<FrameTypes, kMaxAppProtos> frames{};  // by protocol: of which types frames are kept
  // Bodies and files are looked at as their bytes come, not when there is enough of them: inline they are gone by then.
  bool at_once = false;

  [[nodiscard]] bool buffers_of(AppProto p) const { return buffers[index(p)]; }
  Requested& operator|=(const Requested& other) {
    files |= other.files;
    buffers |= other.buffers;
    at_once = at_once || other.at_once;
    for (std::size_t i = 0; i < frames.size(); ++i) frames[i] |= other.frames[i];
    return *this;
  }
};

inline constexpr Requested kNothingRequested{};

}  // namespace weir
