// A feed of indicators, and look-ups of what is in it: whatever was taken is found again.
#include <string>

#include "decoders/text.h"
#include "rules/ioc/feed_reader.h"
#include "rules/ioc/indicator_value.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {
namespace {

const rules::Indicator* find(const rules::IndicatorTable& table, const rules::IndicatorValue& value) {
  switch (value.kind) {
    case rules::IndicatorKind::domain: return table.find_domain(value.value, 0);
    case rules::IndicatorKind::fingerprint: return table.find_fingerprint(value.value, 0);
    default: return table.find_address(value.network.address, value.port, 0);
  }
}

}  // namespace

void fuzz_indicators(Bytes input) {
  rules::IndicatorTable table;
  const rules::FeedReport report = rules::read_feed_text(as_text(input), "feed", table, "feed");
  must(report.indicators == table.size(), "what was added is there");
  must(report.problems.size() <= rules::kMaxFeedProblems, "so many problems are told");
  std::string_view text = as_text(input);
  while (!text.empty()) {
    std::string_view line = cut(text, '\n');
    const std::string_view word = take_word(line);
    (void)table.find_domain(word, 0);
    const auto value = rules::parse_indicator(word);
    if (!value) continue;
    rules::IndicatorTable one;
    must(one.add({.kind = value->kind,
                  .network = value->network,
                  .port = value->port,
                  .value = value->value,
                  .tags = {}}) == rules::IndicatorTable::Added::yes,
         "there is room for one");
    must(find(one, *value) != nullptr, "what was added is found");
  }
}

}  // namespace weir::fuzz
