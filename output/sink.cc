#include "output/sink.h"

#include <numeric>

namespace weir::output {

std::string_view loss_name(Loss loss) {
  switch (loss) {
    case Loss::queue_full: return "queue_full";
    case Loss::write_error: return "write_error";
    case Loss::no_reader: return "no_reader";
    case Loss::slow_reader: return "slow_reader";
    case Loss::too_long: return "too_long";
    case Loss::shutdown: return "shutdown";
    case Loss::count_: break;
  }
  return {};
}

std::uint64_t Sink::lines_lost() const {
  return std::accumulate(losses_.begin(), losses_.end(), std::uint64_t{0});
}

}  // namespace weir::output
