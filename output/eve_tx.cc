#include "output/eve_tx.h"

#include <array>

namespace weir::output {
namespace {

constexpr std::array<const EveTxLogger*,
#define TX_LOGGER(id) +1
                     0
#include "output/tx_loggers.def"
#undef TX_LOGGER
                     >
    kLoggers = {
#define TX_LOGGER(id) &eve_##id,
#include "output/tx_loggers.def"
#undef TX_LOGGER
};

}  // namespace

std::span<const EveTxLogger* const> all_tx_loggers() {
  return kLoggers;
}

}  // namespace weir::output
