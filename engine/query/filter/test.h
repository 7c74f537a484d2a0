// One test of a filter: what it looks at, and the values that it takes.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "decoders/flow/record.h"
#include "engine/query/address_set.h"
#include "engine/query/filter/words.h"

namespace weir::engine::filter {

// Both ends belong to it.
using NumberRange = std::pair<std::uint64_t, std::uint64_t>;

// What the subject's kind has no use for is empty.
struct Test {
  Subject subject = Subject::any;
  Ends ends = Ends::either;
  std::vector<NumberRange> ranges;  // of numbers; of spans: microseconds
  AddressSet addresses;
  std::vector<std::string>
      texts;               // in lower case; '*' stands for any letters; of countries: their two letters
  std::uint8_t flags = 0;  // all of them were seen
  bool only_these_flags = false, none_of_flags = false;
};

// What a record does not say is in no range: ports of ICMP, sides without packets. Counters are as the record has them, not multiplied
// by the sampling rate.
bool passes(const Test& test, const flow::Record& record);

// Whether all of `text` is what `pattern`, in lower case and with '*', stands for, in any case of letters. Costs the product of their
// lengths at worst.
bool fits_pattern(std::string_view pattern, std::string_view text);

}  // namespace weir::engine::filter
