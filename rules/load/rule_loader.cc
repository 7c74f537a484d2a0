#include "rules/load/rule_loader.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "decoders/text.h"
#include "decoders/text_file.h"
#include "rules/compile/keyword_table.h"
#include "rules/language/rule_parser.h"
#include "rules/load/header_match.h"
#include "rules/load/header_sets.h"
#include "rules/load/requires.h"
#include "rules/load/rule_archive.h"
#include "rules/load/rule_warnings.h"
#include "rules/load/snort_form.h"
#include "rules/load/unset_names.h"
#include "rules/load/unsupported.h"

namespace weir::rules {
namespace {

// "http.connection:to_client", in rules about both sides of a transaction.
std::optional<Direction> direction_named(std::string_view argument) {
  if (argument == "to_server") return Direction::to_server;
  if (argument == "to_client") return Direction::to_client;
  return std::nullopt;
}

template <class How>
bool both_are(const KeywordSpec& a, const KeywordSpec& b) {
  const How *const one = std::get_if<How>(&a.how), *const other = std::get_if<How>(&b.how);
  return one != nullptr && other != nullptr && *one == *other;
}

// Two spellings of one keyword, or one that selects a buffer and one that moves a content to it.
bool is_same(const KeywordSpec& a, const KeywordSpec& b) {
  const auto buffer = [](const KeywordSpec& spec) -> const BufferSpec* {
    if (const auto* const sticky = std::get_if<KeywordSpec::Selects>(&spec.how)) return sticky->buffer;
    const auto* const old = std::get_if<KeywordSpec::Moves>(&spec.how);
    return old == nullptr ? nullptr : old->buffer;
  };
  if (const BufferSpec* const one = buffer(a)) return one == buffer(b);
  return both_are<KeywordSpec::Function>(a, b) || both_are<const PacketNumber*>(a, b);
}

// The option is the one that a warning calls `keyword`.
bool is_keyword(std::string_view option, std::string_view keyword) {
  if (option == keyword) return true;
  const KeywordSpec *const a = find_keyword(option), *const b = find_keyword(keyword);
  return a != nullptr && b != nullptr && is_same(*a, *b);
}

// Of the keywords that name them.
std::string_view keyword_of(const SharedNames& names, const Rule& rule) {
  switch (names.kind) {
    case SharedNames::Kind::flowbit: return "flowbits";
    case SharedNames::Kind::flowint: return "flowint";
    case SharedNames::Kind::tx_bit: return "xbits";
    case SharedNames::Kind::host_bit: break;
  }
  const auto is_hostbits = [](const RuleOption& option) { return option.keyword == "hostbits"; };
  return std::any_of(rule.options.begin(), rule.options.end(), is_hostbits) ? "hostbits" : "xbits";
}

// "4,>,1000,300,relative" and "!300" have the item "300"; all have the empty one.
bool has_item(std::string_view argument, std::string_view item) {
  const std::vector<std::string_view> items = split(argument, ',');
  return item.empty() || std::any_of(items.begin(), items.end(), [item](std::string_view one) {
           if (one.starts_with('!')) one.remove_prefix(1);
           return trim(one) == item;
         });
}

enum class Outcome : std::uint8_t { loaded, skipped, failed };

// One load: what the rules of all its files share.
class Loader {
 public:
  Loader(RuleEnvironment& environment, LoadedRules& into, RuleForm form)
      : form_(form),
        environment_(environment),
        sets_(environment.address_vars, environment.port_vars),
        into_(into) {
    for (std::size_t i = 0; i < into_.signatures.size(); ++i)
      by_id_.emplace(id_of(into_.signatures[i]->meta), i);
    never_.resize(into_.signatures.size());
  }

  // Returns how many lines of the file were read so far; `lines_before`: before this text.
  std::uint32_t load_text(std::string_view text, const std::string& file, std::uint32_t lines_before = 0);
  void load_pattern(const std::string& pattern);
  // Says what all rules together tell, and takes out the signatures that a higher revision replaced.
  void finish() {
    for (RuleDiagnostic& told : unset_names_.tell(into_.signatures, never_)) warn(std::move(told));
    std::erase_if(into_.signatures, [](const LoadedSignature& s) { return s.signature == nullptr; });
  }

 private:
  static std::uint64_t id_of(const SignatureMeta& m) { return (std::uint64_t{m.gid} << 32U) | m.sid; }
  static tl::expected<bool, RuleDiagnostic> required(const Rule& rule, const RuleEnvironment& environment);

  tl::expected<void, std::string> load_file(const std::string& file);
  // `tar`: its first bytes; the rest is still in the file.
  tl::expected<void, std::string> load_archive(TextFile& in, std::string tar, const std::string& file);
  Outcome load_rule(Rule& rule);
  tl::expected<Outcome, RuleDiagnostic> read_rule(Rule& rule, const TextHash& hash);
  Outcome load_snort_rule(const Rule& rule, const TextHash& hash);
  tl::expected<std::unique_ptr<Signature>, RuleDiagnostic> compile(const Rule& rule, const TextHash& hash);
  std::optional<RuleDiagnostic> compile_option(const Rule& rule, const RuleOption& option,
                                               RuleBuilder& builder);
  void tell_list_problems();
  Outcome keep(const Rule& rule, std::shared_ptr<const Signature> signature);
  void add_warnings(const Rule& rule, const Signature& signature);
  static RuleDiagnostic told_of(const Rule& rule, std::uint32_t sid, RuleWarning warning);
  void warn(RuleDiagnostic diagnostic) {
    diagnostic.severity = Severity::warning;
    into_.diagnostics.push_back(std::move(diagnostic));
  }
  Outcome fail(RuleDiagnostic diagnostic) {
    into_.diagnostics.push_back(std::move(diagnostic));
    return Outcome::failed;
  }

  const RuleForm form_;
  RuleEnvironment& environment_;
  HeaderSets sets_;
  LoadedRules& into_;
  std::unordered_map<std::uint64_t, std::size_t> by_id_;  // index into signatures
  std::vector<bool> never_;                               // beside signatures: can never match
  UnsetNames unset_names_;
};

void Loader::load_pattern(const std::string& pattern) {
  const std::vector<std::string> files = expand_glob(pattern);
  if (files.empty()) fail({.file = pattern, .reason = "no such rule file"});
  for (const std::string& file : files) {
    if (const auto done = load_file(file); !done)
      fail({.file = file, .reason = "the rule file " + done.error()});
  }
}

// By its first bytes: why it is no rule file; empty: it is one. A NUL byte behind the first line is one rule's fault.
std::string why_no_text(std::string_view begin) {
  if (begin.starts_with("\xff\xfe") || begin.starts_with("\xfe\xff"))
    return "is UTF-16 text: convert it to UTF-8";
  if (begin.starts_with("PK\x03\x04")) return "is a zip archive: unpack it; tar and gzip can stay";
  const std::string_view line = begin.substr(0, begin.find('\n'));
  if (line.find('\0') == std::string_view::npos) return {};
  const bool every_other = line.size() > 3 && (line[0] == '\0') != (line[1] == '\0') &&
                           (line[0] == '\0') == (line[2] == '\0') && (line[1] == '\0') == (line[3] == '\0');
  return every_other
             ? "is UTF-16 text: convert it to UTF-8"
             : "is no text (a NUL byte in its first line): unpack or convert it; tar and gzip can stay";
}

// In pieces: a reload has no need for memory of the file's size.
tl::expected<void, std::string> Loader::load_file(const std::string& file) {
  auto in = TextFile::open(file);
  if (!in) return tl::unexpected(std::move(in.error()));
  const auto too_large = tl::unexpected(fmt::format("is larger than {} bytes", kMaxRuleFileBytes));
  if (in->size() > kMaxRuleFileBytes) return too_large;
  ++into_.files;
  std::string text;
  std::uint32_t lines = 0;
  for (std::size_t bytes = 0;;) {
    // What is left of the last piece has no end yet: the more of it, the larger the next, so that it is searched seldom.
    const auto got = in->read(text, std::max(kRulePieceBytes, text.size()));
    if (!got) return tl::unexpected(got.error());
    if (bytes == 0 && is_tar(text)) return load_archive(*in, std::move(text), file);
    if (bytes == 0)
      if (std::string why = why_no_text(text); !why.empty()) return tl::unexpected(std::move(why));
    bytes += *got;
    if (bytes > kMaxRuleFileBytes) return too_large;
    const std::size_t end = *got == 0 ? text.size() : RuleLines::last_end(text);
    lines = load_text(std::string_view(text).substr(0, end), file, lines);
    if (*got == 0) return {};
    text.erase(0, end);
  }
}

// Whole: its members may be long, and there are no archives among the files that a reload reads often.
tl::expected<void, std::string> Loader::load_archive(TextFile& in, std::string tar, const std::string& file) {
  for (;;) {
    const auto got = in.read(tar, kRulePieceBytes);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) break;
    if (tar.size() > kMaxRuleFileBytes)
      return tl::unexpected(fmt::format("is larger than {} bytes", kMaxRuleFileBytes));
  }
  const auto members = rule_files_of(tar);
  if (!members) return tl::unexpected(members.error());
  if (members->empty()) return tl::unexpected(std::string("is an archive without .rules files"));
  into_.files += members->size() - 1;
  for (const ArchiveMember& member : *members) {
    const std::string name = fmt::format("{}({})", file, member.name);
    if (std::string why = why_no_text(member.text); !why.empty())
      fail({.file = name, .reason = "the rule file " + why});
    else
      load_text(member.text, name);
  }
  return {};
}

std::uint32_t Loader::load_text(std::string_view text, const std::string& file, std::uint32_t lines_before) {
  RuleLines lines(text, lines_before);
  Rule rule;
  rule.file = file;
  while (lines.next(rule)) {
    ++into_.rules_seen;
    const Outcome outcome = load_rule(rule);
    if (outcome == Outcome::skipped) ++into_.skipped;
    if (outcome == Outcome::failed) ++into_.failed;
  }
  return lines.lines();
}

Outcome Loader::load_rule(Rule& rule) {
  const TextHash hash = TextHash::of(rule.text);
  if (const auto same = environment_.compiled.find(hash); same != environment_.compiled.end())
    return keep(rule, same->second);
  if (form_ == RuleForm::snort) return load_snort_rule(rule, hash);
  auto outcome = read_rule(rule, hash);
  if (outcome) return *outcome;
  return is_snort_form(rule.text) ? load_snort_rule(rule, hash) : fail(std::move(outcome.error()));
}

tl::expected<Outcome, RuleDiagnostic> Loader::read_rule(Rule& rule, const TextHash& hash) {
  if (auto error = parse_rule(rule)) return tl::unexpected(std::move(*error));
  const auto wanted = required(rule, environment_);
  if (!wanted) return tl::unexpected(wanted.error());
  if (!*wanted) return Outcome::skipped;
  auto signature = compile(rule, hash);
  tell_list_problems();
  if (!signature) return tl::unexpected(std::move(signature.error()));
  return keep(rule, std::move(*signature));
}

// What is said of the rule in our form stands at the beginning of its line.
Outcome Loader::load_snort_rule(const Rule& rule, const TextHash& hash) {
  auto turned = from_snort_form(rule.text);
  if (!turned) return fail(diagnose(rule, 1, "snort", std::move(turned.error())));
  Rule ours;
  ours.text = std::move(turned->text);
  ours.file = rule.file;
  ours.line = rule.line;
  // What is to be told of it is told of a reload, too: it must not find the rule by its text.
  auto outcome = read_rule(ours, turned->differences.empty() ? hash : TextHash::of(ours.text));
  if (!outcome) {
    outcome.error().line = rule.line;
    outcome.error().column = 1;
    return fail(std::move(outcome.error()));
  }
  for (std::string& difference : turned->differences) {
    RuleDiagnostic told = diagnose(rule, 1, "snort", {std::move(difference), {}});
    told.sid = *outcome == Outcome::loaded ? into_.signatures.back()->meta.sid : 0;
    warn(std::move(told));
  }
  return *outcome;
}

// Comes first: a rule that asks for a later version may hold anything.
tl::expected<bool, RuleDiagnostic> Loader::required(const Rule& rule, const RuleEnvironment& environment) {
  bool met = true;
  for (const RuleOption& option : rule.options) {
    if (option.keyword != "requires") continue;
    auto one = requirements_met(option.argument, environment.features);
    if (!one) return tl::unexpected(diagnose(rule, option.column, option.keyword, std::move(one.error())));
    met = met && *one;
  }
  return met;
}

tl::expected<std::unique_ptr<Signature>, RuleDiagnostic> Loader::compile(const Rule& rule, const TextHash& hash) {
  RuleBuilder builder(rule, environment_);
  Signature& signature = builder.signature();
  signature.meta.texts = environment_.texts;
  signature.meta.text_hash = hash;
  if (environment_.keep_text) signature.meta.text = rule.text;
  if (auto error = compile_header(rule, sets_, signature)) return tl::unexpected(std::move(*error));
  for (const RuleOption& option : rule.options)
    if (auto error = compile_option(rule, option, builder)) return tl::unexpected(std::move(*error));
  if (signature.meta.sid == 0) return tl::unexpected(diagnose(rule, 1, {}, {"the rule has no sid", {}}));
  auto done = builder.finish();
  if (!done) return tl::unexpected(diagnose(rule, 1, {}, std::move(done.error())));
  return std::move(*done);
}

std::optional<RuleDiagnostic> Loader::compile_option(const Rule& rule, const RuleOption& option,
                                                     RuleBuilder& builder) {
  if (option.keyword == "requires") return std::nullopt;
  const auto wrong = [&](KeywordError e) {
    return diagnose(rule, option.column, clip(option.keyword), std::move(e));
  };
  const KeywordSpec* spec = find_keyword(option.keyword);
  if (spec == nullptr) spec = find_unsupported_keyword(option.keyword);
  if (spec == nullptr) return wrong({"unknown keyword", {}});
  const auto direction =
      spec->argument == KeywordSpec::Argument::none ? direction_named(option.argument) : std::nullopt;
  if (spec->argument == KeywordSpec::Argument::none && option.has_argument && !direction)
    return wrong({"the keyword takes no argument", std::string(clip(option.argument))});
  if (spec->argument == KeywordSpec::Argument::required && option.argument.empty())
    return wrong({"the keyword needs an argument", {}});
  Compiled done = spec->compile(builder, direction ? std::string_view{} : option.argument);
  if (done && direction) done = builder.select_direction(*direction);
  if (done) return std::nullopt;
  if (done.error().offending.empty()) done.error().offending = clip(option.argument);
  return wrong(std::move(done.error()));
}

// A rule that failed for another reason has read its list all the same.
void Loader::tell_list_problems() {
  for (RuleDiagnostic& problem : environment_.list_problems) into_.diagnostics.push_back(std::move(problem));
  environment_.list_problems.clear();
}

Outcome Loader::keep(const Rule& rule, std::shared_ptr<const Signature> signature) {
  const SignatureMeta& meta = signature->meta;
  const auto [entry, fresh] = by_id_.try_emplace(id_of(meta), into_.signatures.size());
  if (!fresh) {
    LoadedSignature& other = into_.signatures[entry->second];
    const std::string where = fmt::format("{}:{}", other.file, other.line);
    if (meta.rev == other->meta.rev)
      return fail(diagnose(rule, 1, "sid",
                           {fmt::format("duplicate signature: the same sid and rev as in {}", where),
                            fmt::format("{}", meta.sid)}));
    const bool newer = meta.rev > other->meta.rev;
    RuleDiagnostic note = diagnose(rule, 1, {},
                                   {newer ? fmt::format("replaces an older revision, in {}", where)
                                          : fmt::format("not used: a newer revision is in {}", where),
                                    {}});
    warn(std::move(note));
    if (!newer) return Outcome::loaded;
    other.signature = nullptr;
    entry->second = into_.signatures.size();
  }
  add_warnings(rule, *signature);
  into_.signatures.push_back({std::move(signature), environment_.texts->keep(rule.file), rule.line});
  return Outcome::loaded;
}

void Loader::add_warnings(const Rule& rule, const Signature& s) {
  bool never = false;
  for (RuleWarning& warning : rule_warnings(s, environment_)) {
    never = never || warning.never;
    warn(told_of(rule, s.meta.sid, std::move(warning)));
  }
  never_.push_back(never);
  const auto may_be_unset = [&](const SharedNames& names) {
    if (names.ids.empty()) return;
    RuleWarning warning{.keyword = keyword_of(names, rule),
                        .argument = names_text(names, environment_),
                        .found = {},
                        .reason = {},
                        .advice = "the rule can never match",
                        .never = true};
    unset_names_.add(never_.size() - 1, names, told_of(rule, s.meta.sid, std::move(warning)));
  };
  for (const auto& check : s.packet_checks) may_be_unset(check->waits_for());
  for (const TxCheckEngine& engine : s.tx_checks) may_be_unset(engine.check->waits_for());
}

// A rule that a reload takes over was not read again: what is said of it stands at its beginning.
RuleDiagnostic Loader::told_of(const Rule& rule, std::uint32_t sid, RuleWarning warning) {
  std::uint32_t column = 1;
  for (const RuleOption& option : rule.options)
    if (is_keyword(option.keyword, warning.keyword) && has_item(option.argument, warning.argument))
      column = option.column;
  RuleDiagnostic out = diagnose(
      rule, column, warning.keyword,
      {std::move(warning.reason), std::move(warning.argument.empty() ? warning.found : warning.argument)});
  out.sid = sid;
  out.advice = std::move(warning.advice);
  out.never = warning.never;
  return out;
}

}  // namespace

LoadedRules load_rule_files(std::span<const std::string> patterns, RuleEnvironment& environment,
                            RuleForm form) {
  LoadedRules out;
  Loader loader(environment, out, form);
  for (const std::string& pattern : patterns) loader.load_pattern(pattern);
  loader.finish();
  return out;
}

void load_rule_text(std::string_view text, const std::string& file, RuleEnvironment& environment,
                    LoadedRules& into, RuleForm form) {
  Loader loader(environment, into, form);
  ++into.files;
  loader.load_text(text, file);
  loader.finish();
}

}  // namespace weir::rules
