// weir flows exporters: what came from each exporter and domain.
#include "engine/query/answers.h"
#include "output/flow/flow_json.h"
#include "output/flow/journal_reader.h"

namespace weir::engine {
namespace {

std::vector<AnswerColumn> account_columns() {
  return {{"address", "exporter"},          {"domain"},
          {"version", {}, Look::json_only}, {"messages"},
          {"bytes", {}, Look::json_only},   {"records"},
          {"options", {}, Look::json_only}, {"lost"},
          {"no_template", "no template"},   {"malformed"},
          {"over_limit", "over limit"},     {"clock_offset_s", {}, Look::json_only},
          {"first", {}, Look::json_only},   {"last", {}, Look::json_only}};
}

std::vector<Cell> account_row(const output::ExporterAccount& e) {
  const flow::Account& a = e.account;
  const auto said = [](std::uint64_t number) { return number != 0 ? Cell{number} : Cell{}; };
  std::vector<Cell> row{output::exporter_name(e.exporter),
                        e.domain ? Cell{std::uint64_t{*e.domain}} : Cell{},
                        said(a.version),
                        a.messages,
                        a.bytes,
                        a.records,
                        a.options,
                        a.lost,
                        a.no_template,
                        a.malformed,
                        a.over_limit,
                        {},
                        When{},
                        When{}};
  if (a.last_message == 0) return row;
  row[11] = static_cast<double>(a.clock_offset_us) / 1e6;
  row[12] = When{a.first_message};
  row[13] = When{a.last_message};
  return row;
}

}  // namespace

tl::expected<Answer, std::string> answer_exporters(QuestionCall& call) {
  if (call.options.store.empty())
    return call.refuse(
        std::string("exporters: the accounts are kept in a folder, not in ClickHouse: --store"));
  auto journal = output::JournalReader::open(call.options.store);
  if (!journal) return tl::unexpected("--store " + journal.error());
  output::AccountSums sums;
  journal->read(nullptr, [&](const output::ExporterAccount& account) { sums.add(account); });
  Answer answer;
  answer.columns = account_columns();
  answer.sorted_by.emplace();
  for (const output::ExporterAccount& e : sums.sums()) answer.rows.push_back(account_row(e));
  call.report.problems = journal->problems();
  return answer;
}

}  // namespace weir::engine
