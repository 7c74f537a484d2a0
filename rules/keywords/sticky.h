// Keywords that do nothing but select a buffer.
#pragma once

#include "rules/buffer.h"
#include "rules/keyword_table.h"
#include "rules/rule_builder.h"

namespace weir::rules {

// A keyword without argument that selects a buffer, and one of the old form that moves the content before it.
template <const BufferSpec& buffer>
Compiled select_buffer_keyword(RuleBuilder& rule, std::string_view) {
  return rule.select_buffer(buffer);
}
template <const BufferSpec& buffer>
Compiled move_content_keyword(RuleBuilder& rule, std::string_view) {
  return rule.move_last_content(buffer);
}

template <const BufferSpec& buffer>
constexpr KeywordSpec sticky(std::string_view name, std::string_view summary) {
  return {name, select_buffer_keyword<buffer>, KeywordSpec::Argument::none, summary};
}
template <const BufferSpec& buffer>
constexpr KeywordSpec modifier(std::string_view name) {
  return {name, move_content_keyword<buffer>, KeywordSpec::Argument::none, "old form: moves the content before it"};
}

}  // namespace weir::rules
