#include "engine/cli/digest_report.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/cli/terminal.h"
#include "engine/query/human_text.h"

namespace weir::engine {
namespace {

constexpr std::size_t kMostLines = 10;  // of each list
constexpr std::size_t kDateBytes = 10, kTimeAt = 11, kTimeBytes = 15;

std::string_view severity_name(std::uint64_t severity) {
  constexpr std::array<std::string_view, 4> kNames{"-", "high", "medium", "low"};
  return severity < kNames.size() ? kNames[severity] : "info";
}

std::string severity_text(std::uint64_t severity, bool colours) {
  constexpr std::array<std::string_view, 4> kCodes{"2", "1;31", "33", "36"};
  const std::string padded = fmt::format("{:<6}", severity_name(severity));
  return coloured(padded, severity < kCodes.size() ? kCodes[severity] : "2", colours);
}

std::string end_point(std::string_view address, std::uint64_t port) {
  if (port == 0) return printable(address);
  return address.find(':') != std::string_view::npos ? fmt::format("[{}]:{}", printable(address), port)
                                                     : fmt::format("{}:{}", printable(address), port);
}

std::string counted(std::uint64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

// One part of the report: its lines below a title, as many as are shown.
class Section {
 public:
  Section(std::string& out, std::string_view title, bool colours)
      : out_(out), title_(title), colours_(colours) {}
  ~Section() {
    if (lines_ > kMostLines) fmt::format_to(std::back_inserter(out_), "  and {} more\n", lines_ - kMostLines);
  }
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;
  void line(std::string_view text) {
    if (lines_++ == 0) out_ += coloured(title_, "1", colours_) + "\n";
    if (lines_ <= kMostLines) fmt::format_to(std::back_inserter(out_), "  {}\n", text);
  }

 private:
  std::string& out_;
  std::string_view title_;
  bool colours_;
  std::size_t lines_ = 0;
};

void add_rules(const Report& report, std::string& out, bool colours) {
  Section section(out, "Rules", colours);
  for (const Digest::Rule* rule : report.digest.rules())
    section.line(fmt::format("{:>6}  {}  {} [{}:{}:{}]{}", rule->alerts,
                             severity_text(rule->severity, colours), printable(rule->message), rule->gid,
                             rule->sid, rule->rev, rule->blocked ? " blocked" : ""));
}

void add_hosts(const Report& report, std::string& out, bool colours) {
  Section section(out, "Hosts in alerts", colours);
  for (const auto& [address, host] : report.digest.hosts())
    section.line(fmt::format("{:>6}  {}  {} ({} as source, {} as destination; {})", host->alerts(),
                             severity_text(host->worst, colours), printable(address), host->as_source,
                             host->as_destination, counted(host->rules.size(), "rule")));
}

void add_protocols(const Report& report, std::string& out, bool colours) {
  Section section(out, "Protocols", colours);
  for (const auto& [name, protocol] : report.digest.protocols())
    section.line(fmt::format("{:>6}  {}, {}", protocol->flows, printable(name),
                             human_bytes(static_cast<double>(protocol->bytes))));
}

void add_files(const Report& report, std::string& out, bool colours) {
  Section section(out, "Files in alerts", colours);
  for (const Digest::File& file : report.digest.files())
    section.line(fmt::format("{}, {}, sent by {} (rule {}){}", printable(file.name),
                             human_bytes(static_cast<double>(file.size)), printable(file.host), file.sid,
                             file.sha256.empty() ? "" : ", SHA-256 " + file.sha256));
}

void add_left_out(const Report& report, std::string& out, bool colours) {
  Section section(out, "Left out", colours);
  for (const RunNote& note : report.summary.notes)
    if (note.is_loss) section.line(printable(note.text));
  for (const std::string& error : report.summary.errors) section.line(printable(error));
}

void add_next(const Report& report, std::string& out, bool colours) {
  Section section(out, "Next", colours);
  for (const std::string& step : next_steps(report)) section.line(step);
}

}  // namespace

std::string AlertPrinter::text(const SeenAlert& alert, bool colours) {
  std::string about =
      fmt::format("{} -> {}  {}", end_point(alert.source, alert.source_port),
                  end_point(alert.destination, alert.destination_port),
                  printable(alert.app_protocol.empty() ? alert.protocol : alert.app_protocol));
  if (alert.source.empty()) about = "no addresses";
  if (!alert.facts.empty()) about += "  " + printable(alert.facts);
  constexpr std::size_t kIndent = kTimeBytes + 2;
  return fmt::format(
      "{}  {}  {} [{}:{}:{}]{}\n{:{}}{}\n",
      coloured(printable(alert.time.substr(std::min(kTimeAt, alert.time.size()), kTimeBytes)), "2", colours),
      severity_text(alert.severity, colours), coloured(printable(alert.message), "1", colours), alert.gid,
      alert.sid, alert.rev, alert.action == "blocked" ? " blocked" : "", "", kIndent, about);
}

void AlertPrinter::show(const SeenAlert& alert) {
  if (++of_rule_[alert.sid] > kMostOfRule) {
    ++not_shown_;
    return;
  }
  if (const std::string_view day = alert.time.substr(0, kDateBytes); day != day_) {
    day_ = day;
    fmt::print(to_, "{}\n", coloured(printable(day), "1", colours_));
  }
  fmt::print(to_, "{}", text(alert, colours_));
  std::fflush(to_);  // a stream may be silent for long
}

void AlertPrinter::finish() {
  if (not_shown_ != 0)
    fmt::print(to_, "{} more of rules that have {} above\n", counted(not_shown_, "alert"), kMostOfRule);
  if (!day_.empty()) fmt::print(to_, "\n");
}

std::vector<std::string> next_steps(const Report& report) {
  std::vector<std::string> out;
  const auto hosts = report.digest.hosts();
  const auto rules = report.digest.rules();
  if (!report.has_rules) out.emplace_back("no rules were loaded: name some with -S FILE");
  if (report.has_rules && rules.empty() && report.summary.packets != 0)
    out.emplace_back("no rule matched; -v names rules that can never match and why");
  if (!rules.empty())
    out.push_back(fmt::format("begin with rule {}, the most severe: {}", rules.front()->sid,
                              printable(rules.front()->message)));
  if (!hosts.empty()) {
    const std::string host = printable(hosts.front().first);
    out.push_back(fmt::format(
        "{} is in {}: all that it did: weir detect -r {} -f 'host {}' -l DIR", host,
        counted(hosts.front().second->alerts(), "alert"),
        report.options.captures.empty() ? "FILE" : printable(report.options.captures.front()), host));
    if (!report.logs) out.emplace_back("every event of this scan, as EVE: the same call with -l DIR");
    out.emplace_back(
        "the packets around the alerts: outputs: pcap-log with conditional: alerts (weir.yaml(5))");
  }
  return out;
}

std::string report_text(const Report& report, bool colours) {
  std::string out;
  add_rules(report, out, colours);
  add_hosts(report, out, colours);
  add_files(report, out, colours);
  add_protocols(report, out, colours);
  add_left_out(report, out, colours);
  add_next(report, out, colours);
  return out;
}

}  // namespace weir::engine
