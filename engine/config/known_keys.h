// Which keys a configuration may hold, so that none that has no effect goes by in silence.
//
// An outline (engine/config/known_keys_outline.cc) names them, a key a line, two blanks a level:
//   KEY      is read here; "A, B": both, with the same below them (a line that ends with a comma goes on in the next)
//   KEY = A B    takes one of these words, or a list of some; "bool" stands for yes, no and what else says so, "number" and "size" for those
//   KEY ~    takes a value of its own although keys stand below it
//   KEY -    is Suricata's, and nothing here depends on it, nor on what stands below it
//   *        any other name: of a variable, a set of cores, a log or event type that another check tells of
//   .        what stands here is not looked at
// Items of lists are no level of their own: "outputs.eve-log.types.alert.payload". "_" and "-" are the same, as in Suricata.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir::engine {

std::string_view known_keys_outline();

struct KnownKey {
  enum class Use { read, idle, anything };
  std::vector<std::string> names;  // of keys that hold the same; "*": any other
  Use use = Use::read;
  bool value_too = false;          // although there are keys below it
  std::vector<std::string> words;  // that it takes; none: anything
  std::string expected = "a section with keys of its own";  // what it takes, for people
  std::vector<std::unique_ptr<KnownKey>> below;

  // The key of this name below this one, or what stands for any other; null when there is none.
  [[nodiscard]] const KnownKey* find(std::string_view key) const;
  // The name below this one that `key` is most likely a slip of; empty when none is near.
  [[nodiscard]] std::string_view nearest(std::string_view key) const;
  // Whether a value of this text can be meant.
  [[nodiscard]] bool takes(std::string_view value) const;
};

// The outline as a tree, made at the first call.
const KnownKey& known_keys();

}  // namespace weir::engine
