// The operations of a rule on one buffer, in the order in which they stand in the rule.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "rules/match/check.h"

namespace weir::rules {

class Pcre;  // rules/match/pcre.h

// A number that is either written in the rule or extracted by byte_extract / byte_math before.
struct NumberOrVar {
  std::int64_t value = 0;
  std::int16_t var = -1;  // index of the rule's variable; -1: `value` counts
};

struct Content {
  std::vector<std::uint8_t> pattern;  // lower case when nocase
  bool nocase = false, negated = false;
  bool has_offset = false, has_depth = false, has_distance = false, has_within = false;
  bool starts_with = false, ends_with = false;
  NumberOrVar offset, depth, distance, within;
  bool fast_pattern = false, fast_pattern_only = false, fast_pattern_chop = false;
  std::uint16_t chop_offset = 0, chop_length = 0;
  bool rawbytes = false;
  std::vector<std::uint8_t> replacement;  // `replace` in prevent mode; as long as the pattern
  [[nodiscard]] bool relative() const { return has_distance || has_within; }
};

enum class Compare : std::uint8_t { equal, not_equal, less, greater, less_equal, greater_equal, bit_and, bit_or };
enum class NumberBase : std::uint8_t { binary, hexadecimal, decimal, octal };

// Where and how byte_test, byte_jump, byte_extract and byte_math read their number.
struct ByteRead {
  NumberOrVar count;  // bytes; 0 for a number in text: as many digits as are there
  NumberOrVar offset;
  bool relative = false, little = false, dce = false;
  NumberBase base = NumberBase::binary;
  std::uint64_t bitmask = ~std::uint64_t{0};
  std::uint8_t bitmask_shift = 0;
};
struct ByteTest { ByteRead read; Compare op = Compare::equal; bool negated = false; NumberOrVar value; };
struct ByteJump {
  ByteRead read;
  std::int64_t multiplier = 1;
  NumberOrVar post_offset;
  bool from_beginning = false, from_end = false, align = false;
};
struct ByteExtract { ByteRead read; std::int16_t var = 0; std::uint32_t multiplier = 1; std::uint8_t align = 0; };
enum class MathOp : std::uint8_t { add, subtract, multiply, divide, shift_left, shift_right };
struct ByteMath { ByteRead read; MathOp op = MathOp::add; NumberOrVar operand; std::int16_t var = 0; };
struct IsDataAt { NumberOrVar at; bool relative = false, negated = false; };
// A group whose text a rule keeps under a name once it matched (",flow:name", "(?P<flow_name>").
struct Capture {
  // packet_key, packet_value: the text of one group names the variable of the packet, the other's is its value.
  // alert_json: what a data set knows of a value, a JSON object.
  enum class Kind : std::uint8_t {
    flow,
    packet,
    packet_key,
    packet_value,
    alert,
    alert_json
  } kind = Kind::flow;
  std::uint32_t group = 1;
  std::uint32_t name = 0;  // in RuleEnvironment::variables
};
struct PcreOp {
  std::shared_ptr<const Pcre> regex;
  bool negated = false, relative = false;
  std::vector<Capture> captures;
};
// Decodes base64 at a position; the result is looked at by the operations that follow Base64Data in the same chain.
struct Base64Decode { std::uint32_t bytes = 0, offset = 0; bool relative = false; };
struct Base64Data {};
// The ASN.1 element at a position, or one inside it, is encoded in a way that is known from attacks (asn1_check.h).
struct Asn1Check {
  bool bitstring_overflow = false, double_overflow = false;
  bool compares_length = false;
  std::uint32_t oversize = 0;  // with compares_length
  std::int32_t offset = 0;
  bool relative = false;
};
struct BufferCheckOp { std::shared_ptr<const BufferCheck> check; bool negated = false; };

using BufferOp = std::variant<Content, PcreOp, ByteTest, ByteJump, ByteExtract, ByteMath, IsDataAt, Asn1Check,
                              Base64Decode, Base64Data, BufferCheckOp>;
using BufferChain = std::vector<BufferOp>;

inline constexpr std::size_t kMaxOpsPerChain = 128;
inline constexpr std::size_t kMaxRuleVars = 16;  // byte_extract / byte_math results of one rule

}  // namespace weir::rules
