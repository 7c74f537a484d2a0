// Conditions on sizes and presence: isdataat, bsize, dsize, absent, entropy; and pkt_data, which goes back to
// the payload.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "decoders/text.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/number_or_var.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"
#include "rules/match/buffer_size_check.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

constexpr std::int64_t kMaxPosition = 65535;

// [!]N[,relative][,rawbytes]
Compiled compile_isdataat(RuleBuilder& rule, std::string_view argument) {
  std::string_view text = unquote_if_quoted(argument);
  IsDataAt op;
  op.negated = take_negation(text);
  const auto parts = split(text, ',');
  if (parts.empty()) return refuse("a number is missing", argument);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i] == "relative")
      op.relative = true;
    else if (parts[i] != "rawbytes")
      return refuse("must be relative or rawbytes", parts[i]);
  }
  const auto at = parse_number_or_var(rule, parts[0], 0, kMaxPosition);
  if (!at) return tl::unexpected(at.error());
  op.at = *at;
  // "isdataat:!1,relative" behind a content is another spelling of endswith.
  BufferOp* const last = rule.last_op();
  Content* const content = last == nullptr ? nullptr : std::get_if<Content>(last);
  if (op.negated && op.relative && op.at.var < 0 && op.at.value == 1 && content != nullptr &&
      !content->negated) {
    content->ends_with = true;
    return {};
  }
  return rule.add_op(op);
}

Compiled compile_bsize(RuleBuilder& rule, std::string_view argument) {
  if (rule.selected() == nullptr && (rule.last_op() == nullptr || !rule.has_option("base64_data")))
    return refuse("goes behind a sticky buffer");
  const auto size = UintMatch::parse(argument, UINT64_MAX);
  if (!size) return tl::unexpected(size.error());
  return rule.add_op(BufferCheckOp{std::make_shared<BufferSizeCheck>(*size), false});
}

class PayloadSizeCheck final : public PacketCheck {
 public:
  explicit PayloadSizeCheck(UintMatch size) : size_(size) {}
  [[nodiscard]] bool matches(const PacketContext& c) const override {
    return size_.matches(c.packet.payload.size());
  }

 private:
  UintMatch size_;
};

Compiled compile_dsize(RuleBuilder& rule, std::string_view argument) {
  if (auto ok = rule.once("dsize"); !ok) return ok;
  const auto size = UintMatch::parse(argument, UINT16_MAX);
  if (!size) return tl::unexpected(size.error());
  Signature& s = rule.signature();
  const auto [least, most] = size->bounds();
  s.dsize = std::pair{static_cast<std::uint16_t>(least), static_cast<std::uint16_t>(most)};
  s.payload_needs_packet = true;
  rule.add_packet_check(std::make_shared<PayloadSizeCheck>(*size));
  return {};
}

Compiled compile_absent(RuleBuilder& rule, std::string_view argument) {
  if (!argument.empty() && argument != "or_else") return refuse("must be or_else or nothing", argument);
  return rule.set_absent(!argument.empty());
}

Compiled compile_pkt_data(RuleBuilder& rule, std::string_view) {
  for (const BufferOp& op : rule.signature().payload)
    if (std::holds_alternative<Base64Data>(op))
      return refuse("the payload was given up for base64_data before");
  rule.select_payload();
  return {};
}

// Shannon entropy in bits a byte, 0 to 8. Whether or not it is what the rule asks for, the events of the flow show it.
class EntropyCheck final : public BufferCheck {
 public:
  enum class Op : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };
  EntropyCheck(std::string_view buffer, std::uint32_t bytes, std::uint32_t offset, Op op, double value)
      : buffer_(buffer), bytes_(bytes), offset_(offset), op_(op), value_(value) {}

  [[nodiscard]] bool matches(const BufferFacts& f) const override {
    if (offset_ >= f.data.size()) return false;
    Bytes data = f.data.subspan(offset_);
    if (bytes_ != 0) data = data.first(std::min<std::size_t>(bytes_, data.size()));
    const double got = entropy(data);
    if (f.vars != nullptr) f.vars->set_entropy(buffer_, got);
    switch (op_) {
      case Op::equal: return std::abs(got - value_) < kTolerance;
      case Op::not_equal: return std::abs(got - value_) >= kTolerance;
      case Op::less: return got < value_;
      case Op::less_equal: return got <= value_;
      case Op::greater: return got > value_;
      case Op::greater_equal: return got >= value_;
    }
    return false;
  }

 private:
  static constexpr double kTolerance = 1e-9;
  static double entropy(Bytes data) {
    std::array<std::uint32_t, 256> counts{};
    for (const std::uint8_t b : data) ++counts[b];
    double sum = 0;
    for (const std::uint32_t n : counts) {
      if (n == 0) continue;
      const double share = static_cast<double>(n) / static_cast<double>(data.size());
      sum -= share * std::log2(share);
    }
    return sum;
  }

  std::string_view buffer_;
  std::uint32_t bytes_, offset_;
  Op op_;
  double value_;
};

// As events call the buffer that is selected (null: the payload): by its older name, where it has one, as Suricata does.
std::string_view name_in_events(const BufferSpec* buffer) {
  if (buffer == nullptr) return "payload";
  if (!buffer->modifier.empty()) return buffer->modifier;
  return buffer->alias.empty() ? buffer->name : buffer->alias;
}

Parsed<EntropyCheck::Op> take_entropy_op(std::string_view& text) {
  using Op = EntropyCheck::Op;
  struct Row {
    std::string_view sign;
    Op op;
  };
  static constexpr std::array<Row, 6> kRows{{{"<=", Op::less_equal},
                                             {">=", Op::greater_equal},
                                             {"!=", Op::not_equal},
                                             {"<", Op::less},
                                             {">", Op::greater},
                                             {"=", Op::equal}}};
  for (const Row& row : kRows) {
    if (!text.starts_with(row.sign)) continue;
    text = trim(text.substr(row.sign.size()));
    return row.op;
  }
  if (text.starts_with("!")) {
    text = trim(text.substr(1));
    return Op::not_equal;
  }
  return Op::equal;
}

// "[bytes N,] [offset N,] [value] [OP]X"
Compiled compile_entropy(RuleBuilder& rule, std::string_view argument) {
  std::uint32_t bytes = 0, offset = 0;
  std::optional<double> value;
  auto op = EntropyCheck::Op::equal;
  for (const std::string_view item : split(argument, ',')) {
    std::string_view rest = item;
    const std::string_view name = take_word(rest);
    if (name == "bytes" || name == "offset") {
      const auto n = parse_number<std::uint16_t>(rest);
      if (!n) return refuse("must be a number from 0 to 65535", item);
      (name == "bytes" ? bytes : offset) = *n;
      continue;
    }
    if (value) return refuse("more than one value", item);
    std::string_view number = name == "value" ? rest : item;
    op = take_entropy_op(number).value();
    double parsed = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), parsed);
    if (number.empty() || error != std::errc{} || end != number.data() + number.size() ||
        !(parsed >= 0 && parsed <= 8))
      return refuse("must be a number from 0.0 to 8.0", item);
    value = parsed;
  }
  if (!value) return refuse("a value is missing", argument);
  const std::string_view buffer = name_in_events(rule.selected());
  return rule.add_op(BufferCheckOp{std::make_shared<EntropyCheck>(buffer, bytes, offset, op, *value), false});
}

constexpr KeywordSpec kPayloadKeywords[] = {
    {"isdataat", compile_isdataat, Argument::required, "there is data at this position (! not)"},
    {"bsize", compile_bsize, Argument::required, "size of the buffer"},
    {"dsize", compile_dsize, Argument::required, "size of the packet's payload"},
    {"absent", compile_absent, Argument::optional, "the buffer is not there"},
    {"pkt_data", compile_pkt_data, Argument::none, "what follows looks at the payload again"},
    {"entropy", compile_entropy, Argument::required, "Shannon entropy of the buffer, 0.0 to 8.0"},
};

}  // namespace

const KeywordFile keywords_payload{.keywords = kPayloadKeywords};

}  // namespace weir::rules
