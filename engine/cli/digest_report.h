// What a scan found, said to a person or as one JSON document.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "engine/cli/cli.h"
#include "engine/cli/digest.h"

namespace weir::engine {

// Prints alerts as they come, the first ones of each rule.
class AlertPrinter {
 public:
  static constexpr std::uint64_t kMostOfRule = 20;
  AlertPrinter(std::FILE* to, bool colours) : to_(to), colours_(colours) {}
  void show(const SeenAlert& alert);
  // Says how many were not shown.
  void finish();
  // "12:00:01.123456  high    message [1:2:3]" and what it was about, two lines.
  [[nodiscard]] static std::string text(const SeenAlert& alert, bool colours);

 private:
  std::FILE* to_;
  bool colours_;
  std::string day_;
  std::map<std::uint64_t, std::uint64_t> of_rule_;  // by sid
  std::uint64_t not_shown_ = 0;
};

// What was found and how the run went.
struct Report {
  const Digest& digest;
  const RunSummary& summary;
  const CliOptions& options;
  bool logs = true;  // were written
  bool has_rules = true;
};

// Behind the summary's line: rules, hosts, protocols, files, what was left out, what to look at next; nothing where there is
// nothing. Lines with their newlines.
std::string report_text(const Report& report, bool colours);
// One line.
std::string report_json(const Report& report);
// What to look at next: sentences.
std::vector<std::string> next_steps(const Report& report);

}  // namespace weir::engine
