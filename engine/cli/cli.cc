#include "engine/cli/cli.h"

#include <unistd.h>
#include <cstdlib>
#include <cstring>

#include <algorithm>
#include <array>
#include <cstdio>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/cli/background.h"
#include "engine/cli/cli_options.h"
#include "engine/cli/clickhouse_sink.h"
#include "engine/cli/flow_exports.h"
#include "engine/cli/suricata_form.h"
#include "engine/config/config_check.h"
#include "engine/live/confine/privileges.h"
#include "engine/log/log_outputs.h"
#include "engine/pipeline/pipeline.h"
#include "weir_version.h"

namespace weir::engine {
namespace {

// "1 error", "3 errors"
std::string counted(std::size_t n, std::string_view what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

constexpr std::array kCommands{
    Command{"detect", "find what rules describe in capture files or on interfaces",
            "weir detect -r PATH...|-i IFACE [-S RULES] [options]", true, true, true, false, run_detect},
    Command{"prevent", "the same inline, and block; on captures, say what would have been blocked",
            "weir prevent -q NUM[:NUM]|-r PATH... [-S RULES] [options]", true, true, true, false, run_prevent,
            false, nullptr, true},
    Command{.name = "check",
            .summary = "read rules and configuration, say what is wrong",
            .usage = "weir check [-c FILE] [-S RULES] [options]",
            .takes_rules = true,
            .run = run_check,
            .own_option = "from-snort",
            .own_option_help = "read all rules in Snort 3's form, and say what they do differently here",
            .judges_rules = true},
    Command{"config", "show the settings as they are read", "weir config [-c FILE] [--set KEY=VALUE]", false,
            true, false, false, run_config},
    Command{"keywords", "list the rule keywords, or explain some",
            "weir keywords [NAME...] [-c FILE] [--set KEY=VALUE...]", false, false, false, true, run_keywords,
            false, nullptr, false, "csv", "as Suricata's --list-keywords=csv", true},
    Command{"protocols", "list the application protocols, with what rules can say of each",
            "weir protocols [NAME...]", false, false, false, true, run_protocols, false, nullptr, false,
            "names", "their names only, one a line"},
    Command{.name = "collect",
            .summary = "take in flow records that exporters send, or that files of them hold",
            .usage = "weir collect --listen udp://ADDRESS:PORT...|-r FILE... [--store DIR] [--ioc FEED] [-S "
                     "RULES] [options]",
            .run = run_collect,
            .takes_configuration = true,
            .takes_exports = true},
    Command{.name = "flows",
            .summary = "ask flow records that were kept",
            .usage = "weir flows QUESTION [WORD...] --store DIR [options]",
            .takes_words = true,
            .run = run_flows,
            .more_help = describe_flow_questions,
            .takes_configuration = true,
            .reads_store = true},
    Command{"ctl", "ask or tell a run that listens on interfaces or queues",
            "weir ctl COMMAND [NAME=VALUE...] [options]", false, false, false, true, run_ctl, true,
            describe_control_commands},
};

void print_overview(std::FILE* to) {
  fmt::print(to, "usage: weir COMMAND [options]\n\nWeir watches network traffic for known-bad signs.\n\n");
  for (const Command& command : kCommands) fmt::print(to, "  {:10} {}\n", command.name, command.summary);
  fmt::print(to,
             "\nCalls in Suricata's form are taken, too: weir -c FILE -i eth0, weir -T ... (weir(1), "
             "SURICATA'S CALLS).\n"
             "'weir COMMAND --help' lists the options of a command. See also weir(1), weir.yaml(5), "
             "weir-rules(5).\n");
}

int usage_error(std::string_view command, std::string_view what) {
  const std::string name = command.empty() ? "weir" : fmt::format("weir {}", command);
  fmt::print(stderr, "{0}: {1}\nTry '{0} --help'.\n", name, what);
  return kExitUsage;
}

// Sections of the file that mean nothing here are named in one line, and each key with its place to who asks.
void report_idle_keys(const std::vector<KeyProblem>& problems, const CliOptions& options) {
  std::vector<std::string> sections;
  std::size_t keys = 0;
  for (const KeyProblem& p : problems) {
    if (!p.idle) continue;
    ++keys;
    if (options.verbose)
      fmt::print(stderr, "weir: warning: {}: key '{}' has no effect in Weir\n", p.place, p.path);
    std::string section = p.path.substr(0, p.path.find('.'));
    if (std::find(sections.begin(), sections.end(), section) == sections.end())
      sections.push_back(std::move(section));
  }
  if (keys != 0 && !options.verbose)
    fmt::print(stderr, "weir: warning: {} no effect in Weir, in {} (-v names {})\n",
               keys == 1 ? "a key has" : counted(keys, "key") + " have", fmt::join(sections, ", "),
               keys == 1 ? "it" : "them");
}

// Known keys that mean something, but not in this call.
void report_store_keys(const Config& config, const CliOptions& options) {
  constexpr std::string_view kStore = "weir.flows.store";
  if (!options.writes_store || !options.store.empty()) return;
  for (const std::string& key : config.keys(kStore)) {
    const std::string path = fmt::format("{}.{}", kStore, key);
    fmt::print(stderr, "weir: warning: {}: key '{}' has no effect without --store\n", config.place(path),
               path);
  }
}

void report_keys(const Config& config, const CliOptions& options) {
  const std::vector<KeyProblem> problems = config.check_keys();
  for (const KeyProblem& p : problems)
    if (!p.idle)
      fmt::print(stderr, "weir: warning: {}: key '{}' is not known and has no effect{}\n", p.place, p.path,
                 p.nearest.empty() ? "" : "; did you mean " + p.nearest + "?");
  report_idle_keys(problems, options);
  report_store_keys(config, options);
}

// False: the run must not start, because of --strict or of something that no run can be made of.
bool report_configuration(const Config& config, const CliOptions& options) {
  const std::vector<std::string> policies = check_policies(config);
  for (const std::string& problem : policies) print_error(problem);
  report_keys(config, options);
  bool good = true, can_run = true;
  for (const OutputProblem& problem : check_outputs(config)) {
    if (problem.is_error)
      print_error(problem.text);
    else if (!options.config.empty())
      fmt::print(stderr, "weir: warning: {}\n", problem.text);
    good = good && !problem.is_error;
    can_run = can_run && !problem.ends_run;
  }
  const auto exports = export_settings(options, config);
  if (!exports) print_error(exports.error());
  if (exports)
    for (const std::string& warning : exports->warnings) fmt::print(stderr, "weir: warning: {}\n", warning);
  const auto clickhouse = clickhouse_settings(config);
  if (!clickhouse) print_error(clickhouse.error());
  good = report_values(config) && good;
  return policies.empty() && exports && clickhouse && can_run && (good || !options.strict);
}

}  // namespace

namespace {

std::string names_of_commands() {
  std::vector<std::string_view> names;
  names.reserve(kCommands.size());
  for (const Command& command : kCommands) names.push_back(command.name);
  return fmt::format("{} and {}", fmt::join(names.begin(), names.end() - 1, ", "), names.back());
}

// `call`: what the whole command line asks for besides; null when it is in weir's own form.
int run_command(const std::vector<std::string>& arguments, const SuricataCall* call) {
  const auto* const command = std::find_if(kCommands.begin(), kCommands.end(),
                                           [&](const Command& c) { return c.name == arguments.front(); });
  if (command == kCommands.end())
    return usage_error(
        {}, fmt::format("'{}' is not a command; there are {}", arguments.front(), names_of_commands()));
  auto parsed = parse_options(*command, {arguments.begin() + 1, arguments.end()});
  if (!parsed) return usage_error(command->name, parsed.error());
  if (parsed->help) {
    fmt::print("usage: {}\n\n{}.\n{}", command->usage, command->summary, describe_options(*command));
    if (command->more_help != nullptr) fmt::print("{}", command->more_help());
    return kExitDone;
  }
  if (call != nullptr) {
    parsed->options.as_suricata = true;
    parsed->options.in_background = call->in_background;
  }
  return command->run(parsed->options);
}

// A file of --pidfile is the parent's when the run goes on in the background.
int run_suricata_call(const std::vector<std::string>& arguments) {
  const auto call = read_suricata_call(arguments);
  if (!call) return usage_error({}, call.error());
  fmt::print("{}", call->answer);
  if (call->arguments.empty()) return kExitDone;
  if (!call->ignored.empty())
    fmt::print(stderr, "weir: warning: no effect in Weir: {}\n", fmt::join(call->ignored, ", "));
  const auto fail = [](const std::string& reason) {
    print_error(reason);
    return kExitFailed;
  };
  if (call->in_background) {
    const auto status = go_to_background(call->pid_file);
    if (!status) return fail(status.error());
    if (*status) return **status;
  }
  std::optional<PidFile> pid_file;
  if (!call->pid_file.empty() && !call->in_background) {
    auto written = PidFile::write(call->pid_file, ::getpid());
    if (!written) return fail(written.error());
    pid_file.emplace(std::move(*written));
  }
  return run_command(call->arguments, &*call);
}

}  // namespace

int run_cli(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    print_overview(stderr);
    return kExitUsage;
  }
  const std::string& first = arguments.front();
  if (first == "--help" || first == "-h" || first == "help") {
    print_overview(stdout);
    return kExitDone;
  }
  if (first == "--version") {
    fmt::print("weir {}\n", WEIR_VERSION);
    return kExitDone;
  }
  return first.starts_with('-') ? run_suricata_call(arguments) : run_command(arguments, nullptr);
}

std::optional<Config> load_configuration(const CliOptions& options) {
  auto config = Config::load(options.config, options.settings);
  if (!config) {
    print_error(config.error().message);
    return std::nullopt;
  }
  if (!report_configuration(*config, options)) return std::nullopt;
  return std::move(*config);
}

bool report_values(const Config& config) {
  const std::vector<std::string> values = config.take_unreadable_values();
  for (const std::string& value : values) print_error(value + "; it is not used");
  return values.empty();
}

bool report_setup(const Config& config, const CliOptions& options) {
  const auto setup = PipelineSetup::make(config, false);
  if (!setup) print_error(setup.error());
  return setup.has_value() && (report_values(config) || !options.strict);
}

std::size_t print_diagnostics(const rules::LoadedRules& loaded, std::size_t most_warnings) {
  std::size_t errors = 0, warnings = 0, never = 0;
  for (const rules::RuleDiagnostic& d : loaded.diagnostics) {
    ++(d.is_warning() ? warnings : errors);
    if (d.is_warning() && warnings > most_warnings)
      never += d.never ? 1 : 0;
    else
      fmt::print(stderr, "{}\n", rules::to_string(d));
  }
  if (warnings > most_warnings)
    fmt::print(stderr, "weir: warning: rules: {}{}{} (-v names {})\n",
               counted(warnings - most_warnings, "warning"), most_warnings == 0 ? "" : " more",
               never == 0 ? "" : fmt::format(", {} of them about rules that can never match", never),
               warnings == 1 ? "it" : "them");
  return errors;
}

bool report_variables(const RuleSetup& setup) {
  for (const std::string& wrong : setup.wrong_variables) print_error(wrong);
  return setup.wrong_variables.empty();
}

bool report_rules(const RuleSetup& setup, const CliOptions& options) {
  if (!report_variables(setup)) return false;
  const bool watched = is_watched(options);
  const std::size_t errors = print_diagnostics(setup.loaded, options.verbose ? SIZE_MAX
                                                             : watched       ? kMaxWarningsNamed
                                                                             : 0);
  if (watched && !options.rules.no_rules) fmt::print(stderr, "weir: {}\n", rule_totals(setup.loaded));
  if (watched && setup.reputation.categories != 0)
    fmt::print(stderr, "weir: {}\n", reputation_totals(setup.reputation));
  if (!options.strict || errors == 0) return true;
  print_error(
      fmt::format("{} in the rules, and --strict", errors == 1 ? "an error" : counted(errors, "error")));
  return false;
}

std::shared_ptr<const rules::RuleSet> build_rules(RuleSetup& setup, const Config& config,
                                                  const CliOptions& options) {
  auto set =
      rules::RuleSet::build(std::move(setup.loaded.signatures), *setup.environment,
                            {.threads = worker_count(options), .cache_dir = cache_dir(config, options)});
  if (const std::string& problem = set->cache_problem(); !problem.empty())
    fmt::print(stderr, "weir: warning: cache: {}: every start compiles the rules' patterns anew\n", problem);
  return set;
}

std::string rule_totals(const rules::LoadedRules& loaded) {
  std::string out = fmt::format("{} rule files, {} rules: {} loaded, {} failed, {} skipped", loaded.files,
                                loaded.rules_seen, loaded.rules_seen - loaded.failed - loaded.skipped,
                                loaded.failed, loaded.skipped);
  const auto warnings = std::count_if(loaded.diagnostics.begin(), loaded.diagnostics.end(),
                                      [](const rules::RuleDiagnostic& d) { return d.is_warning(); });
  if (warnings != 0) out += ", " + counted(static_cast<std::size_t>(warnings), "warning");
  return out;
}

std::string reputation_totals(const ReputationTotals& totals) {
  return fmt::format("{} reputation files: {} addresses and networks in {} categories", totals.files,
                     totals.addresses, totals.categories);
}

bool is_watched(const CliOptions& options) {
  return options.verbose || ::isatty(STDERR_FILENO) == 1;
}

void print_error(std::string_view text) {
  fmt::print(stderr, "weir: error: {}\n", text);
}

std::string cache_dir(const Config& config, const CliOptions& options) {
  if (options.no_cache) return {};
  if (const auto configured = config.text("weir.cache-dir")) return *configured;
  if (const char* cache = std::getenv("CACHE_DIRECTORY"); cache != nullptr && *cache == '/')  // systemd
    return std::string(cache, std::strcspn(cache, ":"));
  if (options.captures.empty() && RunAs::from(config, options.user, options.group).is_asked_for())
    return "/var/cache/weir";
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
    return std::string(cache) + "/weir";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return std::string(home) + "/.cache/weir";
  return {};
}

unsigned worker_count(const CliOptions& options) {
  return options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace weir::engine
