// What is done to a sticky buffer before it is matched, step by step (dotprefix, to_md5 ...).
#pragma once

#include <string>
#include <string_view>

#include "decoders/types.h"

namespace weir::rules {

class PcreScratch;  // rules/match/pcre.h

class Transform {
 public:
  virtual ~Transform() = default;
  // `scratch`: of the worker, for regular expressions.
  virtual void apply(Bytes in, std::string& out, PcreScratch& scratch) const = 0;
  [[nodiscard]] virtual std::string_view name() const = 0;  // with its argument, when it has one
  // Why its output can never hold this content, or empty; checked at load.
  [[nodiscard]] virtual std::string_view refuses(Bytes /*content*/, bool /*nocase*/) const { return {}; }
  // How many bytes its output always has; 0: that depends.
  [[nodiscard]] virtual std::size_t size() const { return 0; }
};

}  // namespace weir::rules
