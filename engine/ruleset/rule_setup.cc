#include "engine/ruleset/rule_setup.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "decoders/app/protocol.h"
#include "decoders/text_file.h"
#include "engine/ruleset/dataset_setup.h"
#include "engine/ruleset/left_out.h"
#include "engine/tcp/stream_settings.h"
#include "rules/load/header_sets.h"
#include "rules/load/requires.h"
#include "rules/load/rule_tables.h"
#include "rules/load/threshold_config.h"

namespace weir::engine {
namespace {

using rules::RuleDiagnostic;

void read_variables(const Config& config, std::string_view section, rules::VariableTexts& into) {
  const std::string path = fmt::format("vars.{}", section);
  for (const std::string& name : config.keys(path)) {
    // A YAML sequence is taken for a list, too.
    const Settings& value = config.sub(fmt::format("{}.{}", path, name));
    if (const auto text = value.text({}))
      into[name] = *text;
    else if (const auto items = value.list({}); !items.empty())
      into[name] = fmt::format("[{}]", fmt::join(items, ","));
  }
}

// Reads each variable by itself, whether or not a rule names it.
template <class Set>
void check_variables(const Config& config, std::string_view section, const rules::VariableTexts& texts,
                     std::vector<std::string>& wrong) {
  rules::SetReader<Set> reader(texts);
  std::vector<std::string> nested;  // wrong for a variable that it names, which is told of by itself
  for (const std::string& name : config.keys(fmt::format("vars.{}", section))) {
    const auto text = texts.find(name);
    if (text == texts.end()) continue;
    const auto set = reader.read(text->second);
    if (set) continue;
    const std::string path = fmt::format("vars.{}.{}", section, name);
    (set.error().in_variable ? nested : wrong)
        .push_back(fmt::format("{}: {}: {} ({})", config.place(path), path, set.error().reason,
                               set.error().offending));
  }
  if (wrong.empty()) wrong = std::move(nested);  // they contain each other
}

std::vector<std::string> features(const Config& config) {
  std::vector<std::string> out = rules::default_features();
  for (const ProtocolInfo* info : all_protocols())
    for (const auto& [name, setting] : info->features)
      if (!setting.empty() && turned_off(config, info->name, setting)) std::erase(out, name);
  return out;
}

// Reads a configured table file; without one, or when it is missing, the usual entries have to do.
void read_table(const Config& config, std::string_view key,
                std::vector<RuleDiagnostic> (*load)(const std::string&, rules::RuleEnvironment&),
                rules::RuleEnvironment& environment, std::vector<RuleDiagnostic>& diagnostics) {
  const auto name = config.text(key);
  if (!name || name->empty()) return;
  for (RuleDiagnostic& d : load(config.path_of(*name), environment)) {
    d.keyword = key;
    if (d.line == 0) d.severity = rules::Severity::warning;  // the file itself
    diagnostics.push_back(std::move(d));
  }
}

// It is opened when a rule asks for it; that it is not there is told in any case.
void name_geoip_database(const Config& config, rules::RuleEnvironment& environment,
                         std::vector<RuleDiagnostic>& diagnostics) {
  const auto name = config.text("geoip-database");
  if (!name || name->empty()) return;
  environment.geoip_database = config.path_of(*name);
  if (::access(environment.geoip_database.c_str(), R_OK) == 0) return;
  diagnostics.push_back({.file = environment.geoip_database,
                         .keyword = "geoip-database",
                         .reason = fmt::format("cannot be read: {}", std::strerror(errno)),
                         .advice = "without it no rule with geoip can be used",
                         .severity = rules::Severity::warning});
}

std::vector<std::string> rule_patterns(const Config& config, const RuleSetupOptions& options) {
  if (!options.exclusive.empty()) {
    std::vector<std::string> out = options.exclusive;
    out.insert(out.end(), options.additional.begin(), options.additional.end());
    return out;
  }
  std::string folder = config.text("default-rule-path").value_or("");
  if (!folder.empty()) folder = config.path_of(folder) + "/";
  std::vector<std::string> out;
  for (const std::string& name : config.list("rule-files"))
    out.push_back(name.starts_with('/') ? name : folder.empty() ? config.path_of(name) : folder + name);
  out.insert(out.end(), options.additional.begin(), options.additional.end());
  return out;
}

std::string data_folder(const Config& config, const RuleSetupOptions& options,
                        const std::vector<std::string>& patterns) {
  if (!options.data_dir.empty()) return options.data_dir;
  if (const auto configured = config.text("default-data-dir"); configured && !configured->empty())
    return *configured;
  if (patterns.empty()) return {};
  const std::size_t slash = patterns[0].rfind('/');
  return slash == std::string::npos ? "." : patterns[0].substr(0, std::max<std::size_t>(slash, 1));
}

constexpr std::string_view kTableKeys[] = {"classification-file", "reference-config-file", "threshold-file",
                                           "geoip-database"};

void apply_threshold_file(const Config& config, RuleSetup& setup) {
  const auto name = config.text("threshold-file");
  if (!name || name->empty()) return;
  auto diagnostics =
      rules::apply_threshold_file(config.path_of(*name), *setup.environment, setup.loaded.signatures);
  for (RuleDiagnostic& d : diagnostics) {
    d.keyword = "threshold-file";
    if (d.line == 0) d.severity = rules::Severity::warning;
    setup.loaded.diagnostics.push_back(std::move(d));
  }
}

// Only alerts with metadata.rule.raw show a rule as it was written.
bool logs_rule_text(const Config& config) {
  for (const Config::Item& log : config.items("outputs"))
    for (const Config::Item& type : config.items(log.path + ".types"))
      if (type.name == "alert" && type.settings->flag("metadata.rule.raw", false)) return true;
  return false;
}

// At the start a wrong one has ended the run before (check_policies); at a reload it is why the old rules stay.
void read_action_order(const Config& config, rules::RuleEnvironment& into,
                       std::vector<RuleDiagnostic>& diagnostics) {
  if (const auto order = rules::ActionOrder::parse(config.list("action-order")))
    into.action_order = *order;
  else
    diagnostics.push_back({.file = "action-order", .reason = order.error()});
}

}  // namespace

RulePaths rule_paths(const Config& config, const RuleSetupOptions& options) {
  RulePaths out;
  for (const std::string_view key : kTableKeys)
    if (const auto name = config.text(key); name && !name->empty())
      out.files.push_back(config.path_of(*name));
  if (options.no_rules) return out;
  const std::vector<std::string> patterns = rule_patterns(config, options);
  out.files.insert(out.files.end(), patterns.begin(), patterns.end());
  out.data_dir = data_folder(config, options, patterns);
  DatasetFiles sets = dataset_files(config, out.data_dir);
  out.files.insert(out.files.end(), sets.read.begin(), sets.read.end());
  out.written = std::move(sets.written);
  const std::vector<std::string> reputation = reputation_paths(config);
  out.files.insert(out.files.end(), reputation.begin(), reputation.end());
  return out;
}

RuleSetup set_up_rules(const Config& config, const RuleSetupOptions& options,
                       const rules::RuleSet* previous) {
  RuleSetup out{.environment = std::make_unique<rules::RuleEnvironment>(), .loaded = {}};
  rules::RuleEnvironment& environment = *out.environment;
  read_variables(config, "address-groups", environment.address_vars);
  read_variables(config, "port-groups", environment.port_vars);
  check_variables<rules::AddressSet>(config, "address-groups", environment.address_vars, out.wrong_variables);
  check_variables<rules::PortSet>(config, "port-groups", environment.port_vars, out.wrong_variables);
  if (!out.wrong_variables.empty()) return out;
  environment.features = features(config);
  environment.inline_mode = options.inline_mode;
  environment.left_out = left_out(config);
  const StreamSettings streams = StreamSettings::from(config.sub("stream"), options.inline_mode);
  environment.chunk_to_server = streams.chunk_to_server;
  environment.chunk_to_client = streams.chunk_to_client;
  environment.keep_text = logs_rule_text(config);
  std::vector<RuleDiagnostic> before;
  read_action_order(config, environment, before);
  name_geoip_database(config, environment, before);
  read_table(config, "classification-file", rules::load_classifications, environment, before);
  read_table(config, "reference-config-file", rules::load_references, environment, before);
  rules::add_default_tables(environment);
  if (options.no_rules) {
    out.loaded.diagnostics = std::move(before);
    return out;
  }
  const std::vector<std::string> patterns = rule_patterns(config, options);
  environment.data_dir = data_folder(config, options, patterns);
  if (previous != nullptr) previous->hand_on(environment);
  set_up_datasets(config, environment, before);
  out.reputation = set_up_reputation(config, environment, before);
  out.loaded = rules::load_rule_files(patterns, environment,
                                      options.from_snort ? rules::RuleForm::snort : rules::RuleForm::ours);
  environment.reputation.reset();  // it is the rules' that ask for it, or nobody's
  auto& diagnostics = out.loaded.diagnostics;
  diagnostics.insert(diagnostics.begin(), std::make_move_iterator(before.begin()),
                     std::make_move_iterator(before.end()));
  apply_threshold_file(config, out);
  return out;
}

}  // namespace weir::engine
