#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "decoders/address_text.h"
#include "decoders/clock.h"
#include "decoders/text.h"
#include "engine/cli/answer_output.h"
#include "engine/cli/cli.h"
#include "engine/cli/flows_expire.h"
#include "engine/cli/flows_load.h"
#include "engine/cli/line_output.h"
#include "engine/cli/record_outputs.h"
#include "engine/config/config.h"
#include "engine/query/clickhouse_load.h"
#include "engine/query/clickhouse_source.h"
#include "engine/query/human_text.h"
#include "engine/query/query_time.h"
#include "engine/query/question.h"
#include "engine/query/text_addresses.h"
#include "rules/compile/rule_builder.h"

namespace weir::engine {
namespace {

// The records that --store or --clickhouse names. Fails with a text that names the option.
tl::expected<std::unique_ptr<RecordSource>, std::string> open_records(const QuestionOptions& options) {
  const bool is_store = options.clickhouse.empty();
  auto source = is_store ? open_store(options.store) : open_clickhouse(options.clickhouse);
  if (source) return source;
  return tl::unexpected(fmt::format("{} {}", is_store ? "--store" : "--clickhouse", source.error()));
}

int wrong_call(std::string_view what) {
  fmt::print(stderr, "weir flows: {}\nTry 'weir flows --help'.\n", what);
  return kExitUsage;
}

// Which option of the call the question has no use for; empty: none.
std::string_view idle_option(const Question& question, const QuestionOptions& given) {
  struct Row {
    bool is_given;
    Takes takes;
    std::string_view name;
  };
  const std::array rows{Row{!given.from.empty(), Takes::times, "--from"},
                        Row{!given.to.empty(), Takes::times, "--to"},
                        Row{!given.ports.empty(), Takes::ports, "--port"},
                        Row{!given.by.empty(), Takes::by, "--by"},
                        Row{!given.sort.empty(), Takes::sort, "--sort"},
                        Row{given.limit.has_value(), Takes::sort, "--limit"},
                        Row{!given.step.empty(), Takes::step, "--step"},
                        Row{!given.feeds.empty(), Takes::feeds, "--ioc"},
                        Row{!given.max_age.empty(), Takes::expiry, "--max-age"},
                        Row{!given.max_size.empty(), Takes::expiry, "--max-size"},
                        Row{!given.rollups.empty(), Takes::expiry, "--rollup"},
                        Row{given.raw, Takes::raw, "--raw"},
                        Row{given.explain, Takes::reads, "--explain"},
                        Row{given.configured, Takes::settings, "a configuration (-c, --set)"},
                        Row{given.json, Takes::json, "--json"},
                        Row{given.csv, Takes::table, "--csv"},
                        Row{given.has_colour, Takes::table, "--color"},
                        Row{given.names, Takes::table, "--names"},
                        Row{given.geo, Takes::records, "--geo"},
                        Row{!given.geoip_database.empty(), Takes::places, "--geoip-database"},
                        Row{!given.as_database.empty(), Takes::places, "--as-database"},
                        Row{!given.anonymise.empty(), Takes::table, "--anonymise"},
                        Row{given.zeek, Takes::records, "--zeek"},
                        Row{given.nfdump, Takes::records, "--nfdump"},
                        Row{!given.ipfix.empty(), Takes::records, "--ipfix"}};
  for (const Row& row : rows)
    if (row.is_given && !has(question.takes, row.takes)) return row.name;
  return {};
}

tl::expected<TimeUs, std::string> time_option(std::string_view name, const std::string& text,
                                              TimeUs fallback) {
  if (text.empty()) return fallback;
  const auto time = parse_query_time(text, wall_clock());
  if (!time) return tl::unexpected(fmt::format("{} {}: expected {}", name, text, kQueryTimeExpected));
  return *time;
}

tl::expected<std::vector<std::uint16_t>, std::string> port_option(std::string_view text) {
  std::vector<std::uint16_t> out;
  const std::string whole(text);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const auto port = parse_number<std::uint16_t>(text.substr(0, end));
    if (!port) return tl::unexpected(fmt::format("--port {}: expected ports such as 5432,3306", whole));
    out.push_back(*port);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// What is wrong with the words and options of a call; empty: nothing.
std::string wrong_words(const Question& question, const QuestionOptions& options) {
  const std::size_t words = options.words.size();
  if (words < question.least_words || words > question.most_words)
    return fmt::format("{0} wants {1}: weir flows {0} {1}", question.name,
                       question.words.empty() ? "no word more" : question.words);
  if (const std::string_view idle = idle_option(question, options); !idle.empty())
    return fmt::format("{} means nothing to {}", idle, question.name);
  if (options.names && !options.anonymise.empty()) return "--names and --anonymise exclude each other";
  if (options.geo && !options.anonymise.empty())
    return "--geo and --anonymise exclude each other: a country or an autonomous system tells whose an "
           "address is";
  return {};
}

// It reads no store: it is taken as a question is, and answered elsewhere.
constexpr Question kLoad{.name = "load",
                         .words = "FILE...",
                         .summary = "",
                         .takes = Takes::json,
                         .least_words = 1,
                         .most_words = std::numeric_limits<std::size_t>::max()};
constexpr Question kExpire{
    .name = "expire",
    .words = "",
    .summary =
        "remove what is older than --max-age, and the oldest beyond --max-size; --rollup keeps sums of it",
    .takes = Takes::expiry};

// What no option names, the configuration does.
void name_databases(const Config& config, QuestionOptions& options) {
  const auto name = [&](std::string_view key, std::string& path) {
    const std::string configured = config.text(key).value_or("");
    if (path.empty() && !configured.empty()) path = config.path_of(configured);
  };
  name("geoip-database", options.geoip_database);
  name("weir.flows.as-database", options.as_database);
  // Where rules look as well.
  const std::string usual = rules::RuleEnvironment{}.geoip_database;
  if (options.geoip_database.empty() && ::access(usual.c_str(), R_OK) == 0) options.geoip_database = usual;
}

std::string hide_addresses(const std::string& text, output::CryptoPan* change) {
  if (change == nullptr) return text;
  return replace_addresses(
      text, [change](const IpAddress& a) { return std::string(ShortAddress((*change)(a)).view()); });
}

std::string explain_text(const ReadReport& report) {
  return fmt::format("weir: {} records read, {} blocks read and {} skipped, {} of the store\n",
                     report.records, report.blocks_read, report.blocks_skipped,
                     human_bytes(static_cast<double>(report.bytes_read)));
}

// What an answer goes through on its way out.
struct Outlet {
  LineOutput lines;
  std::optional<output::CryptoPan> anonymiser;
  std::unique_ptr<RecordOutput> records;  // of questions that answer with some
  [[nodiscard]] output::CryptoPan* change() { return anonymiser ? &*anonymiser : nullptr; }
};

tl::expected<void, std::string> open_outlet(const QuestionOptions& options, bool with_records, Outlet& out) {
  if (!options.anonymise.empty()) {
    std::string warning;
    const auto key = output::read_anonymiser_key(options.anonymise, warning);
    if (!key) return tl::unexpected("--anonymise " + key.error());
    if (!warning.empty()) fmt::print(stderr, "weir: warning: --anonymise {}\n", warning);
    auto made = output::CryptoPan::make(*key);
    if (!made) return tl::unexpected("--anonymise: " + made.error());
    out.anonymiser = std::move(*made);
  }
  if (with_records) out.records = make_record_output(options, out.change(), out.lines);
  return {};
}

// Writes the answer, and what there is to say besides. Returns the exit status.
int finish(Answer answer, const QuestionCall& call, Outlet& out) {
  bool good = call.report.problems.empty();
  if (out.records != nullptr) {
    if (const auto done = out.records->finish(); !done) {
      print_error(done.error());
      good = false;
    }
  }
  write_answer(std::move(answer), call.options, out.change(), out.lines);
  good = out.lines.finish() && good;
  for (const std::string& warning : call.warnings)
    fmt::print(stderr, "weir: warning: {}\n", hide_addresses(warning, out.change()));
  for (const std::string& note : call.report.notes) fmt::print(stderr, "weir: note: {}\n", note);
  for (const std::string& problem : call.report.problems) print_error(hide_addresses(problem, out.change()));
  if (call.options.explain) fmt::print(stderr, "{}", explain_text(call.report));
  return good ? kExitDone : kExitFailed;
}

int ask(const Question& question, const QuestionOptions& options, const Config& config) {
  if (const std::string wrong = wrong_words(question, options); !wrong.empty()) return wrong_call(wrong);
  const auto from = time_option("--from", options.from, std::numeric_limits<TimeUs>::min());
  if (!from) return wrong_call(from.error());
  const auto to = time_option("--to", options.to, std::numeric_limits<TimeUs>::max());
  if (!to) return wrong_call(to.error());
  if (*from >= *to) return wrong_call("--from is not before --to");
  auto ports = port_option(options.ports);
  if (!ports) return wrong_call(ports.error());
  auto source = open_records(options);
  if (!source) {
    print_error(source.error());
    return kExitFailed;
  }
  Outlet outlet;
  if (const auto opened = open_outlet(options, has(question.takes, Takes::records), outlet); !opened) {
    print_error(opened.error());
    return kExitFailed;
  }
  QuestionCall call{.options = options,
                    .source = **source,
                    .from = *from,
                    .to = *to,
                    .ports = std::move(*ports),
                    .warnings = {},
                    .report = {},
                    .records = outlet.records.get(),
                    .settings = config};
  auto answer = question.answer(call);
  if (!answer && call.is_wrong) return wrong_call(answer.error());
  if (!answer) {
    print_error(hide_addresses(answer.error(), outlet.change()));
    return kExitFailed;
  }
  return finish(std::move(*answer), call, outlet);
}

constexpr Question kInsert{.name = "load with --clickhouse", .words = "", .summary = ""};

// weir flows load --store DIR --clickhouse URL
int load_store(const CliOptions& options) {
  if (const std::string_view idle = idle_option(kInsert, options.question); !idle.empty())
    return wrong_call(fmt::format("{} means nothing to {}", idle, kInsert.name));
  if (options.words.size() != 1) return wrong_call("load with --clickhouse wants no word more");
  if (options.store.empty()) return wrong_call("name the records to load with --store");
  auto store = open_store(options.store);
  if (!store) {
    print_error("--store " + store.error());
    return kExitFailed;
  }
  const auto loaded = load_into_clickhouse(**store, options.question.clickhouse);
  if (!loaded) {
    print_error(loaded.error());
    return kExitFailed;
  }
  for (const std::string& problem : loaded->problems) print_error(problem);
  for (const std::string& note : loaded->notes) fmt::print(stderr, "weir: warning: {}\n", note);
  if (loaded->lost != 0)
    print_error(
        fmt::format("{} records inserted, {} not: {}", loaded->records, loaded->lost, loaded->reason));
  else
    fmt::print(stderr, "weir: {} records inserted\n", loaded->records);
  return loaded->lost == 0 && loaded->problems.empty() ? kExitDone : kExitFailed;
}

// Memory that is given back is kept for what comes next: a question takes and gives back much of it, again and again, and then ends.
void keep_memory() {
#ifdef __GLIBC__
  constexpr int kMost = 32 << 20;  // as much as a mapping of its own may be told to take
  (void)::mallopt(M_TRIM_THRESHOLD, 1 << 30);
  (void)::mallopt(M_TOP_PAD, kMost);
  (void)::mallopt(M_MMAP_THRESHOLD, kMost);
#endif
}

}  // namespace

std::string describe_flow_questions() {
  std::string out = "\nQuestions:\n";
  const auto row = [&](std::string_view name, std::string_view words, std::string_view summary) {
    out += fmt::format("  {:22} {}\n", words.empty() ? std::string(name) : fmt::format("{} {}", name, words),
                       summary);
  };
  for (const Question& question : questions()) row(question.name, question.words, question.summary);
  out += "\nNo question:\n";
  row("load", "FILE...",
      "add the flows of EVE logs (this engine's, Suricata's; gzip and zstd too) to the store");
  row(kExpire.name, kExpire.words, kExpire.summary);
  row("load", "", "with --store and --clickhouse: add the store's records to the table there");
  return out;
}

int run_flows(const CliOptions& options) {
  keep_memory();
  if (options.words.empty()) return wrong_call("a question is needed");
  const std::string& name = options.words.front();
  const bool has_clickhouse = !options.question.clickhouse.empty();
  if (name == kLoad.name && has_clickhouse) return load_store(options);
  if (options.store.empty() && !has_clickhouse)
    return wrong_call("name the records with --store, or with --clickhouse");
  if (!options.store.empty() && has_clickhouse)
    return wrong_call("--store and --clickhouse exclude each other, but for load");
  QuestionOptions given = options.question;
  given.words.assign(options.words.begin() + 1, options.words.end());
  if (name == kLoad.name) {
    const std::string wrong = wrong_words(kLoad, given);
    return wrong.empty() ? load_flows(given, is_watched(options)) : wrong_call(wrong);
  }
  if (name == kExpire.name) {
    const std::string wrong = wrong_words(kExpire, given);
    if (!wrong.empty() || has_clickhouse)
      return wrong_call(wrong.empty() ? "expire goes with --store" : wrong);
    return expire_flows(given, is_watched(options));
  }
  const Question* const question = find_question(name);
  if (question == nullptr) return wrong_call(fmt::format("'{}' is not a question", name));
  const auto config = load_configuration(options);
  if (!config) return kExitFailed;
  if (has(question->takes, Takes::places)) name_databases(*config, given);
  const int status = ask(*question, given, *config);
  (void)report_values(*config);  // of what the question has read
  return status;
}

}  // namespace weir::engine
