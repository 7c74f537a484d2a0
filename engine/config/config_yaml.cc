#include "engine/config/config_yaml.h"

#include <exception>
#include <istream>
#include <streambuf>
#include <unordered_map>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "decoders/text_file.h"


namespace weir::engine {
namespace {

// What one load has used up, over all its files.
struct Budget {
  std::size_t nodes = kMaxConfigNodes;
  unsigned depth = 0;  // of includes
  std::vector<std::string>* files = nullptr;  // for who wants to know
};

// Leaves the parser from within an event; becomes a ConfigError.
struct Refused {
  YAML::Mark mark;
  std::string reason;
};
// An included file was wrong: its message already names its place.
struct RefusedInclude {
  ConfigError error;
};

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {};
  return slash == 0 ? "/" : path.substr(0, slash);
}

// What a file may hold: keys, or when it stands for a value ("outputs: !include outputs.yaml") a list, too.
enum class Holds : std::uint8_t { keys, keys_or_list };

tl::expected<void, ConfigError> read_file(const std::string& path, ConfigNode& root, Budget& budget,
                                          Holds holds);

// Builds the tree from the parser's events.
class Builder final : public YAML::EventHandler {
 public:
  Builder(const std::string& name, std::string directory, ConfigNode& root, Budget& budget, Holds holds)
      : file_(std::make_shared<std::string>(name)),
        directory_(std::move(directory)),
        root_(root),
        budget_(budget),
        holds_(holds) {}

  void OnDocumentStart(const YAML::Mark&) override { anchors_.clear(); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(mark, anchor, make(ConfigNode::Kind::null, mark));
    close_leaf();
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (expects_key()) {
      open_.back().key = value;
      open_.back().has_key = true;
      return;
    }
    auto node = make(ConfigNode::Kind::scalar, mark);
    if (tag == "!include") {
      node->kind = ConfigNode::Kind::null;
      include(value, *node, mark, Holds::keys_or_list);
    } else {
      node->scalar = value;
    }
    add(mark, anchor, std::move(node));
    close_leaf();
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refused{mark, "an alias inside of what it stands for"};
    add(mark, 0, copy(*found->second, mark));
    close_leaf();
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(ConfigNode::Kind::sequence, mark, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(ConfigNode::Kind::map, mark, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    ConfigNode* node;
    YAML::anchor_t anchor = 0;
    YAML::Mark mark;
    std::string key;  // of a map: the one whose value comes next
    bool has_key = false;
    bool is_include = false;
  };

  [[nodiscard]] bool expects_key() const {
    return !open_.empty() && open_.back().node->kind == ConfigNode::Kind::map && !open_.back().has_key;
  }

  std::unique_ptr<ConfigNode> make(ConfigNode::Kind kind, const YAML::Mark& mark) {
    if (budget_.nodes == 0) throw Refused{mark, "the configuration is too large"};
    --budget_.nodes;
    auto node = std::make_unique<ConfigNode>();
    node->kind = kind;
    node->file = file_;
    node->line = static_cast<std::uint32_t>(mark.line + 1);
    node->column = static_cast<std::uint32_t>(mark.column + 1);
    return node;
  }

  std::unique_ptr<ConfigNode> copy(const ConfigNode& node, const YAML::Mark& mark) {
    auto out = node.copy(budget_.nodes);
    if (out == nullptr) throw Refused{mark, "the configuration is too large"};
    return out;
  }

  // Hangs a node into the innermost open one. A leaf's anchor can be used at once. Anchors keep copies,
  // because a later key of the same name replaces the node itself.
  ConfigNode* add(const YAML::Mark& mark, YAML::anchor_t anchor, std::unique_ptr<ConfigNode> node) {
    ConfigNode* const added = node.get();
    if (anchor != 0 && node->kind != ConfigNode::Kind::map && node->kind != ConfigNode::Kind::sequence)
      anchors_[anchor] = copy(*added, mark);
    if (open_.empty()) {
      add_root(mark, std::move(node));
      return added;
    }
    Open& in = open_.back();
    if (in.node->kind == ConfigNode::Kind::sequence) {
      in.node->entries.push_back({{}, std::move(node)});
      return added;
    }
    if (!in.has_key) throw Refused{mark, "a key must be plain text"};
    if (in.node->entries.size() >= kMaxConfigMapKeys) throw Refused{mark, "a map with too many keys"};
    in.has_key = false;
    if (in.key == "include") {
      pending_include_ = std::move(node);
      include_mark_ = mark;
      return added;
    }
    in.node->put(std::move(in.key), std::move(node));
    return added;
  }

  void add_root(const YAML::Mark& mark, std::unique_ptr<ConfigNode> node) {
    if (node->kind == ConfigNode::Kind::null) return;  // an empty document
    const bool is_list = node->kind == ConfigNode::Kind::sequence && holds_ == Holds::keys_or_list;
    if (node->kind != ConfigNode::Kind::map && !is_list)
      throw Refused{mark, "the configuration must be a map of keys"};
    documents_.push_back(std::move(node));
  }

  void open(ConfigNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (open_.size() >= kMaxConfigDepth) throw Refused{mark, "nested too deep"};
    const bool is_include = !open_.empty() && open_.back().has_key && open_.back().key == "include";
    if ((is_include && kind == ConfigNode::Kind::map) || (!open_.empty() && open_.back().is_include))
      throw Refused{mark, "include needs a file or a list of files"};
    ConfigNode* const node = add(mark, anchor, make(kind, mark));
    open_.push_back({.node = node, .anchor = anchor, .mark = mark, .is_include = is_include});
  }

  void close() {
    const Open done = std::move(open_.back());
    open_.pop_back();
    if (done.anchor != 0) anchors_[done.anchor] = copy(*done.node, done.mark);
    if (done.is_include) run_include();
    if (open_.empty()) merge_document();
  }
  void close_leaf() {
    if (pending_include_ != nullptr && (open_.empty() || !open_.back().is_include)) run_include();
  }

  void run_include() {
    const auto files = std::move(pending_include_);
    const std::vector<std::string> names = files->list({});
    if (names.empty()) throw Refused{include_mark_, "include needs a file or a list of files"};
    for (const std::string& name : names) include(name, *open_.back().node, include_mark_, Holds::keys);
  }

  void include(const std::string& name, ConfigNode& into, const YAML::Mark& mark, Holds holds) {
    if (budget_.depth >= kMaxIncludeDepth) throw Refused{mark, "includes nest too deep"};
    const bool absolute = name.starts_with('/') || directory_.empty();
    ++budget_.depth;
    auto done = read_file(absolute ? name : directory_ + "/" + name, into, budget_, holds);
    --budget_.depth;
    if (!done) throw RefusedInclude{std::move(done.error())};
  }

  void merge_document() {
    for (auto& document : documents_) {
      if (document->kind == ConfigNode::Kind::sequence) {
        root_.kind = ConfigNode::Kind::sequence;
        root_.entries = std::move(document->entries);
        continue;
      }
      if (root_.kind == ConfigNode::Kind::sequence) root_.entries.clear();
      for (ConfigNode::Entry& e : document->entries) root_.put(std::move(e.key), std::move(e.node));
    }
    documents_.clear();
    anchors_.clear();
  }

  std::shared_ptr<const std::string> file_;
  std::string directory_;
  ConfigNode& root_;
  Budget& budget_;
  Holds holds_;
  std::vector<std::unique_ptr<ConfigNode>> documents_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, std::unique_ptr<ConfigNode>> anchors_;
  std::unique_ptr<ConfigNode> pending_include_;
  YAML::Mark include_mark_;
};

ConfigError error_at(const std::string& name, const YAML::Mark& mark, std::string_view reason) {
  if (mark.is_null()) return {fmt::format("{}: error: {}", name, reason)};
  return {fmt::format("{}:{}:{}: error: {}", name, mark.line + 1, mark.column + 1, reason)};
}

// A stream over text that somebody else owns.
class ViewStream final : public std::streambuf {
 public:
  explicit ViewStream(std::string_view text) {
    char* const start = const_cast<char*>(text.data());  // the get area is never written
    setg(start, start, start + text.size());
  }
};

tl::expected<void, ConfigError> read_text(std::string_view text, const std::string& name,
                                          const std::string& directory, ConfigNode& root, Budget& budget,
                                          Holds holds) {
  ViewStream buffer(text);
  std::istream stream(&buffer);
  Builder builder(name, directory, root, budget, holds);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused& e) {
    return tl::unexpected(error_at(name, e.mark, e.reason));
  } catch (RefusedInclude& e) {
    return tl::unexpected(std::move(e.error));
  } catch (const YAML::Exception& e) {
    return tl::unexpected(error_at(name, e.mark, e.msg));
  } catch (const std::exception& e) {
    return tl::unexpected(error_at(name, YAML::Mark::null_mark(), e.what()));
  }
  return {};
}

tl::expected<void, ConfigError> read_file(const std::string& path, ConfigNode& root, Budget& budget,
                                          Holds holds) {
  const auto text = read_text_file(path, kMaxConfigFileBytes);
  if (!text) return tl::unexpected(ConfigError{fmt::format("{}: error: the file {}", path, text.error())});
  if (budget.files != nullptr) budget.files->push_back(path);
  return read_text(*text, path, directory_of(path), root, budget, holds);
}

}  // namespace

tl::expected<void, ConfigError> read_yaml_file(const std::string& path, ConfigNode& root,
                                               std::vector<std::string>* files) {
  Budget budget{.files = files};
  return read_file(path, root, budget, Holds::keys);
}

tl::expected<void, ConfigError> read_yaml_text(std::string_view text, const std::string& name,
                                               const std::string& directory, ConfigNode& root) {
  Budget budget;
  return read_text(text, name, directory, root, budget, Holds::keys);
}

}  // namespace weir::engine
