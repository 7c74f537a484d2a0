// The words of filters, and what tests look at: the rows of words.def and subjects.def.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "engine/query/record_source.h"

namespace weir::engine::filter {

// Of what has two sides: which of them is meant.
enum class Ends : std::uint8_t { either, source, destination, both };

// What stands behind a word.
enum class ValueKind : std::uint8_t {
  nothing,
  address,
  number,
  amount,
  span,
  protocol,
  flags,
  text,
  country
};

enum class Subject : std::uint8_t {
#define FILTER_SUBJECT(name, kind, most, fields, has_sides) name,
#include "engine/query/filter/subjects.def"
#undef FILTER_SUBJECT
};

struct SubjectInfo {
  ValueKind kind = ValueKind::nothing;
  std::uint64_t most = 0;  // of numbers
  Fields fields;
  bool has_sides = false;
};
const SubjectInfo& info_of(Subject subject);

struct Word {
  std::string_view word;  // one, or two with a blank between them: "in if"
  Subject subject = Subject::any;
  Ends ends = Ends::either;
  std::string_view value, meaning;  // for people; no value: nothing follows
};
std::span<const Word> words();
// In any case of letters; null: there is none.
const Word* find_word(std::string_view word);
// The word that is nearest to what somebody typed; empty: none is near.
std::string_view nearest_word(std::string_view typed);

}  // namespace weir::engine::filter
