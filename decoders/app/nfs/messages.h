// Calls and answers of NFS 2 (RFC 1094) and 3 (RFC 1813): what stands behind the header of ONC RPC.
//
// Views are into the message that was parsed and live as long as it does. A message that is cut short makes its cursor fail;
// what was read before is not to be used then.
#pragma once

#include <cstdint>
#include <optional>

#include "decoders/app/nfs/procedures.h"
#include "decoders/byte_cursor.h"
#include "decoders/types.h"

namespace weir::nfs {

inline constexpr std::size_t kHandle2 = 32, kMaxHandle3 = 64;
inline constexpr std::size_t kMaxTag = 1024;  // of a compound of NFS 4
// Of the names in a listing so many are looked at.
inline constexpr std::size_t kMaxListed = 4096;

struct CallArguments {
  Bytes handle;              // of the file or of the directory; empty: there is none
  Bytes name, new_name;      // of an entry; where a rename takes it
  std::uint64_t offset = 0;  // in the file
  std::uint32_t count = 0;   // bytes that are wanted, or brought
  bool is_stable = false;    // what is written is to be on the disk before the answer
};

// Of a write `in` stands at the first byte of its data afterwards.
CallArguments parse_arguments(std::uint32_t version, Arguments kind, ByteCursor& in);

struct CallResults {
  std::uint32_t status = 0;
  Bytes handle;                            // empty: none is said
  std::uint32_t count = 0;                 // bytes of data that follow
  bool is_end = false;                     // of the file
  std::optional<std::uint64_t> file_size;  // of what is read, if it is said
  bool is_stable = false;                  // what was written is on the disk
};

// Of data `in` stands at their first byte afterwards, of a listing at its first name.
CallResults parse_results(std::uint32_t version, Results kind, ByteCursor& in);

// A name in a listing of NFS 3, with its handle if that is said.
struct Listed {
  Bytes name, handle;
};
// The next one; none: there are no more, or `in` has failed.
std::optional<Listed> next_listed(ByteCursor& in);

}  // namespace weir::nfs
