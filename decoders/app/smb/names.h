// What events call the numbers of SMB. Views of constants, or texts made on the spot.
#pragma once

#include <cstdint>
#include <string_view>

#include "decoders/slab.h"

namespace weir::smb {

enum class Version : std::uint8_t { smb1 = 1, smb2 = 2 };  // of a message; SMB 3 has messages of SMB 2

// How a request went. SMB 1 has two ways to say so.
struct Status {
  std::uint32_t code = 0;        // NTSTATUS, or the number of the error in its class
  std::uint8_t error_class = 0;  // of an error as DOS has them
  bool is_dos = false;

  [[nodiscard]] bool is_success() const { return code == 0 && error_class == 0; }
  [[nodiscard]] SlabString name() const;    // "STATUS_ACCESS_DENIED"; the number where there is no name
  [[nodiscard]] SlabString number() const;  // "0xc0000022", "0x005b"
};

namespace status {
inline constexpr std::uint32_t success = 0x00000000, pending = 0x00000103, buffer_overflow = 0x80000005,
                               more_processing_required = 0xc0000016;
}

// "SMB1_COMMAND_NT_CREATE_ANDX"; the number of a command without a name.
SlabString command_name(Version version, std::uint16_t command);
// "3.11", "2.??" of any version from 2.1 on; hexadecimal what is none of those known.
SlabString dialect_name(std::uint16_t revision);
inline constexpr std::string_view kUnknownDialect = "unknown";
// "FSCTL_PIPE_WAIT"; the number of a function without a name.
SlabString function_name(std::uint32_t control_code);
// "FILE_OPEN_IF"; "UNKNOWN"
std::string_view disposition_name(std::uint32_t disposition);
// "FILE", "PIPE", "PRINT"; "UNKNOWN"
std::string_view share_type_name(std::uint8_t type);

}  // namespace weir::smb
