// A value that is derived from what its owner keeps, when somebody looks at it for the first time.
//
// For transactions: they belong to one worker, so filling it through const is safe.
#pragma once

namespace weir {

// `T` is a string or a container: empty means that it has not been made.
template <class T>
class OnFirstLook {
 public:
  // `make` is called only when there is something to derive it from (`possible`), and once if what it gives is not
  // empty.
  template <class F>
  const T& get(bool possible, F&& make) const {
    if (value_.empty() && possible) value_ = make();
    return value_;
  }

 private:
  mutable T value_;
};

}  // namespace weir
