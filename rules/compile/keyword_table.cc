#include "rules/compile/keyword_table.h"

#include <cassert>
#include <unordered_map>
#include <vector>

#include "rules/compile/rule_builder.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

constexpr const KeywordFile* kFiles[] = {
#define KEYWORD_FILE(name) &keywords_##name,
#include "keyword_files.def"
#undef KEYWORD_FILE
};

void add_buffer(const BufferSpec& b, std::vector<KeywordSpec>& out) {
  out.push_back({b.name, KeywordSpec::Selects{&b}, Argument::none, b.summary});
  if (!b.alias.empty()) out.push_back({b.alias, KeywordSpec::Selects{&b}, Argument::none, b.summary});
  if (!b.modifier.empty())
    out.push_back(
        {b.modifier, KeywordSpec::Moves{&b}, Argument::none, "old form: moves the content before it"});
}

void add_number(const PacketNumber& n, std::vector<KeywordSpec>& out) {
  out.push_back({n.name, &n, Argument::required, n.summary});
  if (!n.alias.empty()) out.push_back({n.alias, &n, Argument::required, n.summary});
}

std::vector<KeywordSpec> make_table() {
  std::vector<KeywordSpec> out;
  for (const KeywordFile* file : kFiles) {
    out.insert(out.end(), file->keywords.begin(), file->keywords.end());
    for (const BufferSpec& b : file->buffers) add_buffer(b, out);
    for (const TxNumber& n : file->tx_numbers) out.push_back({n.name, &n, Argument::required, n.summary});
    for (const PacketNumber& n : file->packet_numbers) add_number(n, out);
  }
  return out;
}

// Compiles a keyword by what makes it one.
struct Compile {
  RuleBuilder& rule;
  std::string_view argument;
  Compiled operator()(KeywordSpec::Function function) const { return function(rule, argument); }
  Compiled operator()(KeywordSpec::Selects sticky) const { return rule.select_buffer(*sticky.buffer); }
  Compiled operator()(KeywordSpec::Moves old) const { return rule.move_last_content(*old.buffer); }
  Compiled operator()(const TxNumber* number) const { return compile_number(rule, *number, argument); }
  Compiled operator()(const PacketNumber* number) const { return compile_number(rule, *number, argument); }
};

}  // namespace

Compiled KeywordSpec::compile(RuleBuilder& rule, std::string_view text) const {
  return std::visit(Compile{rule, text}, how);
}

const KeywordSpec* find_keyword(std::string_view name) {
  static const auto* const by_name = [] {
    auto* map = new std::unordered_map<std::string_view, const KeywordSpec*>;
    for (const KeywordSpec& spec : all_keywords()) map->emplace(spec.name, &spec);
    return map;
  }();
  const auto found = by_name->find(name);
  return found == by_name->end() ? nullptr : found->second;
}

std::span<const KeywordSpec> all_keywords() {
  static const auto* const table = new std::vector<KeywordSpec>(make_table());
  return *table;
}

const BufferSpec& buffer_named(std::string_view keyword) {
  const KeywordSpec* const spec = find_keyword(keyword);
  assert(spec != nullptr && std::holds_alternative<KeywordSpec::Selects>(spec->how));
  return *std::get<KeywordSpec::Selects>(spec->how).buffer;
}

}  // namespace weir::rules
