// urilen: the length of the URI; uricontent: a content in it.
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"
#include "rules/language/uint_match.h"

namespace weir::rules {
namespace {

class LengthCheck final : public BufferCheck {
 public:
  explicit LengthCheck(UintMatch match) : match_(match) {}
  [[nodiscard]] bool matches(const BufferFacts& f) const override { return match_.matches(f.data.size()); }

 private:
  UintMatch match_;
};

// "urilen:<20", "urilen:5<>10,raw"; without a word the normalised URI counts.
Compiled compile_length(RuleBuilder& rule, std::string_view argument) {
  const auto parts = split(argument, ',');
  if (parts.empty() || parts.size() > 2) return refuse("wants a length and, behind a comma, norm or raw");
  const bool raw = parts.size() == 2 && parts[1] == "raw";
  if (parts.size() == 2 && !raw && parts[1] != "norm") return refuse("neither norm nor raw", parts[1]);
  auto match = UintMatch::parse(parts[0], UINT16_MAX);
  if (!match) return tl::unexpected(std::move(match.error()));
  return rule.add_op_to(buffer_named(raw ? "http.uri.raw" : "http.uri"),
                        BufferCheckOp{.check = std::make_shared<LengthCheck>(*match)});
}

Compiled compile_content(RuleBuilder& rule, std::string_view argument) {
  if (auto ok = find_keyword("content")->compile(rule, argument); !ok) return ok;
  return rule.move_last_content(buffer_named("http.uri"));
}

constexpr KeywordSpec kHttpUriLengthKeywords[] = {
    {"urilen", compile_length, KeywordSpec::Argument::required, "length of the URI"},
    {"uricontent", compile_content, KeywordSpec::Argument::required, "old form of a content in http.uri"},
};

}  // namespace

const KeywordFile keywords_http_uri_length{.keywords = kHttpUriLengthKeywords};

}  // namespace weir::rules
