#include "engine/query/question.h"

#include <algorithm>
#include <array>

#include "engine/query/answers.h"

namespace weir::engine {
namespace {

// A filter may come as one word or as many.
constexpr std::size_t kFilterWords = 100'000;
constexpr Takes kTable = Takes::json | Takes::table;
constexpr Takes kTimes = Takes::times | Takes::reads | kTable;
constexpr Takes kWhich = kTimes | Takes::ports | Takes::raw;
constexpr Takes kFiltered = kWhich | Takes::settings | Takes::places;

constexpr std::array kQuestions{
    Question{"list", "[FILTER]", "the records, by time or by --sort",
             kFiltered | Takes::sort | Takes::records, 0, kFilterWords, answer_list},
    Question{"top", "[FILTER]", "who has the most, by source or by --by", kFiltered | Takes::by | Takes::sort,
             0, kFilterWords, answer_top},
    Question{"series", "[FILTER]", "how much in each --step of time",
             kFiltered | Takes::by | Takes::sort | Takes::step, 0, kFilterWords, answer_series},
    Question{"count", "[FILTER]", "how much in all", kFiltered, 0, kFilterWords, answer_count},
    Question{"matrix", "[FILTER]", "which networks sent how much to which",
             kFiltered | Takes::by | Takes::sort, 0, kFilterWords, answer_matrix},
    Question{"used", "HOST", "whether anybody still uses a host: who was answered, and who only knocks",
             kTimes | Takes::raw, 1, 1, answer_used},
    Question{"reach", "CLIENT SERVER",
             "whether packets get from one to the other and answers back, and where they are lost", kWhich, 2,
             2, answer_reach},
    Question{"peers", "HOST", "which servers a host used, of those with the ports that --port names", kWhich,
             1, 1, answer_peers},
    Question{"talked", "HOST", "all that a host tried to talk to", kTimes | Takes::raw, 1, 1, answer_talked},
    Question{"known-bad", "", "which hosts had to do with what the feeds of --ioc list",
             kTimes | Takes::raw | Takes::feeds, 0, 0, answer_known_bad},
    Question{"scans", "", "who tried one port of many hosts, or many ports of one host",
             kTimes | Takes::settings, 0, 0, answer_scans},
    Question{.name = "exporters",
             .words = "",
             .summary =
                 "what came from each exporter and domain, and what was lost, malformed or without template",
             .takes = kTable,
             .answer = answer_exporters}};

}  // namespace

std::span<const Question> questions() {
  return kQuestions;
}

const Question* find_question(std::string_view name) {
  const auto found =
      std::find_if(kQuestions.begin(), kQuestions.end(), [&](const Question& q) { return q.name == name; });
  return found == kQuestions.end() ? nullptr : &*found;
}

tl::expected<void, std::string> QuestionCall::read(const RecordQuery& query,
                                                   std::span<flow::RecordConsumer* const> consumers) {
  auto read = source.read(query, consumers);
  if (!read) return tl::unexpected(read.error());
  report.records += read->records;
  report.blocks_read += read->blocks_read;
  report.blocks_skipped += read->blocks_skipped;
  report.bytes_read += read->bytes_read;
  for (std::string& note : read->notes)
    if (std::find(report.notes.begin(), report.notes.end(), note) == report.notes.end())
      report.notes.push_back(std::move(note));
  for (std::string& problem : read->problems)
    if (std::find(report.problems.begin(), report.problems.end(), problem) == report.problems.end())
      report.problems.push_back(std::move(problem));
  return {};
}

}  // namespace weir::engine
