// Reads feeds of indicators: text files, packed by gzip or not.
//
//   # a line an indicator; what follows a # is a comment
//   192.0.2.1
//   192.0.2.0/24:443
//   evil.example
//
//   indicator,port,confidence,expiry,tags,feed     CSV: the first line names the columns, in any order
//   192.0.2.1,443,80,2027-01-01,"botnet c2",ours
//
// A header may also stand in a comment, the last before the first line. Columns of other names are passed over. A line that is wrong
// is told with its place and left out; the others count.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/ioc/indicator_table.h"
#include "rules/language/diagnostic.h"

namespace weir::rules {

inline constexpr std::size_t kMaxFeedBytes = std::size_t{512} << 20U;  // unpacked; a longer one is refused
inline constexpr std::size_t kMaxFeedLineBytes = 16384;                // a longer line is wrong
inline constexpr std::size_t kMaxFeedColumns = 128;
inline constexpr std::size_t kMaxFeedProblems = 20;  // that are told of one feed

struct FeedReport {
  std::size_t indicators = 0;  // added
  std::size_t again = 0;       // listed before in the same feed
  std::size_t other =
      0;  // whose type, says a column, is one that is not matched: URLs, files, mail addresses
  std::size_t wrong = 0;                 // lines that were left out
  std::vector<RuleDiagnostic> problems;  // of the first of them; what concerns the file has no line
};

// `name` is the feed's where no column says otherwise; empty: the file's, without folders and endings.
FeedReport read_feed(const std::string& path, IndicatorTable& into, std::string_view name = {});
// The same of a text that is here already; `file` is what problems call it.
FeedReport read_feed_text(std::string_view text, const std::string& file, IndicatorTable& into,
                          std::string_view name);

}  // namespace weir::rules
