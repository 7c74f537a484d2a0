// Keywords that read a number out of the buffer: byte_test, byte_jump, byte_extract, byte_math.
#include <array>
#include <bit>

#include <fmt/format.h>

#include "rules/compile/keyword_table.h"
#include "rules/compile/number_or_var.h"
#include "rules/compile/rule_builder.h"
#include "rules/language/option_text.h"

namespace weir::rules {
namespace {

using Argument = KeywordSpec::Argument;

constexpr std::int64_t kMaxBinaryBytes = 8, kMaxTextBytes = 23;
constexpr std::int64_t kMaxOffset = INT32_MAX;

Parsed<NumberBase> parse_base(std::string_view text) {
  if (text == "hex") return NumberBase::hexadecimal;
  if (text == "dec") return NumberBase::decimal;
  if (text == "oct") return NumberBase::octal;
  return refuse("must be hex, dec or oct", text);
}

Compiled set_bitmask(ByteRead& read, std::string_view text) {
  const auto mask = parse_unsigned(text);
  if (!mask || *mask == 0 || *mask > UINT32_MAX) return refuse("must be a number from 1 to 0xffffffff", text);
  read.bitmask = *mask;
  read.bitmask_shift = static_cast<std::uint8_t>(std::countr_zero(*mask));
  return {};
}

// Modifiers that all four keywords know, as items of a comma list; false: not one of them.
struct ReadModifiers {
  ByteRead& read;
  bool base_follows = false;  // "string" was the last item

  Parsed<bool> take(std::string_view item) {
    if (base_follows) {
      base_follows = false;
      if (const auto base = parse_base(item)) {
        read.base = *base;
        return true;
      }
    }
    std::string_view rest = item;
    const std::string_view name = take_word(rest);
    if (name == "relative" && rest.empty()) return set(read.relative);
    if (name == "little" && rest.empty()) return set(read.little);
    if (name == "big" && rest.empty()) return true;
    if (name == "dce" && rest.empty()) return set(read.dce);
    if (name == "string") return take_string(rest);
    if (name == "bitmask") {
      if (auto ok = set_bitmask(read, rest); !ok) return tl::unexpected(ok.error());
      return true;
    }
    if (name == "hex" || name == "dec" || name == "oct") {
      read.base = *parse_base(name);
      return true;
    }
    return false;
  }

 private:
  static bool set(bool& flag) { return flag = true; }
  Parsed<bool> take_string(std::string_view rest) {
    read.base = NumberBase::decimal;
    base_follows = rest.empty();
    if (rest.empty()) return true;
    const auto base = parse_base(rest);
    if (!base) return tl::unexpected(base.error());
    read.base = *base;
    return true;
  }
};

Compiled set_count(RuleBuilder& rule, ByteRead& read, std::string_view text, std::int64_t least) {
  const auto count = parse_number_or_var(rule, text, least, kMaxTextBytes);
  if (!count) return tl::unexpected(count.error());
  read.count = *count;
  return {};
}

Compiled set_offset(RuleBuilder& rule, ByteRead& read, std::string_view text) {
  const auto offset = parse_number_or_var(rule, text, -kMaxOffset, kMaxOffset);
  if (!offset) return tl::unexpected(offset.error());
  read.offset = *offset;
  return {};
}

// What only shows when all modifiers are known.
Compiled check_read(const ByteRead& read) {
  if (read.count.var < 0 && read.base == NumberBase::binary && read.count.value > kMaxBinaryBytes)
    return refuse(fmt::format("a binary number has at most {} bytes", kMaxBinaryBytes),
                  std::to_string(read.count.value));
  if (read.base != NumberBase::binary && (read.little || read.dce))
    return refuse("a number in text has no byte order", read.dce ? "dce" : "little");
  return {};
}

Parsed<Compare> take_compare(std::string_view text, bool& negated) {
  negated = take_negation(text);
  if (text.empty() && negated) return Compare::equal;
  struct Row {
    std::string_view sign;
    Compare op;
  };
  static constexpr std::array<Row, 7> kRows{{{"=", Compare::equal},
                                             {"<", Compare::less},
                                             {">", Compare::greater},
                                             {"<=", Compare::less_equal},
                                             {">=", Compare::greater_equal},
                                             {"&", Compare::bit_and},
                                             {"^", Compare::bit_or}}};
  for (const Row& row : kRows)
    if (row.sign == text) return row.op;
  return refuse("must be one of = < > <= >= & ^, with an optional !", text);
}

// COUNT,[!]OP,VALUE,OFFSET[,modifiers]
Compiled compile_byte_test(RuleBuilder& rule, std::string_view argument) {
  const auto parts = split(argument, ',');
  if (parts.size() < 4) return refuse("must be COUNT,OPERATOR,VALUE,OFFSET and modifiers", argument);
  ByteTest test;
  if (auto ok = set_count(rule, test.read, parts[0], 0); !ok) return ok;
  const auto op = take_compare(parts[1], test.negated);
  if (!op) return tl::unexpected(op.error());
  test.op = *op;
  const auto value = parse_number_or_var(rule, parts[2], 0, UINT32_MAX);
  if (!value) return tl::unexpected(value.error());
  test.value = *value;
  if (auto ok = set_offset(rule, test.read, parts[3]); !ok) return ok;
  ReadModifiers modifiers{test.read};
  for (std::size_t i = 4; i < parts.size(); ++i) {
    const auto known = modifiers.take(parts[i]);
    if (!known) return tl::unexpected(known.error());
    if (!*known) return refuse("not a modifier of byte_test", parts[i]);
  }
  if (auto ok = check_read(test.read); !ok) return ok;
  if (test.read.count.var < 0 && test.read.count.value == 0 && test.read.base == NumberBase::binary)
    return refuse("a binary number has at least 1 byte", parts[0]);
  return rule.add_op(test);
}

Parsed<bool> take_jump_modifier(RuleBuilder& rule, ByteJump& jump, std::string_view item) {
  std::string_view rest = item;
  const std::string_view name = take_word(rest);
  if (name == "align") return jump.align = true;
  if (name == "from_beginning") return jump.from_beginning = true;
  if (name == "from_end") return jump.from_end = true;
  if (name == "multiplier") {
    const auto n = parse_number<std::uint16_t>(rest);
    if (!n || *n == 0) return refuse("must be a number from 1 to 65535", item);
    jump.multiplier = *n;
    return true;
  }
  if (name == "post_offset") {
    const auto n = parse_number_or_var(rule, rest, -kMaxOffset, kMaxOffset);
    if (!n) return tl::unexpected(n.error());
    jump.post_offset = *n;
    return true;
  }
  return false;
}

// COUNT,OFFSET[,modifiers]
Compiled compile_byte_jump(RuleBuilder& rule, std::string_view argument) {
  const auto parts = split(argument, ',');
  if (parts.size() < 2) return refuse("must be COUNT,OFFSET and modifiers", argument);
  ByteJump jump;
  if (auto ok = set_count(rule, jump.read, parts[0], 0); !ok) return ok;
  if (auto ok = set_offset(rule, jump.read, parts[1]); !ok) return ok;
  ReadModifiers modifiers{jump.read};
  for (std::size_t i = 2; i < parts.size(); ++i) {
    auto known = modifiers.take(parts[i]);
    if (known && !*known) known = take_jump_modifier(rule, jump, parts[i]);
    if (!known) return tl::unexpected(known.error());
    if (!*known) return refuse("not a modifier of byte_jump", parts[i]);
  }
  if (jump.from_beginning && jump.from_end) return refuse("from_beginning and from_end exclude each other");
  if (auto ok = check_read(jump.read); !ok) return ok;
  return rule.add_op(jump);
}

// COUNT,OFFSET,NAME[,modifiers]
Compiled compile_byte_extract(RuleBuilder& rule, std::string_view argument) {
  const auto parts = split(argument, ',');
  if (parts.size() < 3) return refuse("must be COUNT,OFFSET,NAME and modifiers", argument);
  ByteExtract extract;
  const auto count = parse_signed(parts[0]);
  if (!count || *count < 1 || *count > kMaxTextBytes)
    return refuse(fmt::format("must be a number from 1 to {}", kMaxTextBytes), parts[0]);
  extract.read.count = {*count, -1};
  if (auto ok = set_offset(rule, extract.read, parts[1]); !ok) return ok;
  ReadModifiers modifiers{extract.read};
  for (std::size_t i = 3; i < parts.size(); ++i) {
    std::string_view rest = parts[i];
    const std::string_view name = take_word(rest);
    if (name == "multiplier") {
      const auto n = parse_number<std::uint16_t>(rest);
      if (!n || *n == 0) return refuse("must be a number from 1 to 65535", parts[i]);
      extract.multiplier = *n;
      continue;
    }
    if (name == "align") {
      if (rest != "2" && rest != "4") return refuse("must be 2 or 4", parts[i]);
      extract.align = rest == "2" ? 2 : 4;
      continue;
    }
    const auto known = modifiers.take(parts[i]);
    if (!known) return tl::unexpected(known.error());
    if (!*known) return refuse("not a modifier of byte_extract", parts[i]);
  }
  if (auto ok = check_read(extract.read); !ok) return ok;
  if (rule.find_var(parts[2]) >= 0) return refuse("the rule has this variable already", parts[2]);
  const auto var = rule.make_var(parts[2]);
  if (!var) return tl::unexpected(var.error());
  extract.var = *var;
  return rule.add_op(extract);
}

Parsed<MathOp> parse_math_op(std::string_view text) {
  if (text == "+") return MathOp::add;
  if (text == "-") return MathOp::subtract;
  if (text == "*") return MathOp::multiply;
  if (text == "/") return MathOp::divide;
  if (text == "<<") return MathOp::shift_left;
  if (text == ">>") return MathOp::shift_right;
  return refuse("must be one of + - * / << >>", text);
}

struct MathParts {
  ByteMath math;
  std::string_view result;
  bool count = false, offset = false, op = false, operand = false;
};

Compiled take_endian(ByteRead& read, std::string_view text) {
  if (text != "big" && text != "little" && text != "dce") return refuse("must be big, little or dce", text);
  read.little = text == "little";
  read.dce = text == "dce";
  return {};
}

Compiled take_math_part(RuleBuilder& rule, MathParts& parts, std::string_view item) {
  std::string_view rest = item;
  const std::string_view name = take_word(rest);
  ByteRead& read = parts.math.read;
  if (name == "bytes") {
    parts.count = true;
    return set_count(rule, read, rest, 1);
  }
  if (name == "offset") {
    parts.offset = true;
    return set_offset(rule, read, rest);
  }
  if (name == "oper") {
    const auto op = parse_math_op(rest);
    if (!op) return tl::unexpected(op.error());
    parts.op = true;
    parts.math.op = *op;
    return {};
  }
  if (name == "rvalue") {
    const auto operand = parse_number_or_var(rule, rest, 0, UINT32_MAX);
    if (!operand) return tl::unexpected(operand.error());
    parts.operand = true;
    parts.math.operand = *operand;
    return {};
  }
  if (name == "result") {
    parts.result = rest;
    return {};
  }
  if (name == "endian") return take_endian(read, rest);
  ReadModifiers modifiers{read};
  const auto known = modifiers.take(item);
  if (!known) return tl::unexpected(known.error());
  if (!*known || modifiers.base_follows) return refuse("not a part of byte_math", item);
  return {};
}

// bytes COUNT,offset OFFSET,oper OP,rvalue VALUE,result NAME and modifiers, in any order
Compiled compile_byte_math(RuleBuilder& rule, std::string_view argument) {
  MathParts parts;
  for (const std::string_view item : split(argument, ','))
    if (auto ok = take_math_part(rule, parts, item); !ok) return ok;
  if (!parts.count || !parts.offset || !parts.op || !parts.operand || parts.result.empty())
    return refuse("bytes, offset, oper, rvalue and result must all be there", argument);
  ByteMath& math = parts.math;
  if (math.op == MathOp::divide && math.operand.var < 0 && math.operand.value == 0)
    return refuse("divides by 0", argument);
  if (auto ok = check_read(math.read); !ok) return ok;
  const auto var = rule.make_var(parts.result);
  if (!var) return tl::unexpected(var.error());
  math.var = *var;
  return rule.add_op(math);
}

constexpr KeywordSpec kByteOpsKeywords[] = {
    {"byte_test", compile_byte_test, Argument::required,
     "compares a number in the buffer: COUNT,OPERATOR,VALUE,OFFSET"},
    {"byte_jump", compile_byte_jump, Argument::required, "moves on by a number in the buffer: COUNT,OFFSET"},
    {"byte_extract", compile_byte_extract, Argument::required,
     "keeps a number in the buffer as a variable: COUNT,OFFSET,NAME"},
    {"byte_math", compile_byte_math, Argument::required,
     "computes with a number in the buffer and keeps the result as a variable"},
};

}  // namespace

const KeywordFile keywords_byte_ops{.keywords = kByteOpsKeywords};

}  // namespace weir::rules
