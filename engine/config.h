// The configuration: built-in defaults, YAML files with includes, and --set overrides, under Suricata's key names.
//
// Immutable after load. Errors carry file, line and column.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/settings.h"

namespace weir::engine {

struct ConfigError {
  std::string message;  // "weir.yaml:12:3: error: ..."
};

class Config final : public Settings {
 public:
  // Defaults only.
  Config();
  ~Config() override;
  Config(Config&&) noexcept;
  Config& operator=(Config&&) noexcept;

  static tl::expected<Config, ConfigError> load(const std::string& path);
  // "stream.midstream=true"; makes missing nodes; list items by number: "outputs.0.eve-log.enabled=no".
  tl::expected<void, ConfigError> set(std::string_view assignment);

  [[nodiscard]] std::optional<std::string> text(std::string_view path) const override;
  [[nodiscard]] std::vector<std::string> list(std::string_view path) const override;
  [[nodiscard]] bool has(std::string_view path) const override;

  // A view of a subtree; lives as long as this Config. An absent path gives an empty view.
  [[nodiscard]] const Settings& sub(std::string_view path) const;
  // The items of a sequence whose items are maps with one key (outputs:, eve-log.types:): name and subtree. An item
  // that is a plain scalar gives its text and an empty subtree.
  struct Item {
    std::string name;
    const Settings* settings;
    std::string path;  // of the subtree, for further look-ups
  };
  [[nodiscard]] std::vector<Item> items(std::string_view path) const;
  // The keys of a map, in order.
  [[nodiscard]] std::vector<std::string> keys(std::string_view path) const;
  // Folder of the main file, for relative paths in it; empty without a file.
  [[nodiscard]] const std::string& directory() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::engine
