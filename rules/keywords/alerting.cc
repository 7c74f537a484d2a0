// Keywords about what becomes of a match: noalert, alert, config, requires, prefilter, tag, threshold,
// detection_filter.
#include <fmt/format.h>

#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

constexpr std::size_t kMaxTags = 8;

Compiled compile_noalert(RuleBuilder& rule, std::string_view) {
  if (rule.has_option("alert")) return refuse("does not go with alert");
  rule.signature().noalert = true;
  return {};
}

Compiled compile_alert(RuleBuilder& rule, std::string_view) {
  rule.signature().alert_requested = true;
  return {};
}

Compiled compile_bypass(RuleBuilder& rule, std::string_view) {
  rule.signature().bypass = true;
  return {};
}

// The loader has looked at it already: a rule whose requirements are not met does not come this far.
Compiled compile_requires(RuleBuilder&, std::string_view) {
  return {};
}

// A hint that needs no heeding: rules without a pattern are grouped by what else they say.
Compiled compile_prefilter(RuleBuilder& rule, std::string_view) {
  if (rule.rule().options.front().keyword == "prefilter")
    return refuse("goes behind the keyword to filter with");
  return {};
}

// "session[,COUNT,packets|seconds|bytes]" or "host[,COUNT,UNIT[,src|dst]]"
Compiled compile_tag(RuleBuilder& rule, std::string_view argument) {
  const auto parts = split(argument, ',');
  Tag tag;
  if (parts[0] != "session" && parts[0] != "host") return refuse("must be session or host", parts[0]);
  tag.session = parts[0] == "session";
  if (parts.size() == 2) return refuse("a count needs a unit: packets, seconds or bytes", argument);
  if (parts.size() > (tag.session ? 3U : 4U)) return refuse("too many parts", argument);
  if (parts.size() >= 3) {
    const auto count = parse_number<std::uint32_t>(parts[1]);
    if (!count || *count == 0) return refuse("must be a number from 1 on", parts[1]);
    if (parts[2] != "packets" && parts[2] != "seconds" && parts[2] != "bytes")
      return refuse("the unit is packets, seconds or bytes", parts[2]);
    tag.count = *count;
    tag.unit = parts[2] == "packets" ? TagUnit::packets : parts[2] == "seconds" ? TagUnit::seconds : TagUnit::bytes;
  }
  if (parts.size() == 4) {
    if (parts[3] != "src" && parts[3] != "dst") return refuse("the side is src or dst", parts[3]);
    tag.by_source = parts[3] == "src";
  }
  if (rule.signature().tags.size() == kMaxTags)
    return refuse(fmt::format("at most {} tags in a rule", kMaxTags));
  rule.signature().tags.push_back(tag);
  return {};
}

Parsed<ThresholdTrack> parse_track(std::string_view text) {
  if (text == "by_src") return ThresholdTrack::by_src;
  if (text == "by_dst") return ThresholdTrack::by_dst;
  if (text == "by_both") return ThresholdTrack::by_both;
  if (text == "by_rule") return ThresholdTrack::by_rule;
  if (text == "by_flow") return ThresholdTrack::by_flow;
  return refuse("must be by_src, by_dst, by_both, by_rule or by_flow", text);
}

Parsed<ThresholdType> parse_threshold_type(std::string_view text) {
  if (text == "limit") return ThresholdType::limit;
  if (text == "threshold") return ThresholdType::threshold;
  if (text == "both") return ThresholdType::both;
  if (text == "backoff") return ThresholdType::backoff;
  return refuse("must be limit, threshold, both or backoff", text);
}

struct ThresholdParts {
  std::optional<ThresholdType> type;
  std::optional<ThresholdTrack> track;
  std::optional<std::uint32_t> count, seconds, multiplier;
};

Compiled take_part(ThresholdParts& parts, std::string_view item) {
  const std::string_view name = take_word(item);
  const auto repeated = [&] { return refuse("stands there twice", name); };
  if (name == "type") {
    const auto type = parse_threshold_type(item);
    if (!type) return tl::unexpected(type.error());
    if (parts.type) return repeated();
    parts.type = *type;
    return {};
  }
  if (name == "track") {
    const auto track = parse_track(item);
    if (!track) return tl::unexpected(track.error());
    if (parts.track) return repeated();
    parts.track = *track;
    return {};
  }
  auto* const number = name == "count"        ? &parts.count
                       : name == "seconds"    ? &parts.seconds
                       : name == "multiplier" ? &parts.multiplier
                                              : nullptr;
  if (number == nullptr) return refuse("must be type, track, count, seconds or multiplier", name);
  if (*number) return repeated();
  *number = parse_number<std::uint32_t>(item);
  if (!*number || **number == 0) return refuse("must be a number from 1 on", item);
  return {};
}

Parsed<ThresholdParts> parse_parts(std::string_view argument) {
  ThresholdParts parts;
  for (const std::string_view item : split(argument, ','))
    if (auto ok = take_part(parts, item); !ok) return tl::unexpected(ok.error());
  if (!parts.track) return refuse("track is missing", argument);
  if (!parts.count) return refuse("count is missing", argument);
  return parts;
}

Compiled compile_threshold(RuleBuilder& rule, std::string_view argument) {
  if (auto ok = rule.once("threshold"); !ok) return ok;
  const auto parts = parse_parts(argument);
  if (!parts) return tl::unexpected(parts.error());
  if (!parts->type) return refuse("type is missing", argument);
  const bool backoff = *parts->type == ThresholdType::backoff;
  if (backoff && *parts->track != ThresholdTrack::by_flow)
    return refuse("type backoff needs track by_flow", argument);
  if (backoff && (!parts->multiplier || *parts->multiplier < 2))
    return refuse("type backoff needs a multiplier of 2 or more", argument);
  if (!backoff && parts->multiplier) return refuse("multiplier is only for type backoff", argument);
  if (!backoff && !parts->seconds) return refuse("seconds is missing", argument);
  rule.signature().threshold = ThresholdSpec{*parts->type, *parts->track, *parts->count,
                                             parts->seconds.value_or(0), parts->multiplier.value_or(0)};
  return {};
}

Compiled compile_detection_filter(RuleBuilder& rule, std::string_view argument) {
  if (auto ok = rule.once("detection_filter"); !ok) return ok;
  const auto parts = parse_parts(argument);
  if (!parts) return tl::unexpected(parts.error());
  if (parts->type || parts->multiplier) return refuse("only track, count and seconds", argument);
  if (!parts->seconds) return refuse("seconds is missing", argument);
  rule.signature().detection_filter =
      ThresholdSpec{ThresholdType::detection_filter, *parts->track, *parts->count, *parts->seconds, 0};
  return {};
}

// "logging disable, type tx|flow, scope tx|flow", in this order.
Compiled compile_config(RuleBuilder& rule, std::string_view argument) {
  if (auto ok = rule.once("config"); !ok) return ok;
  const auto parts = split(argument, ',');
  std::string_view what = parts[0];
  const std::string_view subsystem = take_word(what);
  if (subsystem == "tracking") return refuse("a rule cannot switch the tracking of flows off", subsystem);
  if (subsystem != "logging") return refuse("must be logging", subsystem);
  if (what != "disable") return refuse("the action is disable", what);
  if (parts.size() != 3) return refuse("must be logging disable, type TYPE, scope SCOPE", argument);
  std::string_view type = parts[1], scope = parts[2];
  if (take_word(type) != "type" || (type != "tx" && type != "flow"))
    return refuse("must be type tx or type flow", parts[1]);
  if (take_word(scope) != "scope" || (scope != "tx" && scope != "flow"))
    return refuse("must be scope tx or scope flow", parts[2]);
  if (type == "flow" && scope == "tx")
    return refuse("the event of a flow is not one of a transaction", parts[2]);
  rule.signature().logging_off = type == "flow"    ? LoggingOff::flow
                                 : scope == "flow" ? LoggingOff::transactions
                                                   : LoggingOff::transaction;
  return {};
}

constexpr KeywordSpec kAlertingKeywords[] = {
    {"noalert", compile_noalert, Argument::none, "matches without writing an alert"},
    {"alert", compile_alert, Argument::none, "writes an alert for a pass rule, too"},
    {"bypass", compile_bypass, Argument::none, "after a match the rest of the flow is left alone"},
    {"config", compile_config, Argument::required,
     "leaves events out of the log: logging disable, type tx|flow, scope tx|flow"},
    {"requires", compile_requires, Argument::required,
     "loads the rule only if version, features and keywords are there"},
    {"prefilter", compile_prefilter, Argument::none,
     "says that the condition before it should be looked for first; taken as a hint"},
    {"tag", compile_tag, Argument::required,
     "logs packets of the session or host after the match: session or "
     "host[,COUNT,packets|seconds|bytes[,src|dst]]"},
    {"threshold", compile_threshold, Argument::required,
     "how often the rule alerts: type, track, count, seconds"},
    {"detection_filter", compile_detection_filter, Argument::required,
     "alerts only above a rate: track, count, seconds"},
};

}  // namespace

const KeywordFile keywords_alerting{.keywords = kAlertingKeywords};

}  // namespace weir::rules
