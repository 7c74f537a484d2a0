// The command line: sub-commands, their options, and what is wrong with a call.
//
// Exit status of all commands: 0 done, 1 bad rules, configuration or input, 2 usage.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/offline/run.h"
#include "engine/query/question.h"
#include "engine/ruleset/rule_setup.h"

namespace weir::engine {

inline constexpr int kExitDone = 0, kExitFailed = 1, kExitUsage = 2;

// What the options of all sub-commands come to; each command offers those that it uses.
struct CliOptions {
  std::vector<std::string> captures;    // -r
  std::vector<std::string> interfaces;  // -i
  bool live_capture = false;            // interfaces, though perhaps the configuration names them
  bool portable_capture = false;        // --pcap
  std::vector<std::string> queues;      // -q
  std::vector<std::string> listeners;   // --listen
  bool follow = false;                  // --follow
  std::string bpf;                      // -f
  std::string config;                   // -c; empty: built-in defaults
  std::vector<std::string> settings;    // --set
  RuleSetupOptions rules;               // -S, -s, --no-rules, --data-dir
  std::string log_dir =
      ".";  // -l; of a live run without it: live_log_dir(); "-": standard output, and no logs
  bool own_log_dir = false;             // -l is there
  std::string rule_profile;             // --rule-profile; empty: none
  std::string pcap_out;                 // --pcap-out; empty: none
  std::string user, group;              // --user, --group; empty: as configured
  std::string checksums = "auto";       // -k: auto, all or none
  unsigned threads = 0;                 // 0: one a core
  bool strict = false;
  bool verbose = false;
  bool prevent = false;
  bool no_cache = false;
  bool own_option = false;         // --csv, --names, --from-snort
  bool as_suricata = false;        // the call is in Suricata's form: logs go to default-log-dir
  bool in_background = false;      // -D
  bool takes_captures = false;     // --unix-socket
  std::string unix_socket;         // its FILE; empty: the control socket of the configuration
  std::string socket;              // --socket; empty: the usual one
  bool json = false;               // --json
  std::string colour = "auto";     // --color: auto, always or never
  std::string store;               // --store; empty: none
  bool writes_store = false;       // the command writes one when --store is there
  std::string state;               // --state; empty: none
  std::vector<std::string> flow_exports;  // --flow-export
  std::string flow_format;                // --flow-format; empty: as configured
  std::vector<std::string> allowed;  // --allow
  std::vector<std::string> feeds;    // --ioc
  bool vpc_logs = false;             // --format aws-vpc
  std::string tls_certificate, tls_key, tls_client_ca;  // --tls-cert, --tls-key, --tls-client-ca
  bool on_records = false;           // --on-records
  QuestionOptions question;          // of flows
  unsigned timeout_s = 60;         // --timeout
  std::vector<std::string> words;  // arguments that are not options
};

// A sub-command of weir.
struct Command {
  std::string_view name, summary, usage;
  // Which groups of options it takes.
  bool takes_input = false, takes_rules = false, takes_output = false, takes_words = false;
  int (*run)(const CliOptions&) = nullptr;
  bool takes_socket = false;
  std::string (*more_help)() = nullptr;  // what --help says after the options
  bool blocks = false;                   // runs inline: what passes can be written
  // An option that no other command has, and what it does; empty: none.
  std::string_view own_option = {}, own_option_help = {};
  bool takes_configuration = false;  // though neither rules nor a socket
  bool takes_exports = false;        // receives flow records
  bool judges_rules = false;         // says what is wrong with rules, also for records
  bool reads_store = false;          // of flow records
};

int run_detect(const CliOptions& options);
int run_prevent(const CliOptions& options);
int run_check(const CliOptions& options);
int run_config(const CliOptions& options);
int run_keywords(const CliOptions& options);
int run_protocols(const CliOptions& options);
int run_ctl(const CliOptions& options);
int run_collect(const CliOptions& options);
int run_flows(const CliOptions& options);
std::string describe_flow_questions();
std::string describe_control_commands();

// The whole program: `arguments` without the program's name. Returns the exit status.
int run_cli(const std::vector<std::string>& arguments);

// --- for the commands

// -i and -q: runs until a signal ends it.
int run_live_command(const CliOptions& options, bool prevent);
// --unix-socket: reads the captures that clients hand in, until a signal or "shutdown" ends it.
int run_captures_command(const CliOptions& given);
ChecksumMode checksum_mode(const CliOptions& options);
// What is asked for of flow records.
output::RecordSettings record_settings(const CliOptions& options, const Settings& root);
// Makes the folder of -l; false, and the reason is printed, when it cannot.
bool make_log_dir(const std::string& path);
// After a run: what went wrong. Many broken captures are summed up, unless each is asked for.
void print_errors(const RunSummary& summary, const CliOptions& options);
// After a run: what was left out of inspection always, what else there is to say when somebody is watching.
void print_notes(const RunSummary& summary, const CliOptions& options);
// After a run: "78 packets, 13.7 kB in 0.05 s (258 kB/s); 7 flows, 4 alerts".
std::string summary_text(const RunSummary& summary);
// The same with where the logs are, when somebody is watching.
void print_summary(const RunSummary& summary, const CliOptions& options);

// Reads -c and --set; a problem is printed and gives none.
std::optional<Config> load_configuration(const CliOptions& options);
// Prints what loading said, in the order of the files: all errors, so many warnings, and how many more there are.
// Returns the number of errors.
std::size_t print_diagnostics(const rules::LoadedRules& loaded, std::size_t most_warnings);
inline constexpr std::size_t kMaxWarningsNamed = 20;  // on a terminal; -v names all
// Prints which variables are no lists of addresses or ports. False: there are some, and nothing can be made of these rules.
bool report_variables(const RuleSetup& setup);
// Prints what loading said: errors and the number of warnings always, some warnings and totals when the user is watching.
// False: the run must not start (--strict, and there is an error).
bool report_rules(const RuleSetup& setup, const CliOptions& options);
// Prints which values that were read since the last call are not what their keys take. False: there are some.
bool report_values(const Config& config);
// Makes what a run is made of to see if it can be, and prints what is wrong. Costs some 10 ms. False: the run
// must not start.
bool report_setup(const Config& config, const CliOptions& options);
// Of a live run: that of -l, else the configured one, else the usual one.
std::string live_log_dir(const CliOptions& options, const Config& config);
// Groups and compiles the signatures, which it takes out of `setup`; says so when the cache cannot be used.
std::shared_ptr<const rules::RuleSet> build_rules(RuleSetup& setup, const Config& config,
                                                  const CliOptions& options);
// "62 rule files, 14972 rules: 14900 loaded, 70 failed, 2 skipped", and ", 3 warnings" when there are some
std::string rule_totals(const rules::LoadedRules& loaded);
// "2 reputation files: 5000 addresses and networks in 3 categories"
std::string reputation_totals(const ReputationTotals& totals);
// A person is reading: standard error is a terminal, or -v was given.
bool is_watched(const CliOptions& options);
void print_error(std::string_view text);
unsigned worker_count(const CliOptions& options);
// Where compiled patterns are kept: weir.cache-dir, else the user's cache folder; empty with --no-cache.
std::string cache_dir(const Config& config, const CliOptions& options);

}  // namespace weir::engine
