// dataset and datarep: looking the buffer up in a named set of values.
#include <algorithm>
#include <array>
#include <utility>

#include "decoders/settings.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"
#include "rules/match/captures.h"
#include "rules/state/dataset_registry.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

std::string_view text_of(const BufferFacts& f) {
  return {reinterpret_cast<const char*>(f.data.data()), f.data.size()};
}

enum class Command : std::uint8_t { set, unset, isset, isnotset };

// `set` and `unset` change the set where they stand in the rule, and match when that changed something.
class DatasetCheck final : public BufferCheck {
 public:
  DatasetCheck(std::shared_ptr<Dataset> set, Command command) : set_(std::move(set)), command_(command) {
    if (command_ == Command::set || command_ == Command::unset) set_->rules_change_it();
  }
  [[nodiscard]] bool matches(const BufferFacts& f) const override {
    if (set_->changes()) await_turn(f.turn);
    switch (command_) {
      case Command::set: return set_->add(text_of(f));
      case Command::unset: return set_->remove(text_of(f));
      case Command::isset: return set_->contains(text_of(f));
      case Command::isnotset: return !set_->contains(text_of(f));
    }
    return false;
  }

 private:
  std::shared_ptr<Dataset> set_;
  Command command_;
};

// `isset` on a set whose values have JSON objects: the alert shows the object under the rule's key.
class ContextCheck final : public BufferCheck {
 public:
  ContextCheck(std::shared_ptr<Dataset> set, std::uint32_t key) : set_(std::move(set)), key_(key) {}
  [[nodiscard]] bool captures() const override { return true; }
  [[nodiscard]] bool matches(const BufferFacts& f) const override {
    return set_->contains(text_of(f), [&](std::string_view context) {
      if (f.captured != nullptr)
        f.captured->add({.kind = Capture::Kind::alert_json, .name = key_}, as_bytes(context));
    });
  }

 private:
  std::shared_ptr<Dataset> set_;
  std::uint32_t key_;
};

class DatarepCheck final : public BufferCheck {
 public:
  DatarepCheck(std::shared_ptr<Dataset> set, Compare op, std::uint16_t value)
      : set_(std::move(set)), op_(op), value_(value) {}
  [[nodiscard]] bool matches(const BufferFacts& f) const override {
    const auto have = set_->reputation(text_of(f));
    if (!have) return false;
    return op_ == Compare::greater ? *have > value_ : op_ == Compare::less ? *have < value_ : *have == value_;
  }

 private:
  std::shared_ptr<Dataset> set_;
  Compare op_;
  std::uint16_t value_;
};

// What a rule says of its set, as written.
struct DatasetOptions {
  std::string_view type, load, state, save, memcap, hash_size, format, value_key, array_key, context_key;
  bool remove_key = false;
};

Compiled take_option(DatasetOptions& options, std::string_view item) {
  using Option = std::string_view DatasetOptions::*;
  constexpr std::array<std::pair<std::string_view, Option>, 11> kOptions{
      {{"type", &DatasetOptions::type},
       {"load", &DatasetOptions::load},
       {"state", &DatasetOptions::state},
       {"save", &DatasetOptions::save},
       {"memcap", &DatasetOptions::memcap},
       {"hashsize", &DatasetOptions::hash_size},
       {"format", &DatasetOptions::format},
       {"value_key", &DatasetOptions::value_key},
       {"array_key", &DatasetOptions::array_key},
       {"context_key", &DatasetOptions::context_key},
       {"enrichment_key", &DatasetOptions::context_key}}};
  std::string_view rest = item;
  const std::string_view name = take_word(rest);
  if (name == "remove_key" && rest.empty()) {
    options.remove_key = true;
    return {};
  }
  const auto* const found = std::find_if(kOptions.begin(), kOptions.end(),
                                         [&](const auto& option) { return option.first == name; });
  if (found == kOptions.end()) return refuse("not an option of a dataset", item);
  if (rest.empty()) return refuse("the option needs a value", item);
  options.*found->second = rest;
  return {};
}

Compiled take_files(RuleBuilder& rule, const DatasetOptions& options, DatasetSource& source) {
  const RuleEnvironment& environment = rule.environment();
  const std::string& file = rule.rule().file;
  if (!options.state.empty() && !(options.load.empty() && options.save.empty()))
    return refuse("state stands for load and save of one file, and goes with neither", options.state);
  const std::string_view written = options.state.empty() ? options.save : options.state;
  if (!written.empty()) {
    if (!environment.dataset_rules.allow_write)
      return refuse("rules must not write sets: datasets.rules.allow-write is off", written);
    auto path = data_file_path(environment, file, written, FileUse::write);
    if (!path) return tl::unexpected(std::move(path.error()));
    source.save = std::move(*path);
  }
  if (!options.state.empty()) {
    source.load = source.save;
    source.may_be_missing = true;
  } else if (!options.load.empty()) {
    auto path = data_file_path(environment, file, options.load, FileUse::read);
    if (!path) return tl::unexpected(std::move(path.error()));
    source.load = std::move(*path);
  }
  return {};
}

Compiled take_sizes(RuleBuilder& rule, const DatasetOptions& options, DatasetSource& source) {
  const DatasetRules& rules = rule.environment().dataset_rules;
  source.memcap_bytes = rules.memcap_bytes;
  source.hash_size = rules.hash_size;
  if (!options.memcap.empty()) {
    const auto size = parse_size(options.memcap);
    if (!size) return refuse("the memcap must be a size: 10mb", options.memcap);
    source.memcap_bytes = *size;
  }
  if (options.hash_size.empty()) return {};
  const auto number = parse_number<std::uint32_t>(options.hash_size);
  if (!number || *number == 0) return refuse("the hashsize must be a number above 0", options.hash_size);
  source.hash_size = *number;
  return {};
}

Compiled take_json(const DatasetOptions& options, DatasetSource& source) {
  const std::string_view format = options.format;
  if (!format.empty() && format != "csv" && format != "json" && format != "ndjson" && format != "jsonline")
    return refuse("the format is csv, json or ndjson", format);
  if (format.empty() || format == "csv") {
    const bool asked = options.remove_key || !(options.value_key.empty() && options.array_key.empty() &&
                                               options.context_key.empty());
    return asked ? Compiled(refuse(
                       "value_key, array_key, context_key and remove_key go with format json or ndjson"))
                 : Compiled{};
  }
  source.format = format == "json" ? DatasetFormat::json : DatasetFormat::ndjson;
  if (source.with_reputation) return refuse("reputations are read from format csv", format);
  if (options.value_key.empty()) return refuse("format json and ndjson need a value_key");
  if (options.load.empty()) return refuse("sets in JSON are read from a file: load", format);
  if (!options.save.empty()) return refuse("sets in JSON are read only", options.save);
  if (!options.array_key.empty() && source.format == DatasetFormat::ndjson)
    return refuse("an array_key goes with format json", options.array_key);
  source.value_key = options.value_key;
  source.array_key = options.array_key;
  source.remove_key = options.remove_key;
  return {};
}

Parsed<DatasetSource> source_of(RuleBuilder& rule, const DatasetOptions& options, DatasetType type,
                                bool with_reputation) {
  DatasetSource source{.type = type, .with_reputation = with_reputation};
  if (auto ok = take_json(options, source); !ok) return tl::unexpected(std::move(ok.error()));
  if (auto ok = take_files(rule, options, source); !ok) return tl::unexpected(std::move(ok.error()));
  if (auto ok = take_sizes(rule, options, source); !ok) return tl::unexpected(std::move(ok.error()));
  return source;
}

// The set of that name; made and filled when this is the first rule that names it.
Parsed<std::shared_ptr<Dataset>> find_or_make(RuleBuilder& rule, std::string_view name,
                                              const DatasetOptions& options, bool with_reputation) {
  if (name.empty()) return refuse("a name is missing");
  rule.signature().has_outside_parts = true;
  RuleEnvironment& environment = rule.environment();
  const auto known = environment.datasets.find(std::string(name));
  const bool is_new = known == environment.datasets.end();
  auto type = dataset_type(options.type);
  if (!options.type.empty() && !type)
    return refuse("the type is string, md5, sha256, ipv4 or ip", options.type);
  if (!type && is_new) return refuse("no set has this name, and no type is given to make it", name);
  auto source = source_of(rule, options, type ? *type : known->second->type(), with_reputation);
  if (!source) return tl::unexpected(std::move(source.error()));
  if (is_new)
    if (auto ok = claim_hash_size(environment, source->hash_size); !ok)
      return refuse(std::move(ok.error().reason), options.hash_size);
  auto set = make_dataset(environment, std::string(name), std::move(*source));
  if (!set && set.error().offending.empty()) set.error().offending = name;
  return set;
}

// COMMAND,NAME[,options]
Compiled compile_dataset(RuleBuilder& rule, std::string_view argument) {
  if (rule.selected() == nullptr) return refuse("goes behind a sticky buffer");
  const auto parts = split(argument, ',');
  if (parts.size() < 2) return refuse("must be COMMAND,NAME and options", argument);
  const std::string_view c = parts[0];
  if (c != "set" && c != "unset" && c != "isset" && c != "isnotset")
    return refuse("must be set, unset, isset or isnotset", c);
  const Command command = c == "set"     ? Command::set
                          : c == "unset" ? Command::unset
                          : c == "isset" ? Command::isset
                                         : Command::isnotset;
  DatasetOptions options;
  for (std::size_t i = 2; i < parts.size(); ++i)
    if (auto ok = take_option(options, parts[i]); !ok) return ok;
  if (command != Command::isset && command != Command::isnotset && !options.format.empty() &&
      options.format != "csv")
    return refuse("sets in JSON are read only", c);
  auto set = find_or_make(rule, parts[1], options, false);
  if (!set) return tl::unexpected(set.error());
  if (command == Command::isset && !options.context_key.empty()) {
    const std::uint32_t key = rule.environment().variables.id(options.context_key);
    return rule.add_op(BufferCheckOp{std::make_shared<ContextCheck>(std::move(*set), key), false});
  }
  return rule.add_op(BufferCheckOp{std::make_shared<DatasetCheck>(std::move(*set), command), false});
}

// NAME,OPERATOR,VALUE[,options]
Compiled compile_datarep(RuleBuilder& rule, std::string_view argument) {
  if (rule.selected() == nullptr) return refuse("goes behind a sticky buffer");
  const auto parts = split(argument, ',');
  if (parts.size() < 3) return refuse("must be NAME,OPERATOR,VALUE and options", argument);
  const std::string_view sign = parts[1];
  if (sign != ">" && sign != "<" && sign != "==") return refuse("must be >, < or ==", sign);
  const Compare op = sign == ">" ? Compare::greater : sign == "<" ? Compare::less : Compare::equal;
  const auto value = parse_number<std::uint16_t>(parts[2]);
  if (!value) return refuse("must be a number from 0 to 65535", parts[2]);
  DatasetOptions options;
  for (std::size_t i = 3; i < parts.size(); ++i)
    if (auto ok = take_option(options, parts[i]); !ok) return ok;
  auto set = find_or_make(rule, parts[0], options, true);
  if (!set) return tl::unexpected(set.error());
  return rule.add_op(BufferCheckOp{std::make_shared<DatarepCheck>(std::move(*set), op, *value), false});
}

constexpr KeywordSpec kDatasetKeywords[] = {
    {"dataset", compile_dataset, Argument::required,
     "looks the buffer up in a set, or changes it: COMMAND,NAME[,type T][,load FILE][,state FILE] ..."},
    {"datarep", compile_datarep, Argument::required,
     "reputation of the buffer in a set: NAME,OPERATOR,VALUE[,type T][,load FILE]"},
};

}  // namespace

const KeywordFile keywords_dataset{.keywords = kDatasetKeywords};

}  // namespace weir::rules
