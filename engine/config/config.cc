#include "engine/config/config.h"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "decoders/text.h"
#include "engine/config/config_defaults.h"
#include "engine/config/config_node.h"
#include "engine/config/config_yaml.h"
#include "engine/config/known_keys.h"

namespace weir::engine {
namespace {

// Variables of the built-in configuration, for files that have no such section.
void add_default_variables(ConfigNode& root) {
  const Config defaults;
  for (const std::string_view section : {"address-groups", "port-groups"}) {
    const std::string path = fmt::format("vars.{}", section);
    if (root.has(path)) continue;
    for (const std::string& name : defaults.keys(path))
      root.assign(fmt::format("{}.{}", path, name), *defaults.text(fmt::format("{}.{}", path, name)));
  }
}

std::string joined(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

std::string place_of(const ConfigNode& node) {
  return node.file == nullptr ? "--set" : fmt::format("{}:{}:{}", *node.file, node.line, node.column);
}

void add_unreadable(const ConfigNode& node, const std::string& path, std::vector<std::string>& out) {
  if (const char* expected = node.take_expected())
    out.push_back(fmt::format("{}: {}: '{}' is not {}", place_of(node), path, node.scalar, expected));
  for (std::size_t i = 0; i < node.entries.size(); ++i) {
    const ConfigNode::Entry& e = node.entries[i];
    add_unreadable(*e.node, joined(path, node.kind == ConfigNode::Kind::map ? e.key : fmt::format("{}", i)),
                   out);
  }
}

void check_below(const ConfigNode& node, const KnownKey& known, const std::string& path,
                 std::vector<KeyProblem>& out);

void check_key(const ConfigNode& node, const KnownKey& above, std::string_view key, const std::string& path,
               std::vector<KeyProblem>& out) {
  // "stream.memcap: 1mb" in one line is two levels.
  const std::string_view name = cut(key, '.');
  const std::string here = joined(path, name);
  const KnownKey* const known = above.find(name);
  if (known == nullptr)
    out.push_back({place_of(node), here, false, std::string(above.nearest(name))});
  else if (known->use == KnownKey::Use::idle)
    out.push_back({place_of(node), here, true, {}});
  else if (!key.empty())
    check_key(node, *known, key, here, out);
  else
    check_below(node, *known, here, out);
}

void check_below(const ConfigNode& node, const KnownKey& known, const std::string& path,
                 std::vector<KeyProblem>& out) {
  if (known.use == KnownKey::Use::anything) return;
  if (node.kind == ConfigNode::Kind::scalar && !known.takes(node.scalar))
    node.unreadable({}, known.expected.c_str());
  for (const ConfigNode::Entry& e : node.entries) {
    if (node.kind == ConfigNode::Kind::map)
      check_key(*e.node, known, e.key, path, out);
    else if (e.node->kind != ConfigNode::Kind::scalar)
      check_below(*e.node, known, path, out);
    else if (!known.words.empty() && !known.takes(e.node->scalar))
      e.node->unreadable({}, known.expected.c_str());
  }
}

using Values = std::vector<std::pair<std::string, std::string>>;

// As deep as the tree, whose depth is bounded (kMaxConfigDepth).
void add_values(const ConfigNode& node, const std::string& path, Values& out) {
  const bool is_list = node.kind == ConfigNode::Kind::sequence;
  for (std::size_t i = 0; i < node.entries.size(); ++i) {
    const ConfigNode& below = *node.entries[i].node;
    const std::string here = joined(path, is_list ? fmt::format("{}", i) : node.entries[i].key);
    const bool is_named = is_list && below.kind == ConfigNode::Kind::map && !below.entries.empty();
    out.emplace_back(here, below.kind == ConfigNode::Kind::scalar ? below.scalar
                           : is_named                             ? below.entries[0].key
                                                                  : "(null)");
    add_values(below, here, out);
  }
}

}  // namespace

struct Config::Impl {
  ConfigNode root;
  std::string directory;
  std::vector<std::string> files;
};

Config::Config() : impl_(std::make_unique<Impl>()) {
  // The text is ours, and a test reads it.
  (void)read_yaml_text(default_config(), "built-in", {}, impl_->root);
}
Config::~Config() = default;
Config::Config(Config&&) noexcept = default;
Config& Config::operator=(Config&&) noexcept = default;

tl::expected<Config, ConfigError> Config::load(const std::string& path) {
  Config out;
  out.impl_ = std::make_unique<Impl>();
  if (auto done = read_yaml_file(path, out.impl_->root, &out.impl_->files); !done)
    return tl::unexpected(std::move(done.error()));
  const std::size_t slash = path.rfind('/');
  out.impl_->directory = slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
  add_default_variables(out.impl_->root);
  return out;
}

const std::vector<std::string>& Config::files() const {
  return impl_->files;
}

tl::expected<Config, ConfigError> Config::load(const std::string& path,
                                               const std::vector<std::string>& settings) {
  Config out;
  if (!path.empty()) {
    auto loaded = load(path);
    if (!loaded) return loaded;
    out = std::move(*loaded);
  }
  constexpr std::string_view kInclude = "include=";
  for (const std::string& setting : settings) {
    if (!setting.starts_with(kInclude)) continue;
    const std::string file = setting.substr(kInclude.size());
    if (auto done = read_yaml_file(file, out.impl_->root, &out.impl_->files); !done)
      return tl::unexpected(std::move(done.error()));
  }
  add_default_variables(out.impl_->root);
  for (const std::string& setting : settings) {
    if (setting.starts_with(kInclude)) continue;
    if (auto done = out.set(setting); !done)
      return tl::unexpected(ConfigError{"--set " + setting + ": " + done.error().message});
  }
  return out;
}

tl::expected<Config, ConfigError> Config::parse(std::string_view text, const std::string& name,
                                                const std::string& directory) {
  Config out;
  out.impl_ = std::make_unique<Impl>();
  if (auto done = read_yaml_text(text, name, directory, out.impl_->root); !done)
    return tl::unexpected(std::move(done.error()));
  out.impl_->directory = directory;
  add_default_variables(out.impl_->root);
  return out;
}

tl::expected<void, ConfigError> Config::set(std::string_view assignment) {
  const auto trimmed = [](std::string_view s) {
    const std::size_t first = s.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view{}
                                           : s.substr(first, s.find_last_not_of(" \t") - first + 1);
  };
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) return tl::unexpected(ConfigError{"expected KEY=VALUE"});
  const std::string_view path = trimmed(assignment.substr(0, equals));
  if (path.empty() || !impl_->root.assign(path, std::string(trimmed(assignment.substr(equals + 1)))))
    return tl::unexpected(ConfigError{"not the name of a key (a.b.0.c)"});
  return {};
}

std::optional<std::string> Config::text(std::string_view path) const {
  return impl_->root.text(path);
}
std::vector<std::string> Config::list(std::string_view path) const {
  return impl_->root.list(path);
}
bool Config::has(std::string_view path) const {
  return impl_->root.has(path);
}
void Config::unreadable(std::string_view path, const char* expected) const {
  impl_->root.unreadable(path, expected);
}
const std::string& Config::directory() const {
  return impl_->directory;
}

std::string Config::path_of(const std::string& name) const {
  if (name.starts_with('/') || directory().empty()) return name;
  const auto exists = [](const std::string& path) { return ::access(path.c_str(), F_OK) == 0; };
  std::string beside = directory() + "/" + name;
  return exists(beside) || !exists(name) ? beside : name;
}

const Settings& Config::sub(std::string_view path) const {
  const ConfigNode* node = impl_->root.find(path);
  return node == nullptr ? no_settings() : static_cast<const Settings&>(*node);
}

std::vector<Config::Item> Config::items(std::string_view path) const {
  std::vector<Item> out;
  const ConfigNode* node = impl_->root.find(path);
  if (node == nullptr) return out;
  for (std::size_t i = 0; i < node->entries.size(); ++i) {
    const ConfigNode::Entry& e = node->entries[i];
    if (node->kind == ConfigNode::Kind::map) {
      out.push_back({e.key, e.node.get(), joined(path, e.key)});
      continue;
    }
    const std::string item_path = joined(path, fmt::format("{}", i));
    if (e.node->kind == ConfigNode::Kind::scalar) out.push_back({e.node->scalar, &no_settings(), item_path});
    if (e.node->kind != ConfigNode::Kind::map || e.node->entries.empty()) continue;
    const ConfigNode::Entry& first = e.node->entries[0];
    if (e.node->entries.size() == 1 && first.node->kind != ConfigNode::Kind::scalar)
      out.push_back({first.key, first.node.get(), joined(item_path, first.key)});
    else
      out.push_back({first.key, e.node.get(), item_path});
  }
  return out;
}

std::vector<std::string> Config::keys(std::string_view path) const {
  std::vector<std::string> out;
  const ConfigNode* node = impl_->root.find(path);
  if (node == nullptr || node->kind != ConfigNode::Kind::map) return out;
  for (const ConfigNode::Entry& e : node->entries) out.push_back(e.key);
  return out;
}

std::string Config::place(std::string_view path) const {
  const ConfigNode* const node = impl_->root.find(path);
  return node == nullptr ? std::string{} : place_of(*node);
}

std::vector<std::pair<std::string, std::string>> Config::all_values() const {
  std::vector<std::pair<std::string, std::string>> out;
  add_values(impl_->root, {}, out);
  return out;
}

std::vector<KeyProblem> Config::check_keys() const {
  std::vector<KeyProblem> out;
  check_below(impl_->root, known_keys(), {}, out);
  return out;
}

std::vector<std::string> Config::take_unreadable_values() const {
  std::vector<std::string> out;
  add_unreadable(impl_->root, {}, out);
  return out;
}

}  // namespace weir::engine
