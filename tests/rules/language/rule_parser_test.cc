#include "rules/language/rule_parser.h"

#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "rules/load/rule_loader.h"

using namespace weir::rules;

namespace {

// The rules of a text, one line each: "action protocol source sports dir dest dports | keyword=argument |
// ..." or the diagnostic.
std::vector<std::string> dump(std::string_view text) {
  std::vector<std::string> out;
  RuleLines lines(text);
  Rule rule;
  rule.file = "t";
  while (lines.next(rule)) {
    if (const auto error = parse_rule(rule)) {
      out.push_back(to_string(*error));
      continue;
    }
    std::string s;
    for (const std::string_view part : {rule.action, rule.protocol, rule.source, rule.source_ports,
                                        rule.direction, rule.destination, rule.destination_ports})
      s += (s.empty() ? "" : " ") + std::string(part);
    if (!rule.hook.empty()) s += " hook=" + std::string(rule.hook);
    for (const RuleOption& o : rule.options) {
      s += " | " + std::string(o.keyword);
      if (o.has_argument) s += "=" + std::string(o.argument);
    }
    out.push_back(s);
  }
  return out;
}

constexpr std::string_view kHeader = "alert tcp any any -> any any ";

}  // namespace

TEST_CASE("rule parser: rules become trees") {
  struct Row {
    std::string_view text, expected;
  };
  constexpr Row kRows[] = {
      {"alert tcp $HOME_NET any -> $EXTERNAL_NET 80 (msg:\"hi\"; sid:1;)",
       "alert tcp $HOME_NET any -> $EXTERNAL_NET 80 | msg=\"hi\" | sid=1"},
      {"drop ip [1.1.1.1, !2.2.2.2] [80, 443] <> any any(sid : 1 ;noalert ; )",
       "drop ip [1.1.1.1, !2.2.2.2] [80, 443] <> any any | sid=1 | noalert"},
      {"pass http any any => any any (sid:1;)", "pass http any any => any any | sid=1"},
      {"alert tls:client_hello_done any any -> any any (sid:1;)",
       "alert tls any any -> any any hook=client_hello_done | sid=1"},
      {"alert\ttcp any\tany -> any any\t(sid:1;)\t ", "alert tcp any any -> any any | sid=1"},
      {"alert tcp any any -> any any (content:\"a\\;b\\\"c\\\\\"; sid:1;)",
       "alert tcp any any -> any any | content=\"a\\;b\\\"c\\\\\" | sid=1"},
      {"alert tcp any any -> any any (pcre:\"/a(b)\\;:c/\"; sid:1;)",
       "alert tcp any any -> any any | pcre=\"/a(b)\\;:c/\" | sid=1"},
      {"alert tcp any any -> any any (content:!\"x\",depth 3; nocase; sid:1; )",
       "alert tcp any any -> any any | content=!\"x\",depth 3 | nocase | sid=1"},
      {"alert tcp any any -> any any ()", "alert tcp any any -> any any"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    const auto got = dump(row.text);
    REQUIRE(got.size() == 1);
    CHECK(got[0] == std::string(row.expected));
  }
}

TEST_CASE("rule parser: comments, blank lines, marks and line ends are passed over") {
  const std::string text =
      "\xef\xbb\xbf# comment\r\n\r\n  \n;also a comment\n#alert tcp any any -> any any (sid:9;) \\\n"
      "alert tcp any any -> any any (sid:1;)\r\n\talert udp any any -> any any (sid:2;)\n"
      "alert icmp any any -> any any (sid:3;)";
  CHECK(dump(text) == std::vector<std::string>{"alert tcp any any -> any any | sid=1",
                                               "alert udp any any -> any any | sid=2",
                                               "alert icmp any any -> any any | sid=3"});
  CHECK(dump("").empty());
  CHECK(dump("\n\n#x").empty());
}

TEST_CASE("rule parser: a backslash joins lines, and places are those of the file") {
  RuleLines lines("# c\nalert tcp any any -> any any ( \\\n  msg:\"a\\\nb\"; \\  \n sid:1;)\nalert x");
  Rule rule;
  REQUIRE(lines.next(rule));
  CHECK(rule.line == 2);
  REQUIRE_FALSE(parse_rule(rule).has_value());
  REQUIRE(rule.options.size() == 2);
  CHECK(rule.options[0].argument == "\"ab\"");
  CHECK(rule.place(rule.options[0].column).line == 3);
  CHECK(rule.place(rule.options[0].column).column == 3);
  CHECK(rule.place(rule.options[1].column).line == 5);
  CHECK(rule.place(rule.options[1].column).column == 2);
  CHECK(rule.place(1).line == 2);
  REQUIRE(lines.next(rule));
  CHECK(rule.line == 6);
  CHECK_FALSE(lines.next(rule));
}

TEST_CASE("rule parser: an open parenthesis goes on to the next lines, as in Snort 3") {
  RuleLines lines("alert tcp any any -> any any\n(\n  msg:\"a\";\n  # why\n  sid:1;\n)\nalert x");
  Rule rule;
  REQUIRE(lines.next(rule));
  CHECK(rule.line == 1);
  REQUIRE_FALSE(parse_rule(rule).has_value());
  REQUIRE(rule.options.size() == 2);
  CHECK(rule.place(rule.options[0].column).line == 3);
  CHECK(rule.place(rule.options[1].column).line == 5);
  CHECK(rule.place(rule.options[1].column).column == 3);
  REQUIRE(lines.next(rule));
  CHECK(rule.line == 7);
  CHECK_FALSE(lines.next(rule));
  // What does not end is one line, and takes nothing from those behind it.
  for (const std::string_view between : {"", "\n", "# c\n"}) {
    CAPTURE(between);
    const std::string text = "alert a (msg:\"open\";\n" + std::string(between) + "alert b (sid:1;)\n";
    RuleLines broken(text);
    REQUIRE(broken.next(rule));
    CHECK(rule.text == "alert a (msg:\"open\";");
    REQUIRE(broken.next(rule));
    CHECK(rule.text == "alert b (sid:1;)");
    CHECK_FALSE(broken.next(rule));
  }
}

TEST_CASE("rule parser: a text can be cut behind the end of a rule") {
  CHECK(RuleLines::last_end("alert a (sid:1;)\nalert b (sid:2;\n") == 17);
  CHECK(RuleLines::last_end("alert a (sid:1;)\nalert b (sid:2; \\\n") == 17);
  CHECK(RuleLines::last_end("alert a (\n sid:1;\n") == 0);
  CHECK(RuleLines::last_end("# c\n\nalert a (") == 5);
}

TEST_CASE("rule parser: errors name the place and the text") {
  struct Row {
    std::string_view text, expected;
  };
  constexpr Row kRows[] = {
      {"alert", "t:1:6: error: the protocol is missing"},
      {"alert tcp any any", "t:1:18: error: the direction is missing"},
      {"alert tcp any any -> any (sid:1;)", "t:1:26: error: the destination port is missing"},
      {"alert tcp any any <- any any (sid:1;)", "t:1:19: error: a direction is one of ->, <> and => (<-)"},
      {"alert tcp any any -> any any", "t:1:29: error: the options must stand in parentheses"},
      {"alert tcp any any -> any any sid:1;",
       "t:1:30: error: the options must stand in parentheses (sid:1;)"},
      {"alert tcp any any -> any any (sid:1;",
       "t:1:36: error: the rule does not end in a closing parenthesis"},
      {"alert tcp any any -> any any (sid:1;) x",
       "t:1:39: error: the rule does not end in a closing parenthesis"},
      {"alert tcp any any -> any any (sid:1)",
       "t:1:31: error: the option does not end in a semicolon (sid:1)"},
      {"alert tcp any any -> any any (msg:\"a\\;)",
       "t:1:31: error: the option does not end in a semicolon (msg:\"a\\;)"},
      {"alert tcp any any -> any any (;)", "t:1:31: error: an option without a keyword"},
      {"alert tcp any any -> any any (sid:1; :x;)", "t:1:38: error: an option without a keyword (:x)"},
      {"alert tcp: any any -> any any (sid:1;)", "t:1:7: error: a hook is written protocol:hook"},
      {"alert tcp [any any -> any any (sid:1;)", "alert tcp [any any -> any any | sid=1"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    const auto got = dump(row.text);
    REQUIRE(got.size() == 1);
    CHECK(got[0] == std::string(row.expected));
  }
  CHECK(dump(std::string("alert tcp\0 any any -> any any (sid:1;)", 38))[0] ==
        "t:1:10: error: a NUL byte in the rule");
}

TEST_CASE("rule parser: the sid is found in rules that do not parse") {
  struct Row {
    std::string_view text;
    std::uint32_t sid;
  };
  constexpr Row kRows[] = {
      {"alert tcp any any (msg:\"sid:5\"; sid:7; rev:1;", 7},
      {"alert (sid: 8;)", 8},
      {"alert (xsid:8;)", 0},
      {"alert (sid)", 0},
      {"alert (sid:99999999999;)", 0},
      {"sid", 0},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    Rule rule;
    rule.text = row.text;
    CHECK(find_sid(rule) == row.sid);
  }
}

TEST_CASE("rule parser: long rules and many options are refused") {
  std::string options;
  for (std::size_t i = 0; i <= kMaxRuleOptions; ++i) options += "a;";
  CHECK(dump(std::string(kHeader) + "(" + options + ")")[0].find("too many options") != std::string::npos);
  CHECK(dump(std::string(kHeader) + "(msg:\"" + std::string(kMaxRuleBytes, 'x') + "\"; sid:1;)")[0].find(
            "longer than") != std::string::npos);
  std::string joined = "alert tcp \\\n";
  for (int i = 0; i < 20'000; ++i) joined += "any any any any \\\n";
  CHECK(dump(joined)[0].find("longer than") != std::string::npos);
}

TEST_CASE("rule parser: every truncation and random bytes give trees or errors") {
  const std::string good =
      "alert tls:x [1.1.1.1,!$A] [1:2,!3] <> any any (msg:\"a\\;b\"; content:!\"|00 01|\"; \\\n sid:1; "
      "rev:2;)\r\n";
  for (std::size_t n = 0; n <= good.size(); ++n) (void)dump(good.substr(0, n));
  std::mt19937 random(7);
  constexpr std::string_view kBytes = "alert tcp any()[]!$;:\\\"\n\r\t,-><=|#\0\xff";
  for (int round = 0; round < 3000; ++round) {
    std::string text = good;
    const std::size_t changes = random() % 6;
    for (std::size_t i = 0; i < changes; ++i) text[random() % text.size()] = kBytes[random() % kBytes.size()];
    if (round % 3 == 0) text.erase(random() % text.size(), random() % 20);
    (void)dump(text);
  }
}
