// The procedures of NFS 2 and 3, the operations of NFS 4, and the names that logs and rules have for them and for results.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "decoders/slab.h"

namespace weir::nfs {

// What stands in a call, as far as it matters: handles of files, and names in directories.
enum class Arguments : std::uint8_t {
  nothing,
  object,  // a handle
  entry,   // a directory and a name in it
  rename,  // two of these
  link,    // a handle, and an entry that it gets
  read,
  write
};

// What stands in the answer, behind its status.
enum class Results : std::uint8_t {
  nothing,  // there is no status either
  status,
  handle,  // of what was found
  made,    // of what was made; it may be missing
  data,
  written,
  listing,   // names with their handles
  committed  // what was written is safe
};

struct Procedure {
  std::uint8_t version = 0;
  std::uint8_t number = 0;
  std::string_view name;
  Arguments arguments = Arguments::nothing;
  Results results = Results::nothing;
};

inline constexpr std::uint32_t kOldestVersion = 2, kNewestVersion = 4;

// Of NFS 2 or 3; null when it has none of that number.
const Procedure* find_procedure(std::uint32_t version, std::uint32_t number);

// The operations of NFS 4; two more numbers are those of its procedures.
enum class Operation : std::uint32_t {
  null = 0,
  compound = 1,
#define OPERATION(number, id, ...) id = number,
#include "decoders/app/nfs/operations.def"
#undef OPERATION
};

// "LOOKUP"; the number of a procedure without a name.
SlabString procedure_name(std::uint32_t version, std::uint32_t number);
// The same of the access lists that go beside NFS 3: "GETACL".
SlabString acl_procedure_name(std::uint32_t number);
// In any case of its letters; none: that version has no such procedure.
std::optional<std::uint32_t> procedure_number(std::uint32_t version, std::string_view name);
// "ERR_NOENT"; the number of a status without a name.
SlabString status_name(std::uint32_t status);

}  // namespace weir::nfs
