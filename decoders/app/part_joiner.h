// A file that comes in parts, each in a message of its own (HTTP ranges), and who puts the parts together.
//
// A parser hands in the bytes of its parts as they come (AppInput::joiner). The engine keeps them with those of other
// connections between the same two hosts, and gives the file back once nothing of it is missing.
#pragma once

#include <cstdint>
#include <string_view>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include "decoders/app/file_writer.h"
#include "decoders/types.h"

namespace weir {

// Bytes of a part. Views are borrowed for the length of the call.
struct FilePart {
  std::string_view resource;  // what it is a part of: between two hosts the same for all parts of a file
  std::string_view name;      // the file's
  std::uint64_t file_size = 0;
  std::uint64_t offset = 0;  // of the bytes, in the file
  Bytes bytes;
};

struct JoinLimits {
  std::uint64_t memcap = std::uint64_t{100}
                         << 20U;  // bytes of all files that parts are missing of; 0: none is put together
  std::uint32_t timeout_s = 60;   // without a part, after which a file is let go
  BodyLimits window;              // that rules look at
};

class PartJoiner {
 public:
  // Of bytes that come twice the first count. Null: something is missing yet, or the file was given up. Else the file, closed,
  // for the transaction to show; it has no number.
  virtual boost::intrusive_ptr<AppFile> join(const FilePart& part, const JoinLimits& limits,
                                             const FileOpening& opening) = 0;

 protected:
  ~PartJoiner() = default;
};

}  // namespace weir
