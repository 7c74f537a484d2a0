#include "rules/load/snort_form.h"

#include <doctest/doctest.h>

#include "rules/load/requires.h"
#include "rules/load/rule_loader.h"

using namespace weir::rules;

namespace {

std::string turned(std::string_view text) {
  const auto rule = from_snort_form(text);
  return rule ? rule->text : "error: " + rule.error().reason;
}

LoadedRules load_snort(std::string_view text, RuleForm form = RuleForm::ours) {
  RuleEnvironment environment;
  environment.features = default_features();
  LoadedRules out;
  load_rule_text(text, "snort.rules", environment, out, form);
  return out;
}

}  // namespace

TEST_CASE("snort: a rule in Snort 3's form is turned into ours") {
  struct Row {
    const char *snort, *ours;
  };
  for (
      const Row& row : {
          Row{R"(alert http ( msg:"a"; http_uri; content:"/x",fast_pattern,nocase; sid:1; ))",
              R"(alert http any any -> any any ( msg:"a"; http.uri; content:"/x"; fast_pattern; nocase; sid:1;))"},
          Row{R"(alert ( http_header; content:"a,b;|3b|",depth 10,offset 2; sid:1; ))",
              R"(alert http any any -> any any ( http.header; content:"a,b\;|3b|"; depth:10; offset:2; sid:1;))"},
          Row{R"(alert ( flow:established; content:!"\"",within 3,distance 1; service:ssl; sid:1; ))",
              R"(alert tls any any -> any any ( flow:established; content:!"\""; within:3; distance:1; sid:1;))"},
          Row{R"(block tcp any any -> any 80 ( content:"abcd",fast_pattern_offset 1,fast_pattern_length 2; sid:1; ))",
              R"(drop tcp any any -> any 80 ( content:"abcd"; fast_pattern:1,2; sid:1;))"},
          Row{R"(alert file ( file_data; content:"MZ",depth 2; rem:"a note"; sid:1; ))",
              R"(alert tcp any any -> any any ( file.data; content:"MZ"; depth:2; sid:1;))"},
          Row{R"(alert http ( http_uri; bufferlen:>10; http_cookie; bufferlen:3<=>5; http_method; bufferlen:!=4; sid:1; ))",
              R"(alert http any any -> any any ( http.uri; bsize:>10; http.cookie; bsize:2<>6; http.method; bsize:!4; sid:1;))"},
          Row{R"(alert http ( http_header:field user-agent; content:"x"; pcre:"/a;b/i"; sid:1; ))",
              R"(alert http any any -> any any ( http.user_agent; content:"x"; pcre:"/a\;b/i"; sid:1;))"},
      }) {
    CAPTURE(row.snort);
    CHECK(is_snort_form(row.snort));
    CHECK(turned(row.snort) == row.ours);
    const LoadedRules loaded = load_snort(row.snort);
    CHECK(loaded.signatures.size() == 1);
  }
}

TEST_CASE("snort: what cannot be had is refused with its reason") {
  for (const char* text : {
           R"(alert ( appids:"a"; sid:1; ))",
           R"(alert ( js_data; content:"a"; sid:1; ))",
           R"(alert ( soid:"3|1"; sid:1; ))",
           R"(alert http ( http_uri:path; content:"a"; sid:1; ))",
           R"(alert http ( http_header:field x-mine; sid:1; ))",
           R"(alert http ( http_uri; bufferlen:3,relative; sid:1; ))",
           R"(alert ( content:"a",magic; sid:1; ))",
           R"(alert nonsense ( content:"a"; sid:1; ))",
           R"(react http ( content:"a"; sid:1; ))",
           "alert nothing",
       }) {
    CAPTURE(text);
    CHECK(turned(text).starts_with("error: "));
    CHECK(load_snort(text, RuleForm::snort).failed == 1);
  }
}

TEST_CASE("snort: rules in our form are none of Snort's") {
  for (const char* text : {
           R"(alert http any any -> any any (content:"/x"; http_uri; sid:1;))",
           R"(alert http any any -> any any (http.uri; content:"a,b"; nocase; sid:1;))",
           R"(alert tcp any any -> any any (content:"a\",nocase"; sid:1;))",
           "alert",
       }) {
    CAPTURE(text);
    CHECK_FALSE(is_snort_form(text));
  }
}

TEST_CASE("snort: what a rule does differently is a warning of its line") {
  const LoadedRules loaded = load_snort(
      "alert tcp any any -> any 80 ( http_uri; content:\"/x\",nocase; service:http; sid:1; )\n"
      "alert tcp any any -> any 21 ( content:\"abcd\",nocase; service:ftp; sid:2; )\n");
  REQUIRE(loaded.signatures.size() == 2);
  std::size_t told = 0;
  for (const RuleDiagnostic& d : loaded.diagnostics) {
    if (d.keyword != "snort") continue;
    ++told;
    CHECK(d.is_warning());
    CHECK(d.line == d.sid);
  }
  CHECK(told == 2);
}

TEST_CASE("snort: a reload takes over rules in Snort's form as well") {
  const std::string text = "alert http ( http_uri; content:\"/x\",nocase; sid:1; )\n";
  RuleEnvironment environment;
  environment.features = default_features();
  LoadedRules first;
  load_rule_text(text, "a.rules", environment, first);
  REQUIRE(first.signatures.size() == 1);
  environment.compiled.emplace(first.signatures[0]->meta.text_hash, first.signatures[0].signature);
  LoadedRules second;
  load_rule_text(text, "a.rules", environment, second);
  REQUIRE(second.signatures.size() == 1);
  CHECK(second.signatures[0].signature == first.signatures[0].signature);
}

TEST_CASE("snort: a reload tells again what a rule does differently") {
  const std::string text = "alert ip any any -> any any (http_uri; content:\"b\"; sid:1;)\n";
  RuleEnvironment environment;
  environment.features = default_features();
  LoadedRules first, second;
  load_rule_text(text, "a.rules", environment, first);
  REQUIRE(first.signatures.size() == 1);
  CHECK(first.diagnostics.size() == 1);
  environment.compiled.emplace(first.signatures[0]->meta.text_hash, first.signatures[0].signature);
  load_rule_text(text, "a.rules", environment, second);
  CHECK(second.signatures.size() == 1);
  CHECK(second.diagnostics.size() == 1);
}
