// Dates and length of a certificate chain: tls_cert_notbefore, tls_cert_notafter, tls_cert_expired,
// tls_cert_valid, tls.cert_chain_len.
#include <memory>

#include "decoders/app/protocol_ids.h"
#include "rules/keywords/tls_buffers.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

using tls::Certificate;

constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;

template <class Check, class... Args>
Compiled add_certificate_check(RuleBuilder& rule, Args&&... args) {
  return rule.add_tx_check({.protocol = AppProto::tls,
                            .progress_to_server = at(tls::ClientState::cert_done),
                            .progress_to_client = at(tls::ServerState::cert_done),
                            .check = std::make_shared<Check>(std::forward<Args>(args)...)});
}

// The certificate as of the time the connection was opened.
class ExpiredCheck final : public TxCheck {
 public:
  explicit ExpiredCheck(bool expired) : expired_(expired) {}
  [[nodiscard]] bool matches(const Transaction& tx, Direction d) const override {
    const Certificate& c = chain_of(tls_tx(tx), d).leaf;
    if (!c.not_before || !c.not_after) return false;
    const std::int64_t now = tx.first_seen / kMicrosecondsPerSecond;
    const bool past = now > *c.not_after;
    return expired_ ? past : !past && now >= *c.not_before;
  }

 private:
  bool expired_;
};

struct DateRange {
  // Exclusive bounds; equal: both are the same and meant inclusively.
  std::int64_t after = INT64_MIN, before = INT64_MAX;
  bool equal = false;
};

template <auto date>
class DateCheck final : public TxCheck {
 public:
  explicit DateCheck(DateRange range) : range_(range) {}
  [[nodiscard]] bool matches(const Transaction& tx, Direction d) const override {
    const auto& when = chain_of(tls_tx(tx), d).leaf.*date;
    if (!when) return false;
    return range_.equal ? *when == range_.after : *when > range_.after && *when < range_.before;
  }

 private:
  DateRange range_;
};

// "2015", "2015-10", "2015-10-22", then "T23" or " 23", then ":59", ":59": what is left out is the start of
// it.
std::optional<std::int64_t> parse_date(std::string_view text) {
  constexpr std::string_view kSeparators = " --T::";  // before each part; the first is not looked at
  constexpr std::size_t kWidths[] = {4, 2, 2, 2, 2, 2};
  unsigned parts[6] = {1970, 1, 1, 0, 0, 0};
  for (std::size_t i = 0; i < 6 && !text.empty(); ++i) {
    if (i != 0) {
      if (text.front() != kSeparators[i] && !(i == 3 && text.front() == ' ')) return std::nullopt;
      text.remove_prefix(1);
    }
    const auto number = parse_unsigned(text.substr(0, kWidths[i]));
    if (!number || text.size() < kWidths[i]) return std::nullopt;
    parts[i] = static_cast<unsigned>(*number);
    text.remove_prefix(kWidths[i]);
  }
  if (!text.empty() || parts[1] < 1 || parts[1] > 12 || parts[2] < 1 || parts[2] > 31) return std::nullopt;
  if (parts[3] > 23 || parts[4] > 59 || parts[5] > 59) return std::nullopt;
  return tls::seconds_of(parts[0], parts[1], parts[2]) + parts[3] * 3600 + parts[4] * 60 + parts[5];
}

Parsed<DateRange> parse_range(std::string_view text) {
  DateRange range;
  const auto between = text.find("<>");
  const auto date = [](std::string_view part) { return parse_date(trim(part)); };
  std::optional<std::int64_t> first, second = 0;
  if (between != std::string_view::npos && between != 0) {
    first = date(text.substr(0, between));
    second = date(text.substr(between + 2));
    range = {first.value_or(0), second.value_or(0), false};
  } else if (text.starts_with('<')) {
    first = date(text.substr(1));
    range.before = first.value_or(0);
  } else if (text.starts_with('>')) {
    first = date(text.substr(1));
    range.after = first.value_or(0);
  } else {
    first = date(text);
    range = {first.value_or(0), first.value_or(0), true};
  }
  if (!first || !second) return refuse("expects a date like 2015-10-22 or 2015-10-22T23:59:59", text);
  if (!range.equal && range.after >= range.before)
    return refuse("the first date must be before the second", text);
  return range;
}

template <auto date>
Compiled compile_date(RuleBuilder& rule, std::string_view argument) {
  const auto range = parse_range(unquote_if_quoted(argument));
  if (!range) return tl::unexpected(range.error());
  return add_certificate_check<DateCheck<date>>(rule, *range);
}

Compiled compile_expired(RuleBuilder& rule, std::string_view) {
  return add_certificate_check<ExpiredCheck>(rule, true);
}
Compiled compile_valid(RuleBuilder& rule, std::string_view) {
  return add_certificate_check<ExpiredCheck>(rule, false);
}

Number chain_length(const Transaction& tx, Direction d) {
  const std::size_t length = chain_of(tls_tx(tx), d).parts.size();
  return length == 0 ? Number{} : length;
}

constexpr TxNumber kTlsValidityNumbers[] = {
    {.name = "tls.cert_chain_len",
     .summary = "number of certificates in the chain",
     .protocol = AppProto::tls,
     .most = UINT32_MAX,
     .progress_to_server = at(tls::ClientState::cert_done),
     .progress_to_client = at(tls::ServerState::cert_done),
     .get = chain_length},
};

constexpr auto kNone = KeywordSpec::Argument::none;

constexpr KeywordSpec kTlsValidityKeywords[] = {
    {.name = "tls_cert_notbefore",
     .how = compile_date<&Certificate::not_before>,
     .summary = "when the certificate becomes valid"},
    {.name = "tls_cert_notafter",
     .how = compile_date<&Certificate::not_after>,
     .summary = "when the certificate ends"},
    {"tls_cert_expired", compile_expired, kNone, "the certificate is out of date"},
    {"tls_cert_valid", compile_valid, kNone, "the certificate is within its dates"},
};

}  // namespace

const KeywordFile keywords_tls_validity{.keywords = kTlsValidityKeywords, .tx_numbers = kTlsValidityNumbers};

}  // namespace weir::rules
