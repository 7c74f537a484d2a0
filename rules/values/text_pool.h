// Texts that many rules share (metadata, classes, references, file names), each kept once: of ET Open's 15,000 rules
// that is a tenth of what a copy a rule takes. Filled while rules are loaded, by one thread; read by all after that.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace weir::rules {

class TextPool {
 public:
  // Valid as long as the pool.
  std::string_view keep(std::string_view text) {
    const auto found = texts_.find(text);
    return found != texts_.end() ? std::string_view(*found) : std::string_view(*texts_.emplace(text).first);
  }
  // Texts in it.
  [[nodiscard]] std::size_t size() const { return texts_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_set<std::string, Hash, std::equal_to<>> texts_;  // its nodes never move
};

}  // namespace weir::rules
