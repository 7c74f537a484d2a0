#include "decoders/app/smb/names.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "decoders/number_name.h"

namespace weir::smb {
namespace {

constexpr NumberName kStatuses[] = {
#define STATUS(number, name) {number, name},
#include "decoders/app/smb/statuses.def"
#undef STATUS
};
constexpr NumberName kFunctions[] = {
#define FUNCTION(number, name) {number, name},
#include "decoders/app/smb/functions.def"
#undef FUNCTION
};
constexpr NumberName kSmb1Commands[] = {
#define SMB1_COMMAND(number, name) {number, "SMB1_COMMAND_" name},
#include "decoders/app/smb/commands.def"
};
constexpr NumberName kSmb2Commands[] = {
#define SMB2_COMMAND(number, name) {number, "SMB2_COMMAND_" name},
#include "decoders/app/smb/commands.def"
};
constexpr NumberName kDialects[] = {
    {0x0202, "2.02"}, {0x0210, "2.10"}, {0x0222, "2.22"}, {0x0224, "2.24"}, {0x02ff, "2.??"},
    {0x0300, "3.00"}, {0x0302, "3.02"}, {0x0310, "3.10"}, {0x0311, "3.11"},
};
// Errors of class ERRSRV, MS-CIFS 2.2.2.4
constexpr NumberName kServerErrors[] = {
    {0x0001, "SRV_ERROR"},  {0x0002, "SRV_BADPW"},  {0x0004, "SRV_NOACCESS"},
    {0x0005, "SRV_BADTID"}, {0x005b, "SRV_BADUID"},
};
constexpr std::uint8_t kClassDos = 1, kClassServer = 2;

constexpr bool by_number(const NumberName& a, const NumberName& b) {
  return a.number < b.number;
}
template <std::size_t N>
constexpr bool sorted(const NumberName (&table)[N]) {
  return std::is_sorted(std::begin(table), std::end(table), by_number);
}
static_assert(sorted(kStatuses) && sorted(kFunctions) && sorted(kSmb1Commands) && sorted(kSmb2Commands) &&
              sorted(kDialects) && sorted(kServerErrors));

template <class... Args>
SlabString text(fmt::format_string<const Args&...> form, const Args&... args) {
  std::array<char, 32> room{};
  const auto end = fmt::format_to_n(room.begin(), room.size(), form, args...);
  return {room.data(), static_cast<std::size_t>(end.out - room.begin())};
}

SlabString find_or_number(std::span<const NumberName> table, std::uint64_t number) {
  const std::string_view name = name_in_sorted(table, number);
  return name.empty() ? text("{}", number) : SlabString{name};
}

}  // namespace

SlabString Status::name() const {
  if (!is_dos) return find_or_number(kStatuses, code);
  if (error_class == kClassDos) return text("{}", code);
  if (error_class == kClassServer) return find_or_number(kServerErrors, code);
  return text("UNKNOWN_{:02x}_{:04x}", error_class, code);
}

SlabString Status::number() const {
  return is_dos ? text("0x{:04x}", code) : text("0x{:x}", code);
}

SlabString command_name(Version version, std::uint16_t command) {
  return version == Version::smb1 ? find_or_number(kSmb1Commands, command)
                                  : find_or_number(kSmb2Commands, command);
}

SlabString dialect_name(std::uint16_t revision) {
  const std::string_view name = name_in_sorted(kDialects, revision);
  return name.empty() ? text("0x{:04x}", revision) : SlabString{name};
}

SlabString function_name(std::uint32_t control_code) {
  return find_or_number(kFunctions, control_code);
}

std::string_view disposition_name(std::uint32_t disposition) {
  constexpr std::array<std::string_view, 6> kNames = {
      "FILE_SUPERSEDE", "FILE_OPEN", "FILE_CREATE", "FILE_OPEN_IF", "FILE_OVERWRITE", "FILE_OVERWRITE_IF"};
  return disposition < kNames.size() ? kNames[disposition] : "UNKNOWN";
}

std::string_view share_type_name(std::uint8_t type) {
  constexpr std::array<std::string_view, 4> kNames = {"UNKNOWN", "FILE", "PIPE", "PRINT"};
  return type < kNames.size() ? kNames[type] : kNames[0];
}

}  // namespace weir::smb
