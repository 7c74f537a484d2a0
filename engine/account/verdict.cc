#include "engine/account/verdict.h"

namespace weir::engine {

std::string_view to_string(DropReason reason) {
  switch (reason) {
#define DROP_REASON(id, text) \
  case DropReason::id: return text;
#include "engine/account/drop_reasons.def"
#undef DROP_REASON
    case DropReason::none:
    case DropReason::count_: break;
  }
  return {};
}

}  // namespace weir::engine
