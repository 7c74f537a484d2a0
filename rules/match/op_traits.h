// What an operation on a buffer needs of those before it.
#pragma once

#include "rules/match/content.h"

namespace weir::rules {

// It counts from where the operation before it ended.
inline bool is_relative(const BufferOp& op) {
  struct Relative {
    bool operator()(const Content& c) const { return c.relative(); }
    bool operator()(const PcreOp& op) const { return op.relative; }
    bool operator()(const ByteTest& op) const { return op.read.relative; }
    bool operator()(const ByteJump& op) const { return op.read.relative; }
    bool operator()(const ByteExtract& op) const { return op.read.relative; }
    bool operator()(const ByteMath& op) const { return op.read.relative; }
    bool operator()(const IsDataAt& op) const { return op.relative; }
    bool operator()(const Asn1Check& op) const { return op.relative; }
    bool operator()(const Base64Decode& op) const { return op.relative; }
    bool operator()(const Base64Data&) const { return false; }
    bool operator()(const BufferCheckOp&) const { return false; }
  };
  return std::visit(Relative{}, op);
}

// Calls f(variable) for each number in it that byte_extract or byte_math is to have read before.
template <class F>
void for_each_used_var(const BufferOp& op, F&& f) {
  const auto one = [&f](const NumberOrVar& n) {
    if (n.var >= 0) f(n.var);
  };
  const auto all = [&one](const auto&... numbers) { (one(numbers), ...); };
  struct Numbers {
    const decltype(all)& show;
    void operator()(const Content& c) const { show(c.offset, c.depth, c.distance, c.within); }
    void operator()(const ByteTest& op) const { show(op.read.count, op.read.offset, op.value); }
    void operator()(const ByteJump& op) const { show(op.read.count, op.read.offset, op.post_offset); }
    void operator()(const ByteExtract& op) const { show(op.read.count, op.read.offset); }
    void operator()(const ByteMath& op) const { show(op.read.count, op.read.offset, op.operand); }
    void operator()(const IsDataAt& op) const { show(op.at); }
    void operator()(const PcreOp&) const {}
    void operator()(const Asn1Check&) const {}
    void operator()(const Base64Decode&) const {}
    void operator()(const Base64Data&) const {}
    void operator()(const BufferCheckOp&) const {}
  };
  std::visit(Numbers{all}, op);
}

// The variable that it sets; -1: none.
inline std::int16_t set_var(const BufferOp& op) {
  if (const auto* const extract = std::get_if<ByteExtract>(&op)) return extract->var;
  if (const auto* const math = std::get_if<ByteMath>(&op)) return math->var;
  return -1;
}

}  // namespace weir::rules
