#include "engine/config/known_keys.h"

#include <algorithm>

#include "decoders/settings.h"
#include "decoders/text.h"
#include "engine/config/config_node.h"

namespace weir::engine {
namespace {

constexpr std::string_view kAnyName = "*", kUnchecked = ".", kIdle = " -", kValueToo = " ~", kWords = " = ",
                           kBool = "bool";
constexpr std::size_t kBlanksALevel = 2;

// The next line, with those that it goes on in.
std::string_view take_line(std::string_view& rest) {
  std::size_t end = rest.find('\n');
  while (end != std::string_view::npos && end != 0 && rest[end - 1] == ',') end = rest.find('\n', end + 1);
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return line;
}

KnownKey make_tree(std::string_view outline) {
  KnownKey root;
  std::vector<KnownKey*> path{&root};  // the last one of each level
  while (!outline.empty()) {
    std::string_view line = take_line(outline);
    const std::size_t blanks = line.find_first_not_of(' ');
    if (blanks == std::string_view::npos) continue;
    line.remove_prefix(blanks);
    path.resize(blanks / kBlanksALevel + 1);
    if (line == kUnchecked) {
      path.back()->use = KnownKey::Use::anything;
      continue;
    }
    auto key = std::make_unique<KnownKey>();
    if (line.ends_with(kIdle)) {
      key->use = KnownKey::Use::idle;
      line.remove_suffix(kIdle.size());
    } else if (line.ends_with(kValueToo)) {
      key->value_too = true;
      line.remove_suffix(kValueToo.size());
    } else if (const std::size_t at = line.find(kWords); at != std::string_view::npos) {
      std::string_view words = line.substr(at + kWords.size());
      while (!words.empty()) key->words.emplace_back(cut(words, ' '));
      line = line.substr(0, at);
    }
    for (const std::string_view name : split(line, ',')) key->names.emplace_back(name);
    KnownKey* const added = key.get();
    path.back()->below.push_back(std::move(key));
    path.push_back(added);
  }
  return root;
}

}  // namespace

const KnownKey* KnownKey::find(std::string_view key) const {
  const KnownKey* any = nullptr;
  for (const auto& known : below)
    for (const std::string& name : known->names) {
      if (same_key(key, name)) return known.get();
      if (name == kAnyName) any = known.get();
    }
  return any;
}

std::string_view KnownKey::nearest(std::string_view key) const {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(key.size() / 3, 1) + 1;
  for (const auto& known : below)
    for (const std::string& name : known->names)
      if (const std::size_t distance = edit_distance(key, name); distance < least && name != kAnyName) {
        least = distance;
        best = name;
      }
  return best;
}

bool KnownKey::takes(std::string_view value) const {
  if (words.empty()) return below.empty() || value_too || value.empty();
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return word == kBool ? parse_flag(value).has_value() : word == value;
  });
}

std::string KnownKey::expected() const {
  if (words.empty()) return "a section with keys of its own";
  std::string out;
  for (const std::string& word : words)
    out += (out.empty() ? "one of " : ", ") + (word == kBool ? std::string("yes, no") : word);
  return out;
}

const KnownKey& known_keys() {
  static const KnownKey root = make_tree(known_keys_outline());
  return root;
}

}  // namespace weir::engine
