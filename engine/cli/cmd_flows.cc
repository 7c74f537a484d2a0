#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include <fmt/format.h>

#include "engine/cli/cli.h"
#include "engine/cli/line_output.h"
#include "output/flow/flow_json.h"
#include "output/flow/journal_reader.h"

namespace weir::engine {
namespace {

std::string end_of(const IpAddress& address, std::uint16_t port, bool has_port) {
  std::string text = to_string(address);
  if (!has_port) return text;
  return address.family == 6 ? fmt::format("[{}]:{}", text, port) : fmt::format("{}:{}", text, port);
}

// "2026-11-30T08:00:00.000000+0000 TCP 10.0.0.1:1000 -> 192.0.2.1:443 packets 3/2 bytes 300/200 by 127.0.0.1/7"
std::string record_text(output::TimestampFormatter& times, const flow::Record& r) {
  std::array<char, output::TimestampFormatter::kIsoBytes> time{};
  times.iso(r.sides[0].packets != 0 ? r.sides[0].first : r.sides[1].first, time.data());
  const std::string by =
      r.exporter.address.family != 0 || r.exporter.domain != 0
          ? fmt::format(" by {}/{}", output::exporter_name(r.exporter.address), r.exporter.domain)
          : "";
  return fmt::format("{} {} {} -> {} packets {}/{} bytes {}/{}{}{}",
                     std::string_view(time.data(), time.size()), output::flow_protocol_name(r.protocol),
                     end_of(r.source, r.source_port, !r.has_icmp),
                     end_of(r.destination, r.destination_port, !r.has_icmp), r.sides[0].packets,
                     r.sides[1].packets, r.sides[0].bytes, r.sides[1].bytes, by,
                     r.sampling != 1 ? fmt::format(" 1:{}", r.sampling) : "");
}

void list(output::JournalReader& journal, bool json, LineOutput& out) {
  output::TimestampFormatter times;
  output::JsonWriter line;
  journal.read(
      [&](const flow::Record& record) {
        if (!json) return out.line(record_text(times, record));
        line.clear();
        output::write_flow_record(line, times, record);
        out.line(line.text());
      },
      nullptr);
}

constexpr std::string_view kAccountRow = "{:40} {:>10} {:>10} {:>12} {:>8} {:>12} {:>10} {:>11}";

void exporters(output::JournalReader& journal, bool json, LineOutput& out) {
  output::AccountSums sums;
  journal.read(nullptr, [&](const output::ExporterAccount& account) { sums.add(account); });
  output::TimestampFormatter times;
  output::JsonWriter line;
  if (!json)
    out.line(fmt::format(kAccountRow, "exporter", "domain", "messages", "records", "lost", "no template",
                         "malformed", "over limit"));
  for (const output::ExporterAccount& e : sums.sums()) {
    const flow::Account& a = e.account;
    if (json) {
      line.clear();
      output::write_exporter_account(line, times, e);
      out.line(line.text());
    } else {
      out.line(fmt::format(kAccountRow, output::exporter_name(e.exporter),
                           e.domain ? fmt::format("{}", *e.domain) : "-", a.messages, a.records, a.lost,
                           a.no_template, a.malformed, a.over_limit));
    }
  }
}

struct Question {
  std::string_view name, summary;
  void (*answer)(output::JournalReader& journal, bool json, LineOutput& out);
};
constexpr std::array kQuestions{
    Question{"list", "all records, in the order in which they came", list},
    Question{"exporters",
             "what came from each exporter and domain, and what was lost, malformed or without template",
             exporters}};

int wrong_call(std::string_view what) {
  fmt::print(stderr, "weir flows: {}\nTry 'weir flows --help'.\n", what);
  return kExitUsage;
}

}  // namespace

std::string describe_flow_questions() {
  std::string out = "\nQuestions:\n";
  for (const Question& question : kQuestions)
    out += fmt::format("  {:10} {}\n", question.name, question.summary);
  return out;
}

int run_flows(const CliOptions& options) {
  if (options.words.size() != 1) return wrong_call("one question is needed: list or exporters");
  const auto* const question = std::find_if(kQuestions.begin(), kQuestions.end(), [&](const Question& q) {
    return q.name == options.words.front();
  });
  if (question == kQuestions.end())
    return wrong_call(fmt::format("'{}' is not a question", options.words.front()));
  if (options.store.empty()) return wrong_call("name the records with --store");
  auto journal = output::JournalReader::open(options.store);
  if (!journal) {
    print_error("--store " + journal.error());
    return kExitFailed;
  }
  LineOutput out;
  question->answer(*journal, options.json, out);
  const bool printed = out.finish();
  for (const std::string& problem : journal->problems()) print_error(problem);
  return printed && journal->problems().empty() ? kExitDone : kExitFailed;
}

}  // namespace weir::engine
