// Operations of NFS 4 (RFC 7530, RFC 8881, RFC 7862), as they stand one behind the other in the call of a compound, and their
// results in its answer: to find one, all before it are read.
//
// Views are into the message that was parsed and live as long as it does.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "decoders/app/nfs/procedures.h"
#include "decoders/byte_cursor.h"
#include "decoders/types.h"

namespace weir::nfs {

inline constexpr std::size_t kMaxHandle4 = 128;
// Of a compound so many operations are looked at.
inline constexpr std::uint32_t kMaxOperations = 256;

// How much an operation says of what its compound is about.
enum class Weight : std::uint8_t {
  plumb,  // it only chooses files, or is part of every compound
  look,   // at attributes
  walk,   // through directories
  act,    // it does something
  data    // it reads or writes
};

struct OperationRow {
  std::uint32_t number = 0;
  std::string_view name;
  Weight weight = Weight::plumb;
  std::string_view arguments, results;  // their fields, a letter each (compound.cc)
};

// Null: there is none of that number.
const OperationRow* find_operation(std::uint32_t number);

// What matters of an operation or its result.
struct OperationParts {
  Bytes handle;
  Bytes name, new_name;
  std::uint64_t offset = 0;  // in the file
  std::uint32_t count = 0;   // bytes of data that follow
  bool has_data = false;     // `in` stands at the first of them
  bool is_stable = false, is_end = false;
  Bytes listing;  // entries of a directory, for next_listed4()
};

// `in` fails where the fields leave the message, and where they are not known.
OperationParts parse_fields(std::string_view fields, ByteCursor& in);

// The next entry of a listing with its handle, if that is among its attributes; none: there are no more.
struct Listed4 {
  Bytes name, handle;
};
std::optional<Listed4> next_listed4(ByteCursor& in);

struct CompoundHeader {
  std::uint32_t status = 0;         // of an answer
  std::uint32_t minor_version = 0;  // of a call
  std::uint32_t operations = 0;
};
CompoundHeader parse_compound(bool is_answer, ByteCursor& in);

// The number of the next operation, or result with its status; `in` fails where there is none.
struct OperationHead {
  std::uint32_t number = 0, status = 0;
};
OperationHead parse_operation_head(bool is_answer, ByteCursor& in);

// Whether data begin in what is there of `operations` operations.
bool reaches_data(bool is_answer, std::uint32_t operations, ByteCursor in);

}  // namespace weir::nfs
