#include "engine/cli/cli_options.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <boost/program_options.hpp>

#include "decoders/text.h"
#include "engine/flow/meter_settings.h"

namespace weir::engine {
namespace {

namespace po = boost::program_options;
using Texts = std::vector<std::string>;

constexpr unsigned kHelpWidth = 100;
constexpr unsigned kMaxThreads = 1024, kMaxTimeout = 86'400, kMaxFlowPayload = 512;

po::options_description group(const char* title) {
  return po::options_description(title, kHelpWidth, kHelpWidth / 2);
}

po::typed_value<Texts>* texts(const char* name) {
  return po::value<Texts>()->composing()->value_name(name);
}
po::typed_value<std::string>* text(const char* name) {
  return po::value<std::string>()->value_name(name);
}

void add_input(po::options_description& all) {
  auto input = group("Input");
  input.add_options()("read,r", texts("PATH...")->multitoken(),
                      "capture files (pcap, pcapng; gzip and zstd too) or folders of them; - is standard "
                      "input; tcp://HOST:PORT, "
                      "tcp-listen://ADDRESS:PORT")(
      "follow", "files of -r may grow, named pipes have further writers: read until SIGINT or SIGTERM")(
      "interface,i", texts("IFACE[,IFACE]"), "listen on these interfaces; repeatable")(
      "listen", texts("KIND[:ADDRESS][:PORT]"),
      "take mirrored traffic in UDP: vxlan, geneve or tzsp; repeatable (detect)")(
      "unix-socket", text("FILE")->implicit_value(""),
      "keep the rules and read the captures that clients of this socket (default: the control socket) hand "
      "in (detect)")("queue,q", texts("NUM[:NUM]"),
                     "packets that NFQUEUE hands over, a worker a queue (prevent)")(
      "filter,f", text("BPF"), "only packets that this filter matches")(
      "checksums,k", text("MODE"), "packets with bad checksums: all (verify), none, or auto (default)");
  all.add(input);
}

void add_exports(po::options_description& all) {
  auto input = group("Input");
  input.add_options()("listen", texts("udp://ADDRESS:PORT"),
                      "take what exporters send there: NetFlow v1, v5, v7, v9, IPFIX, sFlow v5; tcp:// and "
                      "tls:// for IPFIX; repeatable")("tls-cert", text("FILE"),
                                                      "of tls://: the certificate, with its chain (PEM)")(
      "tls-key", text("FILE"), "of tls://: its key (PEM)")(
      "tls-client-ca", text("FILE"),
      "of tls://: who signs the certificates that exporters must have (PEM); without it they need none")(
      "read,r", texts("FILE...")->multitoken(),
      "IPFIX files, and captures of what exporters sent; gzip and zstd too")(
      "format", text("FORMAT"),
      "of the files of -r: auto (default), or aws-vpc: lines of VPC flow logs, gzip too")(
      "allow", texts("NETWORK"), "take nothing from other exporters than those of this network; repeatable");
  auto output = group("Output");
  output.add_options()("store", text("DIR"),
                       "keep the records there, made when missing; without it they are written to standard "
                       "output, a line of JSON each")(
      "state", text("DIR"), "remember templates and options of exporters there, for the next start")(
      "log-dir,l", text("DIR"),
      "where alerts and gaps are logged (with --ioc or -S, default: the current folder; with --listen "
      "default-log-dir of the "
      "configuration, else /var/log/weir); made when missing");
  auto judging = group("Judging");
  judging.add_options()("ioc", texts("FILE"),
                        "alert of records with these indicators: addresses, networks, names, fingerprints, a "
                        "line each or CSV; repeatable")(
      "rules,S", texts("FILE"),
      "alert of records that these rules match; repeatable, globs (weir check --on-records says which can)")(
      "strict", "any error in rules, indicators or configuration is fatal");
  all.add(input).add(output).add(judging);
}

void add_store(po::options_description& all) {
  auto records = group("Records");
  records.add_options()("store", text("DIR"), "where they are kept")(
      "clickhouse", text("URL"),
      "ask the table of a ClickHouse server instead: http[s]://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]"
      "[?table=NAME&...]; of load: where they go")(
      "from", text("TIME"), "alive at this time or later: 2026-11-30T14:00[:00][Z], 14:00 (today), -2h, now")(
      "to", text("TIME"), "alive before this time")("port", text("PORTS"),
                                                    "one of their ports is one of these: 5432,3306")(
      "ioc", texts("FILE"),
      "what is known to be bad, of known-bad: indicators, a line each or CSV; repeatable")(
      "raw", "count as exporters sent, not multiplied by their sampling")(
      "max-age", text("SPAN"), "of expire: what is older goes (90d)")(
      "max-size", text("SIZE"), "of expire: the oldest goes until no more is left (100gb)")(
      "rollup", texts("STEP[:KEYS[:SPAN]]"),
      "of expire: add up what goes by 5m or 1h, and keep that for so long "
      "(5m:src,dst,proto,port,exporter:365d); "
      "once for each");
  auto answer = group("Answer");
  answer.add_options()("by", text("FIELDS"), "add up by these: src,dport")(
      "sort", text("FIELD"), "greatest first")("limit", text("N"), "so many rows")(
      "step", text("SPAN"), "of this length: 5m, 1h")("names", "addresses with their names (DNS)")(
      "geo", "records with countries and autonomous systems of their addresses")(
      "geoip-database", text("FILE"),
      "what countries are looked up in, for --geo, filters and --by: a file of MaxMind's format (default: "
      "geoip-database of the configuration)")(
      "as-database", text("FILE"),
      "and autonomous systems that exporters do not say (default: weir.flows.as-database)")(
      "json", "a line of JSON a row")("csv", "comma-separated values")("zeek", "records as Zeek's conn.log")(
      "nfdump", "records as nfdump's lines")("ipfix", text("FILE"),
                                             "write records to this file as IPFIX (RFC 5655)")(
      "anonymise", text("KEYFILE"), "change addresses so that what they have in common stays (Crypto-PAn)")(
      "explain", "say what was read and what was skipped")(
      "color", text("WHEN"),
      "colours: auto (default: on a terminal, unless NO_COLOR is set), always or never");
  all.add(records).add(answer);
}

void add_records(po::options_description& all) {
  auto records = group("Flow records");
  records.add_options()("store", text("DIR"),
                        "keep a record of every flow there, made when missing; 'weir flows' shows them")(
      "flow-export", texts("TO"),
      "send a record of every flow there: udp://HOST:PORT; IPFIX also to tcp://HOST:PORT, tls://HOST:PORT, "
      "file:PATH; repeatable")(
      "flow-format", text("FORMAT"),
      "as netflow5, netflow9, ipfix (default), or ipfix-biflow, with both directions in "
      "one record")("flow-payload", text("N"),
                    "records have the first N bytes of each direction, up to 512 (default: 0)")(
      "flows-only", "count flows and do nothing else: no rules, no parsers, no log but stats (detect)")(
      "sample", text("1:N[:HOW]"),
      "count one packet of N: every N-th (count), any (random), or those of one flow of N (flow)");
  all.add(records);
}

void add_privileges(po::options_description& all, const char* when) {
  auto privileges = group(when);
  privileges.add_options()(
      "user", text("USER"),
      "become this user (root: weir, where there is one), with the capabilities that are needed")(
      "group", text("GROUP"), "and this group (default: the user's)");
  all.add(privileges);
}

void add_rules(po::options_description& all) {
  auto rules = group("Rules");
  rules.add_options()("rules,S", texts("FILE"),
                      "these rules instead of the configured ones; repeatable, globs")(
      "add-rules,s", texts("FILE"), "these rules as well; repeatable, globs")(
      "no-rules", "load none, log only")("data-dir", text("DIR"),
                                         "where data sets and lists lie; rules cannot write outside of it")(
      "strict", "any rule or configuration error is fatal")(
      "no-cache", "compile all patterns, and keep nothing of it for the next start");
  all.add(rules);
}

void add_configuration(po::options_description& all) {
  auto configuration = group("Configuration");
  configuration.add_options()("config,c", text("FILE"),
                              "YAML with Suricata's keys; without it, built-in defaults")(
      "set", texts("KEY=VALUE"), "override one setting; repeatable");
  all.add(configuration);
}

constexpr const char* kPcapOut = "pcap-out";

void add_output(po::options_description& all, bool blocks) {
  auto output = group("Output");
  output.add_options()(
      "log-dir,l", text("DIR"),
      "where logs go (default: the current folder; with -i and -q default-log-dir of the configuration, "
      "else /var/log/weir); made when missing; -: alerts for a person on standard output, and no logs, as on "
      "a "
      "terminal with one capture and neither -l nor -c")(
      "json",
      "with -r: what was found, as one JSON document on standard output; without -l no log is written")(
      "color", text("WHEN"),
      "colours: auto (default: on a terminal, unless NO_COLOR is set), always or never")(
      "rule-profile", text("FILE"), "what each rule cost: checks, matches, time; JSON, most expensive first")(
      "threads", text("N"), "workers (default: one a core); the events are the same for every N");
  if (blocks)
    output.add_options()(kPcapOut, text("FILE"),
                         "with -r: write the packets that would have passed to this pcap file");
  all.add(output);
}

void add_socket(po::options_description& all) {
  auto socket = group("Connection");
  socket.add_options()("socket", text("PATH"),
                       "control socket (default: /run/weir/weir.sock, else ./weir.sock)")(
      "json", "print the answer as it is, one line of JSON")("timeout", text("SECONDS"),
                                                             "wait so long for the answer (default: 60)");
  all.add(socket);
}

po::options_description visible_options(const Command& command) {
  po::options_description all;
  if (command.takes_input) add_input(all);
  if (command.takes_exports) add_exports(all);
  if (command.reads_store) add_store(all);
  if (command.takes_rules) add_rules(all);
  if (command.takes_socket) add_socket(all);
  if (command.takes_rules || command.takes_socket || command.takes_configuration) add_configuration(all);
  if (command.takes_output) add_output(all, command.blocks);
  if (command.takes_input) add_records(all);
  if (command.takes_input) add_privileges(all, "Privileges (-i, -q)");
  if (command.takes_exports) add_privileges(all, "Privileges (--listen)");
  auto other = group("Other");
  if (command.judges_rules)
    other.add_options()("on-records",
                        "say which rules can never match on flow records (weir collect -S), and why");
  if (!command.own_option.empty())
    other.add_options()(std::string(command.own_option).c_str(),
                        std::string(command.own_option_help).c_str());
  other.add_options()("verbose,v", "say more, also when standard error is not a terminal")("help,h",
                                                                                           "this text");
  all.add(other);
  return all;
}

// Suricata's spellings that mean something here, so that scripts keep working.
po::options_description hidden_options(const Command& command) {
  auto hidden = group("");
  hidden.add_options()("init-errors-fatal", "")("disable-detection", "")("simulate-ips", "")(
      "af-packet", text("IFACE")->implicit_value(""), "")("pcap", text("IFACE")->implicit_value(""), "")(
      "runmode", text("MODE"), "")("words", po::value<Texts>(), "");
  // Where it means nothing, that is said.
  if (command.takes_output && !command.blocks) hidden.add_options()(kPcapOut, text("FILE"), "");
  return hidden;
}

std::string hint(const po::options_description& known, const std::string& name) {
  constexpr std::size_t kNear = 3;
  std::string best;
  std::size_t least = kNear + 1;
  for (const auto& option : known.options()) {
    const std::size_t distance = edit_distance(name, option->long_name());
    if (distance < least && distance < option->long_name().size()) {
      least = distance;
      best = option->long_name();
    }
  }
  return best.empty() ? std::string{} : fmt::format("; did you mean --{}?", best);
}

std::string without_dashes(const std::string& name) {
  const std::size_t start = name.find_first_not_of('-');
  return start == std::string::npos ? name : name.substr(start, name.find('=') - start);
}

struct Reader {
  const po::variables_map& map;

  [[nodiscard]] Texts list(const char* name) const {
    return map.count(name) != 0 ? map[name].as<Texts>() : Texts{};
  }
  [[nodiscard]] std::string one(const char* name, std::string fallback = {}) const {
    return map.count(name) != 0 ? map[name].as<std::string>() : std::move(fallback);
  }
  [[nodiscard]] bool flag(const char* name) const { return map.count(name) != 0; }
};

// "eth0,eth1" and "eth2" are three.
Texts split_lists(const Texts& lists) {
  Texts out;
  for (const std::string& list : lists) {
    std::istringstream in(list);
    for (std::string word; std::getline(in, word, ',');)
      if (!word.empty()) out.push_back(word);
  }
  return out;
}

tl::expected<void, std::string> read_number(const Reader& in, const char* name, unsigned most,
                                            unsigned& out) {
  const std::string text = in.one(name);
  if (text.empty()) return {};
  const auto number = parse_number<unsigned>(text);
  if (!number || *number > most)
    return tl::unexpected(fmt::format("--{} {}: expected a number up to {}", name, text, most));
  out = *number;
  return {};
}

// What `weir flows` takes besides.
tl::expected<void, std::string> read_question(const Reader& in, CliOptions& out) {
  QuestionOptions& question = out.question;
  question.store = out.store;
  question.clickhouse = in.one("clickhouse");
  question.from = in.one("from");
  question.to = in.one("to");
  question.ports = in.one("port");
  question.by = in.one("by");
  question.sort = in.one("sort");
  question.step = in.one("step");
  question.feeds = in.list("ioc");
  question.max_age = in.one("max-age");
  question.max_size = in.one("max-size");
  question.rollups = in.list("rollup");
  question.anonymise = in.one("anonymise");
  question.ipfix = in.one("ipfix");
  question.geoip_database = in.one("geoip-database");
  question.as_database = in.one("as-database");
  question.geo = in.flag("geo");
  question.json = in.flag("json");
  question.csv = in.flag("csv");
  question.zeek = in.flag("zeek");
  question.nfdump = in.flag("nfdump");
  question.names = in.flag("names");
  question.explain = in.flag("explain");
  question.raw = in.flag("raw");
  question.configured = !out.config.empty() || !out.settings.empty();
  question.has_colour = in.flag("color");
  question.colour = in.one("color", "auto");
  if (question.json + question.csv + question.zeek + question.nfdump + (question.ipfix.empty() ? 0 : 1) > 1)
    return tl::unexpected(std::string("--json, --csv, --zeek, --nfdump and --ipfix exclude each other"));
  if (const std::string limit = in.one("limit"); in.flag("limit")) {
    question.limit = parse_number<std::size_t>(limit);
    if (!question.limit) return tl::unexpected(fmt::format("--limit {}: expected a number", limit));
  }
  return {};
}

tl::expected<void, std::string> read_values(const Reader& in, const Command& command, CliOptions& out) {
  const bool blocks = command.blocks;
  out.own_option = !command.own_option.empty() && in.flag(std::string(command.own_option).c_str());
  out.captures = in.list("read");
  out.interfaces = split_lists(in.list("interface"));
  out.queues = in.list("queue");
  out.listeners = in.list("listen");
  out.follow = in.flag("follow");
  if (out.follow && out.captures.size() != 1)
    return tl::unexpected(std::string("--follow goes with one file or pipe of -r"));
  for (const char* way : {"af-packet", "pcap"})
    if (const std::string interface = in.one(way); !interface.empty()) out.interfaces.push_back(interface);
  out.portable_capture = in.flag("pcap");
  out.takes_captures = in.flag("unix-socket");
  out.unix_socket = in.one("unix-socket");
  out.live_capture =
      !out.interfaces.empty() || !out.listeners.empty() || in.flag("af-packet") || in.flag("pcap");
  if ((out.captures.empty() ? 0 : 1) + (out.live_capture ? 1 : 0) + (out.queues.empty() ? 0 : 1) +
          (out.takes_captures ? 1 : 0) >
      1)
    return tl::unexpected(std::string(command.takes_exports
                                          ? "-r and --listen exclude each other"
                                          : "-r, -i, -q and --unix-socket exclude each other"));
  out.bpf = in.one("filter");
  if (!out.listeners.empty() && !out.bpf.empty())
    return tl::unexpected(std::string("--listen takes no filter: what is not to be seen is not to be sent"));
  out.config = in.one("config");
  out.settings = in.list("set");
  out.rules.exclusive = in.list("rules");
  out.rules.additional = in.list("add-rules");
  out.rules.no_rules = in.flag("no-rules") || in.flag("disable-detection");
  out.rules.data_dir = in.one("data-dir");
  out.log_dir = in.one("log-dir", ".");
  out.own_log_dir = !in.one("log-dir").empty();
  out.rule_profile = in.one("rule-profile");
  out.pcap_out = in.one(kPcapOut);
  out.user = in.one("user");
  out.group = in.one("group");
  out.no_cache = in.flag("no-cache");
  out.strict = in.flag("strict") || in.flag("init-errors-fatal");
  out.verbose = in.flag("verbose");
  out.prevent = in.flag("simulate-ips");
  if (in.flag(kPcapOut) && (out.captures.empty() || !(blocks || out.prevent)))
    return tl::unexpected(std::string("--pcap-out goes with prevent -r"));
  if (in.flag(kPcapOut) && out.pcap_out.empty())
    return tl::unexpected(std::string("--pcap-out names no file"));
  out.words = in.list("words");
  out.socket = in.one("socket");
  out.json = in.flag("json");
  if (out.json && command.takes_input && out.captures.empty())
    return tl::unexpected(std::string("--json goes with -r"));
  out.colour = in.one("color", out.colour);
  if (out.colour != "auto" && out.colour != "always" && out.colour != "never")
    return tl::unexpected(fmt::format("--color {}: expected auto, always or never", out.colour));
  if (out.log_dir == "-" && out.captures.empty()) return tl::unexpected(std::string("-l - goes with -r"));
  out.store = in.one("store");
  out.writes_store = command.takes_input || command.takes_exports;
  out.state = in.one("state");
  if (command.reads_store) {
    if (auto read = read_question(in, out); !read) return read;
  }
  out.flow_exports = in.list("flow-export");
  out.flow_format = in.one("flow-format");
  out.allowed = in.list("allow");
  out.feeds = in.list("ioc");
  const std::string format = in.one("format", "auto");
  if (format != "auto" && format != "aws-vpc")
    return tl::unexpected(fmt::format("--format {}: expected auto or aws-vpc", format));
  out.vpc_logs = format == "aws-vpc";
  if (out.vpc_logs && out.captures.empty()) return tl::unexpected(std::string("--format goes with -r"));
  out.tls_certificate = in.one("tls-cert");
  out.tls_key = in.one("tls-key");
  out.tls_client_ca = in.one("tls-client-ca");
  const bool wants_tls = std::any_of(out.listeners.begin(), out.listeners.end(),
                                     [](const std::string& place) { return place.starts_with("tls://"); });
  if (!wants_tls && !(out.tls_certificate + out.tls_key + out.tls_client_ca).empty())
    return tl::unexpected(std::string("--tls-cert, --tls-key and --tls-client-ca go with --listen tls://"));
  out.on_records = in.flag("on-records");
  out.checksums = in.one("checksums", out.checksums);
  if (out.checksums != "all" && out.checksums != "none" && out.checksums != "auto")
    return tl::unexpected(fmt::format("-k {}: expected all, none or auto", out.checksums));
  if (in.flag("flows-only")) {
    out.rules.no_rules = true;
    out.settings.emplace_back("weir.flows.only=yes");
    if (blocks || out.prevent) return tl::unexpected(std::string("--flows-only goes with detect"));
    if (!(out.rules.exclusive.empty() && out.rules.additional.empty()))
      return tl::unexpected(std::string("--flows-only looks at no rules: it goes without -S and -s"));
  }
  if (const std::string sample = in.one("sample"); in.flag("sample") && !MeterSettings::parse_sample(sample))
    return tl::unexpected(fmt::format("--sample {}: expected {}", sample, MeterSettings::kSampleExpected));
  else if (!sample.empty())
    out.settings.push_back("weir.flows.sample=" + sample);
  if (in.flag("flow-payload")) {
    unsigned bytes = 0;
    if (auto read = read_number(in, "flow-payload", kMaxFlowPayload, bytes); !read) return read;
    out.settings.push_back(fmt::format("weir.flows.payload={}", bytes));
  }
  if (auto read = read_number(in, "threads", kMaxThreads, out.threads); !read) return read;
  if (auto read = read_number(in, "timeout", kMaxTimeout, out.timeout_s); !read) return read;
  if (out.rules.no_rules && !(out.rules.exclusive.empty() && out.rules.additional.empty()))
    return tl::unexpected(std::string("--no-rules and -S or -s exclude each other"));
  return {};
}

}  // namespace

std::string describe_options(const Command& command) {
  std::ostringstream out;
  out << visible_options(command);
  return out.str();
}

tl::expected<ParsedOptions, std::string> parse_options(const Command& command,
                                                       const std::vector<std::string>& arguments) {
  const po::options_description visible = visible_options(command);
  po::options_description all;
  all.add(visible).add(hidden_options(command));
  po::positional_options_description words;
  words.add("words", -1);
  namespace style = po::command_line_style;
  try {
    po::variables_map map;
    po::store(po::command_line_parser(arguments)
                  .options(all)
                  .positional(words)
                  .style(style::default_style & ~style::allow_guessing)
                  .run(),
              map);
    ParsedOptions out;
    out.help = map.count("help") != 0;
    if (out.help) return out;
    if (auto read = read_values(Reader{map}, command, out.options); !read)
      return tl::unexpected(read.error());
    if (!out.options.words.empty() && !command.takes_words)
      return tl::unexpected(fmt::format("'{}' is not an option{}", out.options.words.front(),
                                        command.takes_input ? "; capture files follow -r" : ""));
    return out;
  } catch (const po::unknown_option& e) {
    return tl::unexpected(fmt::format("unknown option {}{}", e.get_option_name(),
                                      hint(visible, without_dashes(e.get_option_name()))));
  } catch (const po::error& e) {
    return tl::unexpected(std::string(e.what()));
  }
}

}  // namespace weir::engine
