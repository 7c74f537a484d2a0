// Who scanned: two passes over the records, see engine/scan.
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "engine/query/answers.h"
#include "engine/scan/scan_candidates.h"
#include "engine/scan/scan_hash.h"
#include "engine/scan/scan_judge.h"
#include "output/flow/flow_json.h"

namespace weir::engine {
namespace {

constexpr std::size_t kLeastSources = 65'536;  // that a thread tells apart, however many threads there are

Answer scan_table() {
  Answer out;
  out.columns = {
      {"source", "", Look::plain}, {"kind", "", Look::plain},     {"targets", "", Look::count},
      {"ports", "", Look::plain},  {"hosts", "", Look::plain},    {"proto", "", Look::plain},
      {"method", "", Look::plain}, {"attempts", "", Look::count}, {"answered", "", Look::count},
      {"first", "", Look::plain},  {"last", "", Look::plain},     {"estimated", "", Look::json_only}};
  constexpr std::size_t kTargetsColumn = 2;
  out.sorted_by = {kTargetsColumn};
  return out;
}

std::vector<Cell> row_of(const Scan& scan) {
  Cell ports, hosts, estimated;
  if (!scan.ports.empty()) ports = std::vector<std::uint64_t>(scan.ports.begin(), scan.ports.end());
  if (!scan.hosts.empty()) hosts = scan.hosts;
  if (scan.is_estimated) estimated = true;
  return {scan.source,
          std::string(scan_kind_name(scan.kind)),
          scan.targets,
          std::move(ports),
          std::move(hosts),
          std::string(output::flow_protocol_name(scan.protocol)),
          std::string(scan_method_name(scan.method)),
          scan.attempts,
          scan.answered,
          When{scan.first},
          When{scan.last},
          std::move(estimated)};
}

tl::expected<std::vector<IpAddress>, std::string> find_candidates(QuestionCall& call,
                                                                  const ScanSettings& settings) {
  const ScanLimits limits;
  const unsigned readers = reader_count();
  const std::size_t sources = std::max(kLeastSources, limits.sources * 2 / readers);
  const std::uint64_t seed = random_scan_seed();
  std::vector<std::unique_ptr<ScanCandidates>> passes;
  std::vector<flow::RecordConsumer*> consumers;
  for (unsigned i = 0; i < readers; ++i) {
    passes.push_back(std::make_unique<ScanCandidates>(seed, sources));
    consumers.push_back(passes.back().get());
  }
  RecordQuery query;
  query.from = call.from;
  query.to = call.to;
  query.fields = Field::addresses | Field::ports | Field::protocol | Field::counters | Field::tcp_flags;
  if (auto read = call.read(query, consumers); !read) return tl::unexpected(read.error());
  for (unsigned i = 1; i < readers; ++i) passes.front()->merge(*passes[i]);
  if (const std::uint64_t out = passes.front()->left_out(); out != 0)
    call.warnings.push_back(
        fmt::format("there are too many sources to tell all apart: {} of those with the fewest targets were "
                    "left out; ask for "
                    "less time with --from and --to",
                    out));
  auto found = passes.front()->list(std::min(settings.hosts, settings.ports), limits.candidates + 1);
  if (found.size() > limits.candidates) {
    found.pop_back();
    call.warnings.push_back(fmt::format(
        "more than {} sources look like scanners; those with the most targets are told", limits.candidates));
  }
  return found;
}

}  // namespace

tl::expected<Answer, std::string> answer_scans(QuestionCall& call) {
  const ScanSettings settings = ScanSettings::from(call.settings);
  Answer out = scan_table();
  const auto candidates = find_candidates(call, settings);
  if (!candidates) return tl::unexpected(candidates.error());
  if (candidates->empty()) return out;
  ScanJudge judge(*candidates, settings, {});
  RecordQuery query;
  query.from = call.from;
  query.to = call.to;
  for (const IpAddress& address : *candidates) query.hosts.add(address);
  query.fields = Field::addresses | Field::ports | Field::protocol | Field::counters | Field::tcp_flags |
                 Field::times | Field::exporter;
  const std::vector<flow::RecordConsumer*> consumers(reader_count(), &judge);
  if (auto read = call.read(query, consumers); !read) return tl::unexpected(read.error());
  for (const Scan& scan : judge.scans()) out.rows.push_back(row_of(scan));
  return out;
}

}  // namespace weir::engine
