// Lists of values that rules look up, in each format, and look-ups, additions and removals of any values.
//
// Input: type; flags (1: with reputations, 2: JSON, 4: a JSON object a line, 8: remove_key), length of a value, the value,
// the list.
#include "rules/state/dataset_list.h"

#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {

void fuzz_dataset(Bytes bytes) {
  Input input(bytes);
  rules::DatasetSource source{.type = static_cast<rules::DatasetType>(input.u8() % 5)};
  const unsigned flags = input.u8();
  source.with_reputation = (flags & 1U) != 0;
  if ((flags & 6U) != 0)
    source.format = (flags & 2U) != 0 ? rules::DatasetFormat::json : rules::DatasetFormat::ndjson;
  source.value_key = "a.b";
  source.remove_key = (flags & 8U) != 0;
  source.memcap_bytes = 4096;
  rules::Dataset set(source);
  const std::size_t length = input.u8();
  const std::string_view value = input.text(length);
  const auto loaded = rules::read_dataset_list(set, input.rest_text());
  must(loaded || !loaded.error().reason.empty(), "an error says what is wrong");
  must(!loaded || loaded->taken >= set.size(), "each value comes from a line");
  for (const auto& [one, reputation] : set.values()) {
    const std::string written = rules::encode_dataset_value(set.type(), one);
    must(rules::decode_dataset_value(set.type(), written) == one, "a value that is written is read again");
    must(set.contains(one,
                      [](std::string_view context) {
                        must(rules::parse_context(context).has_value(), "what alerts show is a JSON object");
                      }),
         "a value that is listed is there");
  }
  const bool was_there = set.contains(value);
  must(set.reputation(value).has_value() == was_there, "a value that is there has a reputation");
  const bool added = set.add(value);
  must(!(added && was_there), "what was there is not added");
  must(!added || set.contains(value), "what was added is there");
  must(set.remove(value) == (was_there || added), "what is there can be removed");
  must(!set.contains(value), "what was removed is gone");
}

}  // namespace weir::fuzz
