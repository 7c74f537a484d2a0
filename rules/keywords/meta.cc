// Keywords that describe a rule: msg, sid, rev, gid, classtype, priority, reference, metadata, target.
#include <algorithm>

#include <fmt/format.h>

#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

constexpr std::size_t kMaxMetadataItems = 128;

Compiled compile_msg(RuleBuilder& rule, std::string_view argument) {
  if (auto ok = rule.once("msg"); !ok) return ok;
  const auto text = unquote(argument);
  if (!text) return refuse("the text stands in quotes", argument);
  std::string out;
  for (std::size_t i = 0; i < text->size(); ++i) {
    const bool escaped = (*text)[i] == '\\' && i + 1 < text->size() &&
                         std::string_view("\";\\:").find((*text)[i + 1]) != std::string_view::npos;
    out += (*text)[escaped ? ++i : i];
  }
  rule.signature().meta.msg = std::move(out);
  return {};
}

Parsed<std::uint32_t> id_number(const RuleBuilder& rule, std::string_view keyword, std::string_view argument,
                                std::uint32_t least) {
  if (auto ok = rule.once(keyword); !ok) return tl::unexpected(ok.error());
  const auto value = parse_number<std::uint32_t>(unquote_if_quoted(argument));
  if (!value || *value < least)
    return refuse(fmt::format("must be a number from {} to 4294967295", least), argument);
  return *value;
}

Compiled compile_sid(RuleBuilder& rule, std::string_view argument) {
  return id_number(rule, "sid", argument, 1).map([&](std::uint32_t v) { rule.signature().meta.sid = v; });
}
Compiled compile_rev(RuleBuilder& rule, std::string_view argument) {
  return id_number(rule, "rev", argument, 0).map([&](std::uint32_t v) { rule.signature().meta.rev = v; });
}
Compiled compile_gid(RuleBuilder& rule, std::string_view argument) {
  return id_number(rule, "gid", argument, 0).map([&](std::uint32_t v) { rule.signature().meta.gid = v; });
}

// A class that is not configured is no error: the rule keeps its default priority, as in Suricata.
Compiled compile_classtype(RuleBuilder& rule, std::string_view argument) {
  if (auto ok = rule.once("classtype"); !ok) return ok;
  SignatureMeta& meta = rule.signature().meta;
  TextPool& texts = *rule.environment().texts;
  meta.classtype = texts.keep(argument);
  const auto& classes = rule.environment().classifications;
  const auto found = classes.find(std::string(argument));
  if (found == classes.end()) return {};
  meta.category = texts.keep(found->second.description);
  if (!rule.has_option("priority")) meta.priority = found->second.priority;
  return {};
}

Compiled compile_priority(RuleBuilder& rule, std::string_view argument) {
  if (auto ok = rule.once("priority"); !ok) return ok;
  const auto value = parse_number<std::uint8_t>(unquote_if_quoted(argument));
  if (!value || *value == 0) return refuse("must be a number from 1 to 255", argument);
  rule.signature().meta.priority = *value;
  return {};
}

Compiled compile_reference(RuleBuilder& rule, std::string_view argument) {
  std::string_view rest = argument;
  const std::string_view system = trim(cut(rest, ','));
  const std::string_view id = unquote_if_quoted(trim(rest));
  if (system.empty() || id.empty()) return refuse("must be SYSTEM,ID", argument);
  std::string key(system);
  for (char& c : key)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  const auto& systems = rule.environment().reference_systems;
  const auto found = systems.find(key);
  TextPool& texts = *rule.environment().texts;
  rule.signature().meta.references.emplace_back(
      texts.keep(found == systems.end() ? key + "," : found->second), texts.keep(id));
  return {};
}

Compiled compile_metadata(RuleBuilder& rule, std::string_view argument) {
  auto& metadata = rule.signature().meta.metadata;
  TextPool& texts = *rule.environment().texts;
  const auto items = split(argument, ',');
  metadata.reserve(std::min(metadata.size() + items.size(), kMaxMetadataItems));
  for (std::string_view item : items) {
    const std::string_view key = take_word(item);
    if (key.empty()) continue;
    if (metadata.size() == kMaxMetadataItems)
      return refuse(fmt::format("at most {} items", kMaxMetadataItems), key);
    metadata.emplace_back(texts.keep(key), texts.keep(item));
  }
  return {};
}

Compiled compile_target(RuleBuilder& rule, std::string_view argument) {
  if (auto ok = rule.once("target"); !ok) return ok;
  if (argument != "src_ip" && argument != "dest_ip") return refuse("must be src_ip or dest_ip", argument);
  rule.signature().meta.target = argument == "src_ip" ? Target::source : Target::destination;
  return {};
}

constexpr KeywordSpec kMetaKeywords[] = {
    {"msg", compile_msg, Argument::required, "text of the alert"},
    {"sid", compile_sid, Argument::required, "number of the rule; every rule has one"},
    {"rev", compile_rev, Argument::required, "revision of the rule"},
    {"gid", compile_gid, Argument::required, "group of the rule's number, 1 when there is none"},
    {"classtype", compile_classtype, Argument::required,
     "class of the alert, from classification.config; gives its priority"},
    {"priority", compile_priority, Argument::required,
     "priority of the alert, 1 highest; beats the one of the class"},
    {"reference", compile_reference, Argument::required,
     "where to read on: SYSTEM,ID with a system of reference.config"},
    {"metadata", compile_metadata, Argument::required, "KEY VALUE pairs for the alert event"},
    {"target", compile_target, Argument::required, "which side is attacked: src_ip or dest_ip"},
};

}  // namespace

const KeywordFile keywords_meta{.keywords = kMetaKeywords};

}  // namespace weir::rules
