#include "decoders/app/nfs/procedures.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>

#include <fmt/format.h>

#include "decoders/number_name.h"
#include "decoders/text.h"

namespace weir::nfs {
namespace {

constexpr Procedure kProcedures[] = {
#define PROCEDURE(version, number, name, arguments, results) \
  {version, number, name, Arguments::arguments, Results::results},
#include "decoders/app/nfs/procedures.def"
#undef PROCEDURE
};

constexpr NumberName kOperations[] = {
    {static_cast<std::uint32_t>(Operation::null), "NULL"},
    {static_cast<std::uint32_t>(Operation::compound), "COMPOUND"},
#define OPERATION(number, id, name, ...) {number, name},
#include "decoders/app/nfs/operations.def"
#undef OPERATION
};

constexpr NumberName kAclProcedures[] = {
    {0, "NULL"}, {1, "GETACL"}, {2, "SETACL"}, {3, "GETATTR"}, {4, "ACCESS"}};

constexpr NumberName kStatuses[] = {
#define STATUS(number, name) {number, name},
#include "decoders/app/nfs/statuses.def"
#undef STATUS
};

constexpr bool by_number(const NumberName& a, const NumberName& b) {
  return a.number < b.number;
}
static_assert(std::is_sorted(std::begin(kStatuses), std::end(kStatuses), by_number) &&
              std::is_sorted(std::begin(kOperations), std::end(kOperations), by_number));

SlabString name_or_number(std::string_view name, std::uint32_t number) {
  if (!name.empty()) return SlabString{name};
  std::array<char, 16> room{};
  const auto end = fmt::format_to_n(room.begin(), room.size(), "{}", number);
  return {room.data(), static_cast<std::size_t>(end.out - room.begin())};
}

}  // namespace

const Procedure* find_procedure(std::uint32_t version, std::uint32_t number) {
  const auto* const found =
      std::find_if(std::begin(kProcedures), std::end(kProcedures),
                   [&](const Procedure& p) { return p.version == version && p.number == number; });
  return found == std::end(kProcedures) ? nullptr : found;
}

SlabString procedure_name(std::uint32_t version, std::uint32_t number) {
  if (version >= kNewestVersion) return name_or_number(name_in_sorted(kOperations, number), number);
  const Procedure* const known = find_procedure(version, number);
  return name_or_number(known != nullptr ? known->name : std::string_view{}, number);
}

SlabString acl_procedure_name(std::uint32_t number) {
  return name_or_number(name_in(kAclProcedures, number), number);
}

std::optional<std::uint32_t> procedure_number(std::uint32_t version, std::string_view name) {
  if (version >= kNewestVersion) {
    for (const NumberName& row : kOperations)
      if (equals_nocase(row.name, name)) return static_cast<std::uint32_t>(row.number);
    return std::nullopt;
  }
  for (const Procedure& row : kProcedures)
    if (row.version == version && equals_nocase(row.name, name)) return row.number;
  return std::nullopt;
}

SlabString status_name(std::uint32_t status) {
  return name_or_number(name_in_sorted(kStatuses, status), status);
}

}  // namespace weir::nfs
