#include "rules/match/buffer.h"

namespace weir::rules {

std::string& BufferArena::next() {
  if (used_ == strings_.size()) strings_.push_back(std::make_unique<std::string>());
  std::string& out = *strings_[used_++];
  out.clear();
  return out;
}

}  // namespace weir::rules
