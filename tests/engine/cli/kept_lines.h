// Keeps lines that would go to standard output.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/query/record_output.h"

namespace weir::test {

class KeptLines final : public engine::LineTaker {
 public:
  void line(std::string_view text) override { lines.emplace_back(text); }
  [[nodiscard]] bool has_failed() const override { return false; }
  // All of them, each with its end.
  [[nodiscard]] std::string text() const {
    std::string out;
    for (const std::string& line : lines) out.append(line).append("\n");
    return out;
  }
  std::vector<std::string> lines;
};

}  // namespace weir::test
