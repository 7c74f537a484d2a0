// Files of values that rules look up, and look-ups, additions and removals of any values.
//
// Input: type; flags (1: with reputations), length of a value, the value, the file.
#include "rules/state/dataset.h"

#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {

void fuzz_dataset(Bytes bytes) {
  Input input(bytes);
  rules::Dataset set(static_cast<rules::DatasetType>(input.u8() % 5));
  const bool with_reputation = (input.u8() & 1U) != 0;
  const std::size_t length = input.u8();
  const std::string_view value = input.text(length);
  const rules::Compiled loaded = set.load(input.rest_text(), with_reputation);
  must(loaded || !loaded.error().reason.empty(), "an error says what is wrong");
  const bool was_there = set.contains(value);
  must(set.reputation(value).has_value() == was_there, "a value that is there has a reputation");
  const bool added = set.add(value);
  must(!(added && was_there), "what was there is not added");
  must(!added || set.contains(value), "what was added is there");
  must(set.remove(value) == (was_there || added), "what is there can be removed");
  must(!set.contains(value), "what was removed is gone");
}

}  // namespace weir::fuzz
