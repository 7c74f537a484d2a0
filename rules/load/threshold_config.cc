#include "rules/load/threshold_config.h"

#include <array>
#include <optional>
#include <unordered_map>
#include <variant>

#include <fmt/format.h>

#include "decoders/text.h"
#include "decoders/text_file.h"
#include "rules/language/rule_parser.h"
#include "rules/load/header_sets.h"
#include "rules/load/rule_tables.h"

namespace weir::rules {
namespace {

// One line, understood.
struct Entry {
  std::uint32_t gid = 0, sid = 0, line = 0;
  std::variant<ThresholdSpec, RateFilter, Suppression> what;
};

// What is wrong, and the text that is.
struct LineError {
  std::string reason;
  std::string_view offending;
};
template <class T>
using Read = tl::expected<T, LineError>;
tl::unexpected<LineError> wrong(std::string reason, std::string_view offending) {
  return tl::unexpected(LineError{std::move(reason), offending});
}

template <class T>
struct Word {
  std::string_view name;
  T value;
};
template <class T>
Word(std::string_view, T) -> Word<T>;  // clang 14 does not derive it for aggregates
constexpr std::array kTracks{
    Word{"by_src", ThresholdTrack::by_src},   Word{"by_dst", ThresholdTrack::by_dst},
    Word{"by_both", ThresholdTrack::by_both}, Word{"by_rule", ThresholdTrack::by_rule},
    Word{"by_flow", ThresholdTrack::by_flow},
};
constexpr std::array kTypes{
    Word{"limit", ThresholdType::limit},
    Word{"threshold", ThresholdType::threshold},
    Word{"both", ThresholdType::both},
    Word{"backoff", ThresholdType::backoff},
};
constexpr std::array kNewActions{
    Word{"alert", Action::alert},
    Word{"drop", Action::drop},
    Word{"pass", Action::pass},
    Word{"reject", Action::reject},
};
constexpr std::array kSuppressTracks{
    Word{"by_src", Suppression::Track::source},
    Word{"by_dst", Suppression::Track::destination},
    Word{"by_either", Suppression::Track::either},
};

// The "name value" pairs of a line; each may come once, in any order.
class Fields {
 public:
  // `rest`: the line behind its first word.
  static Read<Fields> split(std::string_view rest) {
    Fields out;
    while (!(rest = trim(rest)).empty()) {
      const std::string_view field = trim(take_field(rest));
      const std::size_t blank = field.find_first_of(" \t");
      if (blank == std::string_view::npos) return wrong("a field without a value", field);
      const std::string_view name = field.substr(0, blank);
      for (const Field& f : out.fields_)
        if (f.name == name) return wrong("the field stands there twice", name);
      out.fields_.push_back({name, trim(field.substr(blank))});
    }
    return out;
  }
  // None when the field is not there; `text` counts as read.
  std::optional<std::string_view> take(std::string_view name) {
    for (Field& f : fields_) {
      if (f.name != name) continue;
      f.used = true;
      return f.text;
    }
    return std::nullopt;
  }
  Read<std::uint32_t> number(std::string_view name, std::uint32_t least) {
    const auto text = take(name);
    if (!text) return wrong(fmt::format("{} is missing", name), {});
    const auto value = parse_number<std::uint32_t>(*text);
    if (!value || *value < least)
      return wrong(fmt::format("{} needs a number of at least {}", name, least), *text);
    return *value;
  }
  template <class T, std::size_t N>
  Read<T> word(std::string_view name, const std::array<Word<T>, N>& words) {
    const auto text = take(name);
    if (!text) return wrong(fmt::format("{} is missing", name), {});
    for (const Word<T>& w : words)
      if (w.name == *text) return w.value;
    return wrong(fmt::format("not a value of {}", name), *text);
  }
  // A field that nothing asked for; empty when there is none.
  [[nodiscard]] std::string_view unused() const {
    for (const Field& f : fields_)
      if (!f.used) return f.name;
    return {};
  }

 private:
  struct Field {
    std::string_view name, text;
    bool used = false;
  };
  // Up to the next comma outside of brackets.
  static std::string_view take_field(std::string_view& rest) {
    std::size_t open = 0, end = 0;
    for (; end < rest.size(); ++end) {
      if (rest[end] == '[') ++open;
      if (rest[end] == ']' && open > 0) --open;
      if (rest[end] == ',' && open == 0) break;
    }
    const std::string_view field = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return field;
  }
  std::vector<Field> fields_;
};

Read<ThresholdSpec> read_threshold(Fields& fields) {
  ThresholdSpec spec;
  const auto type = fields.word("type", kTypes);
  if (!type) return tl::unexpected(type.error());
  const auto track = fields.word("track", kTracks);
  if (!track) return tl::unexpected(track.error());
  const auto count = fields.number("count", 1);
  if (!count) return tl::unexpected(count.error());
  spec.type = *type;
  spec.track = *track;
  spec.count = *count;
  const bool backoff = spec.type == ThresholdType::backoff;
  const auto last = fields.number(backoff ? "multiplier" : "seconds", 1);
  if (!last) return tl::unexpected(last.error());
  if (backoff && spec.track != ThresholdTrack::by_flow) return wrong("backoff needs track by_flow", {});
  (backoff ? spec.multiplier : spec.seconds) = *last;
  return spec;
}

Read<RateFilter> read_rate_filter(Fields& fields) {
  const auto track = fields.word("track", kTracks);
  if (!track) return tl::unexpected(track.error());
  const auto count = fields.number("count", 1);
  if (!count) return tl::unexpected(count.error());
  const auto seconds = fields.number("seconds", 1);
  if (!seconds) return tl::unexpected(seconds.error());
  const auto action = fields.word("new_action", kNewActions);
  if (!action) return tl::unexpected(action.error());
  const auto timeout = fields.number("timeout", 0);
  if (!timeout) return tl::unexpected(timeout.error());
  return RateFilter{
      .track = *track, .count = *count, .seconds = *seconds, .timeout_s = *timeout, .new_action = *action};
}

Read<Suppression> read_suppression(Fields& fields, SetReader<AddressSet>& sets) {
  const auto ip = fields.take("ip");
  if (!ip && !fields.take("track")) return Suppression{};
  const auto track = fields.word("track", kSuppressTracks);
  if (!track) return tl::unexpected(track.error());
  if (!ip) return wrong("ip is missing", {});
  auto set = sets.read(*ip);
  if (!set) return wrong(fmt::format("{} ({})", set.error().reason, set.error().offending), *ip);
  return Suppression{.track = *track, .addresses = std::move(*set)};
}

Read<Entry> read_entry(std::string_view line, SetReader<AddressSet>& sets) {
  line = trim(line);
  const std::string_view kind = line.substr(0, line.find_first_of(" \t"));
  auto fields = Fields::split(line.substr(kind.size()));
  if (!fields) return tl::unexpected(fields.error());
  Entry entry;
  const auto gid = fields->number("gen_id", 0);
  if (!gid) return tl::unexpected(gid.error());
  const auto sid = fields->number("sig_id", 0);
  if (!sid) return tl::unexpected(sid.error());
  if (*gid == 0 && *sid != 0) return wrong("gen_id 0 stands for all rules, and needs sig_id 0", {});
  entry.gid = *gid;
  entry.sid = *sid;
  const auto keep = [&](auto read) -> std::optional<LineError> {
    if (!read) return read.error();
    entry.what = std::move(*read);
    return std::nullopt;
  };
  std::optional<LineError> error =
      LineError{"expected threshold, event_filter, rate_filter or suppress", kind};
  if (kind == "threshold" || kind == "event_filter") error = keep(read_threshold(*fields));
  if (kind == "rate_filter") error = keep(read_rate_filter(*fields));
  if (kind == "suppress") error = keep(read_suppression(*fields, sets));
  if (error) return tl::unexpected(std::move(*error));
  if (const std::string_view name = fields->unused(); !name.empty())
    return wrong("a field that does not belong here", name);
  return entry;
}

// On a copy: the signature may be that of a set in use.
void apply_to_rule(const Entry& entry, LoadedSignature& rule) {
  auto changed = std::make_shared<Signature>(*rule);
  Signature& s = *changed;
  s.has_outside_parts = true;
  if (const auto* spec = std::get_if<ThresholdSpec>(&entry.what)) {
    s.threshold = *spec;
    s.detection_filter.reset();
  } else if (const auto* filter = std::get_if<RateFilter>(&entry.what)) {
    s.rate_filter = *filter;
  } else {
    s.suppressions.push_back(std::get<Suppression>(entry.what));
  }
  rule.signature = std::move(changed);
}

// An entry for all rules does not touch those that have their own.
void apply_to_all(const Entry& entry, std::span<LoadedSignature> signatures) {
  const bool is_threshold = std::holds_alternative<ThresholdSpec>(entry.what);
  const bool is_rate_filter = std::holds_alternative<RateFilter>(entry.what);
  for (LoadedSignature& s : signatures) {
    if (entry.gid != 0 && s->meta.gid != entry.gid) continue;
    if (is_threshold && (s->threshold || s->detection_filter)) continue;
    if (is_rate_filter && s->rate_filter) continue;
    apply_to_rule(entry, s);
  }
}

}  // namespace

std::vector<RuleDiagnostic> apply_thresholds(std::string_view text, const std::string& file,
                                             const RuleEnvironment& environment,
                                             std::span<LoadedSignature> signatures) {
  std::vector<RuleDiagnostic> out;
  SetReader<AddressSet> sets(environment.address_vars);
  std::unordered_map<std::uint64_t, LoadedSignature*> by_id;
  const auto id = [](std::uint32_t gid, std::uint32_t sid) { return (std::uint64_t{gid} << 32U) | sid; };
  for (LoadedSignature& s : signatures) by_id.emplace(id(s->meta.gid, s->meta.sid), &s);
  std::vector<Entry> for_all;
  RuleLines lines(text);
  Rule line;
  line.file = file;
  while (lines.next(line)) {
    const auto entry = read_entry(line.text, sets);
    if (!entry) {
      const bool inside = entry.error().offending.data() != nullptr;
      const auto column =
          inside ? static_cast<std::uint32_t>(entry.error().offending.data() - line.text.data()) + 1 : 1;
      out.push_back(
          diagnose(line, column, {}, {entry.error().reason, std::string(clip(entry.error().offending))}));
    } else if (entry->sid == 0) {
      for_all.push_back(*entry);
    } else if (const auto rule = by_id.find(id(entry->gid, entry->sid)); rule != by_id.end()) {
      apply_to_rule(*entry, *rule->second);
    } else {
      out.push_back(
          diagnose(line, 1, {}, {fmt::format("no rule {}:{} is loaded", entry->gid, entry->sid), {}}));
      out.back().severity = Severity::warning;
    }
  }
  for (const Entry& entry : for_all) apply_to_all(entry, signatures);
  return out;
}

std::vector<RuleDiagnostic> apply_threshold_file(const std::string& path, const RuleEnvironment& environment,
                                                 std::span<LoadedSignature> signatures) {
  const auto text = read_text_file(path, kMaxTableFileBytes);
  if (!text) return {{.file = path, .reason = "the threshold file " + text.error()}};
  return apply_thresholds(*text, path, environment, signatures);
}

}  // namespace weir::rules
