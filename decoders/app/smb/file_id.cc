#include "decoders/app/smb/file_id.h"

#include <fmt/format.h>

#include "decoders/byte_cursor.h"

namespace weir::smb {

SlabString guid_text(const Guid& guid) {
  ByteCursor in{guid};
  std::array<char, 36> room{};
  const std::uint32_t first = in.le32();
  const std::uint16_t second = in.le16(), third = in.le16(), fourth = in.le16(), fifth = in.le16();
  const auto end = fmt::format_to_n(room.begin(), room.size(), "{:08x}-{:04x}-{:04x}-{:04x}-{:04x}{:08x}",
                                    first, second, third, fourth, fifth, in.le32());
  return {room.data(), static_cast<std::size_t>(end.out - room.begin())};
}

SlabString FileId::text() const {
  if (!is_number) return guid_text(bytes);
  std::array<char, 4> room{};
  fmt::format_to_n(room.begin(), room.size(), "{:02x}{:02x}", bytes[1], bytes[0]);
  return {room.data(), room.size()};
}

}  // namespace weir::smb
