// What SMB calls an open file by: 16 bytes (SMB 2), or a number (SMB 1).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::smb {

using Guid = std::array<std::uint8_t, 16>;

inline Guid guid_of(Bytes bytes) {
  Guid out{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), out.size()), out.begin());
  return out;
}

// "4b324fc8-1670-01d3-1278-5a47bf6ee188", the bytes read as numbers of 4, 2, 2, 2 and 2 + 4 bytes as SMB sends numbers.
SlabString guid_text(const Guid& guid);

struct FileId {
  Guid bytes{};
  bool is_number = false;  // in the first two bytes

  static FileId of_number(std::uint16_t number) {
    FileId out{.is_number = true};
    out.bytes[0] = static_cast<std::uint8_t>(number & 0xffU);
    out.bytes[1] = static_cast<std::uint8_t>(number >> 8U);
    return out;
  }
  // In a compound of requests it stands for the file that the request before has opened.
  [[nodiscard]] bool is_previous() const {
    return !is_number && std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0xff; });
  }
  [[nodiscard]] SlabString text() const;  // "4006" of a number
  bool operator==(const FileId&) const = default;
};

}  // namespace weir::smb
