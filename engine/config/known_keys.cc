#include "engine/config/known_keys.h"

#include <algorithm>
#include <iterator>

#include "decoders/settings.h"
#include "decoders/text.h"
#include "engine/config/config_node.h"

namespace weir::engine {
namespace {

constexpr std::string_view kAnyName = "*", kUnchecked = ".", kIdle = " -", kValueToo = " ~", kWords = " = ",
                           kBool = "bool";
constexpr std::size_t kBlanksALevel = 2;

// Values that are told by more than their text.
struct Kind {
  std::string_view name, described;
  bool (*takes)(std::string_view);
};
constexpr Kind kKinds[] = {
    {"bool", "yes or no", [](std::string_view v) { return parse_flag(v).has_value(); }},
    {"number", "a number", [](std::string_view v) { return parse_number<std::uint64_t>(v).has_value(); }},
    {"size", "a size, such as 512kb or 64 MiB", [](std::string_view v) { return parse_size(v).has_value(); }},
};

const Kind* kind_of(std::string_view word) {
  const auto at =
      std::find_if(std::begin(kKinds), std::end(kKinds), [word](const Kind& k) { return k.name == word; });
  return at == std::end(kKinds) ? nullptr : at;
}

// "yes or no", "yes or no, or detection-only"
std::string described(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    const Kind* const kind = kind_of(word);
    out.append(out.empty() ? "" : ", or ").append(kind != nullptr ? kind->described : word);
  }
  return out;
}

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
      key->expected = described(key->words);
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
  return std::any_of(words.begin(), words.end(), [value](const std::string& word) {
    const Kind* const kind = kind_of(word);
    return kind != nullptr ? kind->takes(value) : word == value;
  });
}

const KnownKey& known_keys() {
  static const KnownKey root = make_tree(known_keys_outline());
  return root;
}

}  // namespace weir::engine
