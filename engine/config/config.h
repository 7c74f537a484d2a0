// The configuration: built-in defaults, YAML files with includes, and --set overrides, under Suricata's key
// names.
//
// Immutable after load and set(). Errors carry file, line and column. A file that says nothing of `vars` gets
// the built-in ones; everything else that it leaves out has the default of the code that reads it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/settings.h"

namespace weir::engine {

struct ConfigError {
  std::string message;  // "weir.yaml:12:3: error: ..."
};

// A key that has no effect.
struct KeyProblem {
  std::string place;  // "weir.yaml:3:5", "--set"
  std::string path;   // "stream.midstrem"
  bool idle =
      false;  // it is Suricata's; otherwise neither we nor Suricata 8 know it: most likely it is misspelt
  std::string nearest;  // the known key that it is near to; empty when there is none
};

class Config final : public Settings {
 public:
  // Defaults only (engine/config/config_defaults.cc).
  Config();
  ~Config() override;
  Config(Config&&) noexcept;
  Config& operator=(Config&&) noexcept;

  static tl::expected<Config, ConfigError> load(const std::string& path);
  // The same with these assignments on top, as --set makes them. Without a path: defaults. "include=FILE" reads a
  // further file before all of them, as if the main one ended with it.
  static tl::expected<Config, ConfigError> load(const std::string& path,
                                                const std::vector<std::string>& settings);
  // From text; `name` is what errors call it, relative includes start at `directory`.
  static tl::expected<Config, ConfigError> parse(std::string_view text, const std::string& name,
                                                 const std::string& directory);
  // "stream.midstream=true"; makes missing nodes; list items by number: "outputs.0.eve-log.enabled=no". Ends
  // the life of views into what it replaces. The error says only what is wrong with `assignment`.
  tl::expected<void, ConfigError> set(std::string_view assignment);

  [[nodiscard]] std::optional<std::string> text(std::string_view path) const override;
  [[nodiscard]] std::vector<std::string> list(std::string_view path) const override;
  [[nodiscard]] bool has(std::string_view path) const override;

  // A view of a subtree; lives as long as this Config. An absent path gives an empty view.
  [[nodiscard]] const Settings& sub(std::string_view path) const;
  // The items of a sequence whose items are maps with one key (outputs:, eve-log.types:): name and subtree.
  // An item that is a plain scalar gives its text and an empty subtree; one that is a map with several keys
  // (af-packet:) gives its first key and the map itself. A map at `path` gives its keys.
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
  // The file that a value of it names: a relative path is beside the main file, or where the process is when only there is such a file.
  [[nodiscard]] std::string path_of(const std::string& name) const;
  // All files that it was read from: the main one first, then what that includes. Empty without a file.
  [[nodiscard]] const std::vector<std::string>& files() const;
  // Every scalar by its path ("outputs.0.eve-log.enabled"), in the order of the file, as `suricata --dump-config` has it:
  // an item of a list that is a map has the name of its first key besides, a section "(null)".
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> all_values() const;
  // Where the node at this path stands: "weir.yaml:3:5", "--set"; empty without one.
  [[nodiscard]] std::string place(std::string_view path) const;
  // The keys that have no effect (engine/config/known_keys.h), in the order of the file; nothing below such a key is told of.
  // Values that their keys do not take are unreadable from then on, whether or not anybody reads them in this run.
  [[nodiscard]] std::vector<KeyProblem> check_keys() const;
  // One message for each value that somebody has read and that is not what the key takes, but for those that
  // an earlier call told of; it was not used: "weir.yaml:12:11: stream.memcap: '64mbb' is not a
  // size, ...".
  [[nodiscard]] std::vector<std::string> take_unreadable_values() const;
  void unreadable(std::string_view path, const char* expected) const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::engine
