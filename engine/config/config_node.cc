#include "engine/config/config_node.h"

#include <algorithm>

#include "decoders/text.h"


namespace weir::engine {
namespace {

// An item of a list that is a plain word ("- alert") has a subtree, too: an empty one.
const ConfigNode& empty_node() {
  static const ConfigNode node;
  return node;
}

}  // namespace

const ConfigNode* ConfigNode::child(std::string_view name) const {
  if (kind == Kind::map) {
    for (const Entry& e : entries)
      if (e.key == name) return e.node.get();
    for (const Entry& e : entries)
      if (same_key(e.key, name)) return e.node.get();
    return nullptr;
  }
  if (kind != Kind::sequence) return nullptr;
  if (const auto number = parse_number<std::size_t>(name))
    return *number < entries.size() ? entries[*number].node.get() : nullptr;
  for (const Entry& e : entries) {
    if (e.node->is_one_key_map() && same_key(e.node->entries[0].key, name))
      return e.node->entries[0].node.get();
    if (e.node->kind == Kind::scalar && e.node->scalar == name) return &empty_node();
  }
  return nullptr;
}

const ConfigNode* ConfigNode::find(std::string_view path) const {
  if (path.empty()) return this;
  // A key may contain dots, so every prefix of the path may be one.
  for (std::size_t dot = path.find('.');; dot = path.find('.', dot + 1)) {
    const bool whole = dot == std::string_view::npos;
    if (const ConfigNode* next = child(path.substr(0, dot)))
      if (const ConfigNode* found = next->find(whole ? std::string_view{} : path.substr(dot + 1)))
        return found;
    if (whole) return nullptr;
  }
}

std::optional<std::string> ConfigNode::text(std::string_view path) const {
  const ConfigNode* node = find(path);
  if (node == nullptr || node->kind != Kind::scalar) return std::nullopt;
  return node->scalar;
}

std::vector<std::string> ConfigNode::list(std::string_view path) const {
  std::vector<std::string> out;
  const ConfigNode* node = find(path);
  if (node == nullptr) return out;
  if (node->kind == Kind::scalar) out.push_back(node->scalar);
  if (node->kind == Kind::sequence)
    for (const Entry& e : node->entries)
      if (e.node->kind == Kind::scalar) out.push_back(e.node->scalar);
  return out;
}

void ConfigNode::put(std::string key, std::unique_ptr<ConfigNode> node) {
  kind = Kind::map;
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.key == key; });
  if (found != entries.end())
    found->node = std::move(node);
  else
    entries.push_back({std::move(key), std::move(node)});
}

bool ConfigNode::assign(std::string_view path, std::string value) {
  ConfigNode* node = this;
  for (std::size_t depth = 0; !path.empty(); ++depth) {
    if (depth > kMaxConfigDepth) return false;
    // The shortest prefix of the path that exists; else the first part is made.
    std::size_t dot = path.find('.');
    ConfigNode* next = node->child(path.substr(0, dot));
    for (std::size_t d = dot; next == nullptr && d != std::string_view::npos;) {
      d = path.find('.', d + 1);
      next = node->child(path.substr(0, d));
      if (next != nullptr) dot = d;
    }
    const std::string_view name = path.substr(0, dot);
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    if (name.empty() || (dot != std::string_view::npos && path.empty())) return false;
    if (next == &empty_node()) {  // "- alert" becomes "- alert: ..."
      const auto item = std::find_if(node->entries.begin(), node->entries.end(), [&](const Entry& e) {
        return e.node->kind == Kind::scalar && e.node->scalar == name;
      });
      item->node->put(std::string(name), std::make_unique<ConfigNode>());
      next = item->node->entries[0].node.get();
    } else if (next == nullptr) {
      auto made = std::make_unique<ConfigNode>();
      next = made.get();
      const bool appends = parse_number<std::size_t>(name) == node->entries.size();
      if (appends && (node->kind == Kind::sequence || node->kind == Kind::null)) {
        node->kind = Kind::sequence;
        node->entries.push_back({{}, std::move(made)});
      } else if (node->kind == Kind::sequence) {
        auto item = std::make_unique<ConfigNode>();  // "outputs.fast.enabled" adds "- fast: ..."
        item->put(std::string(name), std::move(made));
        node->entries.push_back({{}, std::move(item)});
      } else {
        node->put(std::string(name), std::move(made));
      }
    }
    node = next;
  }
  node->kind = Kind::scalar;
  node->entries.clear();
  node->file = nullptr;
  node->scalar = std::move(value);
  return true;
}

void ConfigNode::unreadable(std::string_view path, const char* expected) const {
  if (const ConfigNode* node = find(path)) node->expected_.store(expected, std::memory_order_relaxed);
}

const char* ConfigNode::take_expected() const {
  const char* const expected = expected_.load(std::memory_order_relaxed);
  if (told_ || expected == nullptr) return nullptr;
  told_ = true;
  return expected;
}

std::unique_ptr<ConfigNode> ConfigNode::copy(std::size_t& budget) const {
  if (budget == 0) return nullptr;
  --budget;
  auto out = std::make_unique<ConfigNode>();
  out->kind = kind;
  out->scalar = scalar;
  out->file = file;
  out->line = line;
  out->column = column;
  for (const Entry& e : entries) {
    auto node = e.node->copy(budget);
    if (node == nullptr) return nullptr;
    out->entries.push_back({e.key, std::move(node)});
  }
  return out;
}

}  // namespace weir::engine
