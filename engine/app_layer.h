// The application layer of one flow: which protocol it is, and its parser.
#pragma once

#include <array>
#include <memory>

#include "decoders/app/parser.h"

namespace weir::engine {

struct AppLayer {
  std::unique_ptr<AppParser> parser;
};

}  // namespace weir::engine
