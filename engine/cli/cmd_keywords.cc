#include <algorithm>
#include <cstdio>
#include <vector>

#include <fmt/format.h>

#include "engine/cli/cli.h"
#include "engine/ruleset/left_out.h"
#include "rules/compile/keyword_table.h"
#include "rules/load/left_out_warnings.h"
#include "rules/load/unsupported.h"

namespace weir::engine {
namespace {

std::string_view argument_text(rules::KeywordSpec::Argument argument) {
  switch (argument) {
    case rules::KeywordSpec::Argument::none: return "";
    case rules::KeywordSpec::Argument::required: return ":VALUE";
    case rules::KeywordSpec::Argument::optional: return "[:VALUE]";
  }
  return "";
}

void print_keyword(const rules::KeywordSpec& spec) {
  fmt::print("{:32} {}\n", fmt::format("{}{}", spec.name, argument_text(spec.argument)), spec.summary);
}

// name;description;app layer;features;documentation
void print_csv(const std::vector<const rules::KeywordSpec*>& sorted) {
  fmt::print("name;description;app layer;features;documentation\n");
  for (const rules::KeywordSpec* spec : sorted) {
    std::string summary(spec->summary);
    std::replace(summary.begin(), summary.end(), ';', ',');
    fmt::print("{};{};Unset;none;;\n", spec->name, summary);
  }
}

}  // namespace

int run_keywords(const CliOptions& options) {
  if (options.words.empty()) {
    std::vector<const rules::KeywordSpec*> sorted;
    for (const rules::KeywordSpec& spec : rules::all_keywords()) sorted.push_back(&spec);
    std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
    if (options.own_option) {
      print_csv(sorted);
      return kExitDone;
    }
    for (const rules::KeywordSpec* spec : sorted) print_keyword(*spec);
    return kExitDone;
  }
  const auto config = load_configuration(options);
  if (!config) return kExitFailed;
  rules::RuleEnvironment environment;
  environment.left_out = left_out(*config);
  int status = kExitDone;
  std::vector<const rules::KeywordSpec*> found;  // for --csv
  for (const std::string& word : options.words) {
    if (const rules::KeywordSpec* spec = rules::find_keyword(word); spec != nullptr) {
      found.push_back(spec);
      if (options.own_option) continue;
      print_keyword(*spec);
      if (const std::string why = rules::why_keyword_never_matches(*spec, environment); !why.empty())
        fmt::print("{:32} rules with it can never match: {}\n", "", why);
      continue;
    }
    if (const rules::KeywordSpec* spec = rules::find_unsupported_keyword(word); spec != nullptr) {
      fmt::print("{:32} rules with it do not load: {}\n", spec->name, spec->summary);
      status = kExitFailed;
      continue;
    }
    print_error(fmt::format("'{}' is not a rule keyword", word));
    status = kExitFailed;
  }
  if (options.own_option) print_csv(found);
  return status;
}

}  // namespace weir::engine
