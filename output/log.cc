#include "output/log.h"

#include <algorithm>
#include <array>

namespace weir::output {
namespace {

constexpr std::array kLogKinds{
#define LOG_KIND(id) &log_##id,
#include "output/logs.def"
#undef LOG_KIND
};

}  // namespace

const LogKind* find_log_kind(std::string_view name) {
  const auto* const kind =
      std::find_if(kLogKinds.begin(), kLogKinds.end(), [&](const LogKind* k) { return k->name == name; });
  return kind == kLogKinds.end() ? nullptr : *kind;
}

}  // namespace weir::output
