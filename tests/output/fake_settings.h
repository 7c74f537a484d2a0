// Settings from a list of {path, value} rows.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "decoders/settings.h"

class FakeSettings final : public weir::Settings {
 public:
  FakeSettings() = default;
  FakeSettings(std::initializer_list<std::pair<const std::string, std::string>> rows) : rows_(rows) {}
  [[nodiscard]] std::optional<std::string> text(std::string_view path) const override {
    const auto row = rows_.find(std::string(path));
    return row == rows_.end() ? std::nullopt : std::optional{row->second};
  }
  [[nodiscard]] std::vector<std::string> list(std::string_view path) const override {
    const auto value = text(path);
    return value ? std::vector{*value} : std::vector<std::string>{};
  }
  [[nodiscard]] bool has(std::string_view path) const override { return text(path).has_value(); }

 private:
  std::map<std::string, std::string> rows_;
};
