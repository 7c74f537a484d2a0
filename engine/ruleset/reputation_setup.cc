#include "engine/ruleset/reputation_setup.h"

#include <iterator>
#include <memory>
#include <utility>

#include "rules/load/reputation_files.h"

namespace weir::engine {
namespace {

std::string reputation_categories_path(const Config& config) {
  const auto name = config.text("reputation-categories-file");
  return !name || name->empty() ? std::string{} : config.path_of(*name);
}

std::vector<std::string> reputation_list_paths(const Config& config) {
  std::string folder = config.text("default-reputation-path").value_or("");
  if (!folder.empty()) folder = config.path_of(folder) + "/";
  std::vector<std::string> out;
  for (const std::string& name : config.list("reputation-files"))
    if (!name.empty())
      out.push_back(name.starts_with('/') ? name : folder.empty() ? config.path_of(name) : folder + name);
  return out;
}

rules::RuleDiagnostic reputation_warning(std::string key, std::string reason, std::string advice) {
  return {.file = std::move(key),
          .reason = std::move(reason),
          .advice = std::move(advice),
          .severity = rules::Severity::warning};
}

void add_problems(std::vector<rules::RuleDiagnostic>& all, std::vector<rules::RuleDiagnostic> some) {
  all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
}

}  // namespace

ReputationTotals set_up_reputation(const Config& config, rules::RuleEnvironment& environment,
                                   std::vector<rules::RuleDiagnostic>& diagnostics) {
  const std::string categories = reputation_categories_path(config);
  const std::vector<std::string> lists = reputation_list_paths(config);
  if (categories.empty()) {
    if (!lists.empty())
      diagnostics.push_back(reputation_warning("reputation-files",
                                               "not read: reputation-categories-file names no categories",
                                               "without them no rule with iprep can be used"));
    return {};
  }
  auto table = std::make_shared<rules::IpReputation>();
  add_problems(diagnostics, rules::load_reputation_categories(categories, *table));
  if (table->categories() == 0) return {};
  if (lists.empty())
    diagnostics.push_back(
        reputation_warning("reputation-files", "names no file", "to rules with iprep no address is listed"));
  for (const std::string& path : lists) add_problems(diagnostics, rules::load_reputations(path, *table));
  const ReputationTotals out{
      .files = lists.size(), .addresses = table->size(), .categories = table->categories()};
  environment.reputation = std::move(table);
  return out;
}

std::vector<std::string> reputation_paths(const Config& config) {
  std::vector<std::string> out = reputation_list_paths(config);
  if (std::string categories = reputation_categories_path(config); !categories.empty())
    out.push_back(std::move(categories));
  return out;
}

}  // namespace weir::engine
