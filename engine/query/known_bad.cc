// `weir flows known-bad`: which of our hosts had to do with what feeds list.
#include <fmt/format.h>

#include "decoders/address_text.h"
#include "engine/query/answers.h"
#include "engine/query/indicator_hits.h"
#include "rules/ioc/feed_reader.h"

namespace weir::engine {
namespace {

// Feeds are all read before anything is asked: what is wrong in one is told, one that cannot be read is an error.
tl::expected<void, std::string> read_feeds_of(QuestionCall& call, rules::IndicatorTable& table) {
  for (const std::string& path : call.options.feeds) {
    const rules::FeedReport report = rules::read_feed(path, table);
    for (const rules::RuleDiagnostic& problem : report.problems) {
      if (problem.line == 0) return tl::unexpected(to_string(problem));
      call.warnings.push_back(to_string(problem));
    }
    if (report.wrong > report.problems.size())
      call.warnings.push_back(
          fmt::format("{}: and {} more lines are wrong", path, report.wrong - report.problems.size()));
  }
  if (table.size() == 0) return tl::unexpected(std::string("--ioc: there is no indicator in the feeds"));
  return {};
}

bool is_whole(const IpNetwork& network) {
  return network.bits == (network.address.family == 6 ? 128 : 32);
}

// An address where it is one, so that it is named and anonymised as any other.
Cell indicator_cell(const rules::Indicator& i) {
  if (i.kind != rules::IndicatorKind::address && i.kind != rules::IndicatorKind::network)
    return std::string(i.value);
  if (is_whole(i.network) && i.port == 0) return i.network.address;
  std::string text = short_text(i.network.address);
  if (!is_whole(i.network)) text += fmt::format("/{}", i.network.bits);
  if (i.port == 0) return text;
  return i.network.address.family == 6 ? fmt::format("[{}]:{}", text, i.port)
                                       : fmt::format("{}:{}", text, i.port);
}

std::vector<Cell> row_of(const IndicatorHits::Row& row) {
  const rules::Indicator& i = *row.hit.indicator;
  const HitSums& sums = row.sums;
  const Cell confidence = i.confidence != 0 ? Cell{std::uint64_t{i.confidence}} : Cell{};
  return {row.hit.host,
          indicator_cell(i),
          sums.flows,
          sums.bytes_out + sums.bytes_in,
          sums.bytes_out,
          sums.bytes_in,
          When{sums.first},
          When{sums.last},
          std::string(i.feed),
          confidence,
          std::string(rules::indicator_kind_name(i.kind)),
          sums.answered,
          sums.began_there,
          sums.packets,
          sums.addresses};
}

}  // namespace

tl::expected<Answer, std::string> answer_known_bad(QuestionCall& call) {
  if (call.options.feeds.empty())
    return call.refuse(std::string("known-bad: name the indicators with --ioc FILE"));
  rules::IndicatorTable table;
  if (auto read = read_feeds_of(call, table); !read) return tl::unexpected(read.error());
  IndicatorHits hits(call, table);
  if (auto read = hits.read(); !read) return tl::unexpected(read.error());
  Answer out;
  out.columns = {{.name = "host"},
                 {.name = "indicator"},
                 {.name = "flows", .look = Look::count},
                 {.name = "bytes", .look = Look::json_only},
                 {.name = "bytes_out", .head = "sent", .look = Look::bytes},
                 {.name = "bytes_in", .head = "back", .look = Look::bytes},
                 {.name = "first", .look = Look::json_only},
                 {.name = "last"},
                 {.name = "feed"},
                 {.name = "confidence", .look = Look::json_only},
                 {.name = "kind", .look = Look::json_only},
                 {.name = "answered", .look = Look::json_only},
                 {.name = "began_there", .look = Look::json_only},
                 {.name = "packets", .look = Look::json_only},
                 {.name = "addresses", .look = Look::json_only}};
  constexpr std::size_t kBytesOutColumn = 4;
  out.sorted_by = {kBytesOutColumn};
  for (const IndicatorHits::Row& row : hits.rows()) out.rows.push_back(row_of(row));
  return out;
}

}  // namespace weir::engine
