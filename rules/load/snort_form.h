// Rules in Snort 3's form, turned into ours where they mean the same.
//
// Snort 3 names a buffer before what is looked for in it (http_uri; content:"/x",nocase;), and its headers may leave out
// addresses (alert http (...)) or everything (alert (...)).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "rules/language/diagnostic.h"

namespace weir::rules {

struct SnortRule {
  std::string text;  // the rule in our form, on one line
  // What it does differently from Snort's: "service: the rule is looked at on its ports alone".
  std::vector<std::string> differences;
};

// Whether the text can be nothing but a rule of Snort 3: a header without addresses, a content with modifiers of its own
// (content:"x",nocase), a keyword that only Snort has, or a buffer that is named before any content. Linear.
bool is_snort_form(std::string_view text);

// Fails with what of it cannot be had here.
Parsed<SnortRule> from_snort_form(std::string_view text);

}  // namespace weir::rules
