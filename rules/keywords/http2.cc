// Numbers in the frames of HTTP/2: http2.frametype, http2.errorcode, http2.priority, http2.window, http2.size_update,
// http2.settings; and names of headers: http2.header_name. What is in its messages the buffers of HTTP show.
#include "decoders/app/http2/names.h"

#include <algorithm>
#include <memory>

#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"
#include "rules/compile/rule_builder.h"
#include "rules/keywords/http_buffers.h"
#include "rules/language/uint_match.h"

namespace weir::rules {
namespace {

using http::FramedSide;
using http::State;

constexpr auto kComplete = static_cast<std::uint8_t>(State::complete);

// One that any of them meets.
template <auto list>
class NumberCheck final : public TxCheck {
 public:
  explicit NumberCheck(UintMatch match) : match_(match) {}
  [[nodiscard]] bool matches(const Transaction& tx, Direction d) const override {
    const auto& framed = http_tx(tx).framed;
    if (framed == nullptr) return false;
    const auto& numbers = framed->side(d).*list;
    return std::any_of(numbers.begin(), numbers.end(), [this](auto n) { return match_.matches(n); });
  }

 private:
  UintMatch match_;
};

class SettingCheck final : public TxCheck {
 public:
  SettingCheck(std::uint64_t id, std::optional<UintMatch> match) : id_(id), match_(match) {}
  [[nodiscard]] bool matches(const Transaction& tx, Direction d) const override {
    const auto& framed = http_tx(tx).framed;
    if (framed == nullptr) return false;
    const auto& settings = framed->side(d).settings;
    return std::any_of(settings.begin(), settings.end(), [this](const http::Setting& s) {
      return s.id == id_ && (!match_ || match_->matches(s.value));
    });
  }

 private:
  std::uint64_t id_;
  std::optional<UintMatch> match_;
};

// Each side of a stream is looked at when it has ended.
Compiled add_check(RuleBuilder& rule, std::shared_ptr<const TxCheck> check) {
  if (auto ok = rule.require_protocol(AppProto::http2); !ok) return ok;
  return rule.add_tx_check({.protocol = AppProto::http2,
                            .progress_to_server = kComplete,
                            .progress_to_client = kComplete,
                            .check = std::move(check)});
}

template <auto list, std::uint64_t most>
Compiled add_number(RuleBuilder& rule, std::string_view argument, std::span<const NumberName> names = {}) {
  auto match = UintMatch::parse(trim(argument), most, names);
  if (!match) return tl::unexpected(std::move(match.error()));
  return add_check(rule, std::make_shared<NumberCheck<list>>(*match));
}

Compiled compile_type(RuleBuilder& rule, std::string_view argument) {
  return add_number<&FramedSide::types, UINT8_MAX>(rule, argument, http2::kFrameTypeNames);
}
Compiled compile_error(RuleBuilder& rule, std::string_view argument) {
  return add_number<&FramedSide::errors, UINT32_MAX>(rule, argument, http2::kErrorNames);
}
Compiled compile_priority(RuleBuilder& rule, std::string_view argument) {
  return add_number<&FramedSide::priorities, UINT8_MAX>(rule, argument);
}
Compiled compile_window(RuleBuilder& rule, std::string_view argument) {
  return add_number<&FramedSide::windows, UINT32_MAX>(rule, argument);
}
Compiled compile_table_size(RuleBuilder& rule, std::string_view argument) {
  return add_number<&FramedSide::table_sizes, UINT64_MAX>(rule, argument);
}

// "SETTINGS_ENABLE_PUSH", "SETTINGS_HEADER_TABLE_SIZE>1000"
Compiled compile_settings(RuleBuilder& rule, std::string_view argument) {
  const std::string_view text = trim(argument);
  const std::size_t size = std::min(text.size(), text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_"));
  const auto id = parse_uint(text.substr(0, size), http2::kSettingNames);
  if (size == 0 || !id) return refuse("expects the name of a setting first (SETTINGS_ENABLE_PUSH)", text);
  const std::string_view condition = trim(text.substr(size));
  std::optional<UintMatch> match;
  if (!condition.empty()) {
    auto parsed = UintMatch::parse(condition, UINT32_MAX);
    if (!parsed) return tl::unexpected(std::move(parsed.error()));
    match = *parsed;
  }
  return add_check(rule, std::make_shared<SettingCheck>(*id, match));
}

std::optional<BodyView> header_name(const BufferRequest& r) {
  const http::Message& m = http_tx(r.tx).message(r.direction);
  return r.index < m.fields.size() ? whole(m.name(m.fields[r.index])) : std::nullopt;
}

constexpr BufferSpec kHttp2Buffers[] = {
    {.name = "http2.header_name",
     .summary = "name of each header of an HTTP/2 message",
     .sources = kBothSides<AppProto::http2, State::headers, State::headers, header_name>,
     .multiple = true},
};

constexpr KeywordSpec kHttp2Keywords[] = {
    {.name = "http2.frametype", .how = compile_type, .summary = "type of an HTTP/2 frame, by name or number"},
    {.name = "http2.errorcode",
     .how = compile_error,
     .summary = "error code of an HTTP/2 RST_STREAM or GOAWAY frame, by name or number"},
    {.name = "http2.priority",
     .how = compile_priority,
     .summary = "weight in an HTTP/2 PRIORITY or HEADERS frame, as sent: one less than it means"},
    {.name = "http2.window", .how = compile_window, .summary = "increment of an HTTP/2 WINDOW_UPDATE frame"},
    {.name = "http2.size_update",
     .how = compile_table_size,
     .summary = "size that an HTTP/2 header block sets for the table of header compression"},
    {.name = "http2.settings",
     .how = compile_settings,
     .summary = "an HTTP/2 setting by name, and perhaps a condition on its value"},
};

}  // namespace

const KeywordFile keywords_http2{.keywords = kHttp2Keywords, .buffers = kHttp2Buffers};

}  // namespace weir::rules
