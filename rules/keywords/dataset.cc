// dataset and datarep: looking the buffer up in a named set of values.
#include "rules/state/dataset.h"

#include <fmt/format.h>

#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"

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

struct DatasetOptions {
  std::string_view type, load;
};

Compiled take_option(DatasetOptions& options, std::string_view item) {
  std::string_view rest = item;
  const std::string_view name = take_word(rest);
  if (name == "type") {
    options.type = rest;
  } else if (name == "load") {
    options.load = rest;
  } else if (name == "save" || name == "state") {
    return refuse("writing sets to files is not supported yet", item);
  } else if (name == "format" || name == "enrichment_key" || name == "value_key" || name == "array_key" ||
             name == "remove_key") {
    if (name != "format" || rest != "csv") return refuse("sets in JSON are not supported yet", item);
  } else if (name != "memcap" && name != "hashsize") {  // our own limits hold instead of these two
    return refuse("not an option of a dataset", item);
  }
  return {};
}

// The set of that name; made and loaded when this is the first rule that names it.
Parsed<std::shared_ptr<Dataset>> find_or_make(RuleBuilder& rule, std::string_view name,
                                              const DatasetOptions& options, bool with_reputation) {
  if (name.empty()) return refuse("a name is missing");
  rule.signature().has_outside_parts = true;
  auto& known = rule.environment().datasets;
  const auto found = known.find(std::string(name));
  const auto type = dataset_type(options.type);
  if (!options.type.empty() && !type)
    return refuse("the type is string, md5, sha256, ipv4 or ip", options.type);
  if (found != known.end()) {
    if (type && *type != found->second->type())
      return refuse("the set of this name has another type", options.type);
    return found->second;
  }
  if (!type) return refuse("no set has this name, and no type is given to make it", name);
  auto set = std::make_shared<Dataset>(*type);
  const auto kept = rule.environment().kept_datasets.find(std::string(name));
  if (options.load.empty()) {
    if (kept != rule.environment().kept_datasets.end() && kept->second->type() == *type) set = kept->second;
  } else {
    const auto text = read_data_file(rule, options.load);
    if (!text) return tl::unexpected(text.error());
    if (auto ok = set->load(*text, with_reputation); !ok) return tl::unexpected(ok.error());
  }
  known.emplace(std::string(name), set);
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
  auto set = find_or_make(rule, parts[1], options, false);
  if (!set) return tl::unexpected(set.error());
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
     "looks the buffer up in a set, or changes it: COMMAND,NAME[,type T][,load FILE]"},
    {"datarep", compile_datarep, Argument::required,
     "reputation of the buffer in a set: NAME,OPERATOR,VALUE[,type T][,load FILE]"},
};

}  // namespace

const KeywordFile keywords_dataset{.keywords = kDatasetKeywords};

}  // namespace weir::rules
