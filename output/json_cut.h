// Where a JSON text that breaks off somewhere can be ended, so that a document remains.
#pragma once

#include <cstddef>
#include <string_view>

#include <boost/container/static_vector.hpp>

namespace weir::output {

// More than objects and arrays are ever open at once.
inline constexpr std::size_t kMaxJsonDepth = 64;

struct JsonCut {
  std::size_t end = 0;  // of the last member or item that is whole
  boost::container::static_vector<char, kMaxJsonDepth>
      open;  // what closes each scope that is open there, outermost first
};

// `text`: the beginning of a document as JsonWriter writes it. Linear in it.
JsonCut last_whole_member(std::string_view text);

}  // namespace weir::output
