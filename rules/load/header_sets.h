// The address and port lists of rule headers: "[10.0.0.0/8,!10.1.2.3,$DMZ]", "![80,8000:8080]", "any".
//
// As in Suricata, an open list gives its plain items to the list around it and its negated ones too: what is
// left is all plain items (everything, when there are none) less all negated ones. A negated list is worked
// out by itself first. A list that leaves nothing is an error.
//
// Thousands of rules use a handful of texts, so each distinct text is read once and its set shared. Not
// thread-safe: one object a thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <tl/expected.hpp>

#include "rules/values/address_set.h"
#include "rules/values/port_set.h"

namespace weir::rules {

struct SetError {
  std::string reason;
  std::string offending;
  std::uint32_t offset =
      0;  // of the wrong item in the text that was given (of the variable, when it stands in one)
  bool in_variable = false;  // the wrong item stands in a variable that the text names
};

using VariableTexts = std::unordered_map<std::string, std::string>;

// Brackets and variables may nest so deep.
inline constexpr unsigned kMaxSetDepth = 64;

// Reads lists of one kind; Set is AddressSet or PortSet.
template <class Set>
class SetReader {
 public:
  using Result = tl::expected<std::shared_ptr<const Set>, SetError>;

  // `variables`: name (without "$") to text; must outlive the reader.
  explicit SetReader(const VariableTexts& variables) : variables_(variables) {}

  Result read(std::string_view text);

 private:
  struct Split {
    Set plain, negated;
    bool has_plain = false, has_negated = false;
  };
  struct Variable {
    Split split;
    bool complete = false;  // false while it is being read: a variable must not contain itself
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
  };
  using Done = tl::expected<void, SetError>;

  Done read_items(std::string_view list, Split& into, unsigned depth);
  Done read_item(std::string_view item, Split& into, unsigned depth);
  Done read_negated(std::string_view item, Split& into, unsigned depth);
  tl::expected<const Split*, SetError> variable(std::string_view reference, unsigned depth);
  tl::expected<Set, SetError> resolve(const Split& split, std::string_view text) const;
  [[nodiscard]] std::uint32_t offset_of(std::string_view part) const;
  tl::unexpected<SetError> fail(std::string reason, std::string_view part) const;

  const VariableTexts& variables_;
  std::unordered_map<std::string, Variable> read_variables_;
  std::unordered_map<std::string, std::shared_ptr<const Set>, Hash, std::equal_to<>> cache_;
  std::string_view text_;  // the one that is being read
  std::uint32_t variable_offset_ = 0;
};

extern template class SetReader<AddressSet>;
extern template class SetReader<PortSet>;

struct HeaderSets {
  HeaderSets(const VariableTexts& address_variables, const VariableTexts& port_variables)
      : addresses(address_variables), ports(port_variables) {}
  SetReader<AddressSet> addresses;
  SetReader<PortSet> ports;
};

}  // namespace weir::rules
