// The questions of `weir flows`: one row each, {name, what it takes, who answers}.
//
// To add one: write `tl::expected<Answer, std::string> answer_NAME(QuestionCall&)` in a file of its own, and give it a row in
// questions.cc. The command line, --help, the formats and --explain do the rest.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/settings.h"
#include "engine/query/answer.h"
#include "engine/query/record_output.h"
#include "engine/query/record_source.h"

namespace weir::engine {

// What the command line says, texts as they came.
struct QuestionOptions {
  std::vector<std::string> words;           // behind the question's name
  std::string store, clickhouse;            // where the records are; one of the two
  std::string from, to;                     // --from, --to
  std::string ports;                        // --port: "5432,3306"
  std::string by, sort, step;               // --by, --sort, --step
  std::optional<std::size_t> limit;         // --limit
  std::string max_age, max_size;            // of expire
  std::vector<std::string> rollups;         // --rollup, of expire
  std::vector<std::string> feeds;           // --ioc
  std::string anonymise;                    // --anonymise: file of the key
  std::string geoip_database, as_database;  // files that say countries, and autonomous systems
  std::string ipfix;                        // --ipfix: file to write
  bool json = false, csv = false, zeek = false, nfdump = false;  // at most one; none: a table
  bool names = false, explain = false, raw = false;
  bool geo = false;             // --geo
  bool configured = false;      // -c or --set is there
  std::string colour = "auto";  // auto, always or never
  bool has_colour = false;      // --color is there
};

// One call: the options, what they were read as, and where the records come from.
struct QuestionCall {
  const QuestionOptions& options;
  RecordSource& source;
  TimeUs from, to;                    // --from and --to; all times when they are not there
  std::vector<std::uint16_t> ports;   // --port
  std::vector<std::string> warnings;  // to be told behind the answer
  ReadReport report;                  // of all that was read, for --explain and problems
  RecordOutput* records = nullptr;    // of a question of Takes::records: where it writes them; the caller's
  bool is_wrong = false;              // an option or word is: the question failed for that
  const Settings& settings = no_settings();  // of -c and --set

  // Why a question fails, when it is for the call itself and not for what was read.
  tl::unexpected<std::string> refuse(std::string why) {
    is_wrong = true;
    return tl::unexpected(std::move(why));
  }

  // Reads, and adds to the report.
  tl::expected<void, std::string> read(const RecordQuery& query,
                                       std::span<flow::RecordConsumer* const> consumers);
};

// Options that a question takes; the others are refused.
enum class Takes : std::uint32_t {
  nothing = 0,
  times = 1U << 0U,      // --from, --to
  ports = 1U << 1U,      // --port
  by = 1U << 2U,         // --by
  sort = 1U << 3U,       // --sort, --limit
  step = 1U << 4U,       // --step
  feeds = 1U << 5U,      // --ioc
  records = 1U << 6U,    // --zeek, --nfdump, --ipfix: it answers with records
  expiry = 1U << 7U,     // --max-age, --max-size, --rollup: expire, which is no question
  raw = 1U << 8U,        // --raw
  reads = 1U << 9U,      // --explain
  json = 1U << 10U,      // --json
  table = 1U << 11U,     // --csv, --names, --anonymise, --color
  settings = 1U << 12U,  // -c, --set
  places = 1U << 13U     // --geoip-database, --as-database
};
constexpr Takes operator|(Takes a, Takes b) {
  return static_cast<Takes>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
constexpr bool has(Takes all, Takes one) {
  return (static_cast<std::uint32_t>(all) & static_cast<std::uint32_t>(one)) != 0;
}

struct Question {
  std::string_view name, words, summary;  // "peers", "HOST", "..."
  Takes takes = Takes::nothing;
  std::size_t least_words = 0, most_words = 0;
  tl::expected<Answer, std::string> (*answer)(QuestionCall& call) = nullptr;
};

// All of them, in the order of the manual.
std::span<const Question> questions();
const Question* find_question(std::string_view name);

}  // namespace weir::engine
