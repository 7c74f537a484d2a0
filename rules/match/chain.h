// Evaluates the operations of a rule on one buffer: contents, pcre, byte_test and so on, in the order of the rule,
// trying further occurrences of a content when what follows depends on where it was found.
//
// Cost: bounded by kChainFuel steps a call; a chain that runs out of fuel does not match (counted).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "decoders/types.h"
#include "rules/match/captures.h"
#include "rules/match/content.h"
#include "rules/match/pcre.h"
#include "rules/values/turn.h"

namespace weir::rules {

class FlowVars;  // rules/match/inspection.h

inline constexpr std::uint32_t kChainFuel = 3000;  // Suricata's inspection-recursion-limit

// The bytes under inspection. `offset` is the position of data[0] in the stream or body that they are a window of.
struct ChainInput {
  Bytes data;
  std::uint64_t offset = 0;
  bool complete = true;  // nothing will follow data: only then does `endswith` hold at its end
  bool little_endian = true;  // what `dce` means for byte_test and its kin
};

// Bytes that `replace` writes over what a content matched. The bytes belong to the rule.
struct Replacement {
  std::size_t offset = 0;  // in the payload
  Bytes bytes;
};

// Scratch of one worker. What belongs to one rule carries over from one of its buffers to the next: the caller begins
// each rule with begin_rule().
struct ChainScratch {
  PcreScratch pcre;
  std::array<std::uint64_t, kMaxRuleVars> vars{};  // the rule's byte_extract and byte_math results
  std::string base64;  // decoded by the last base64_decode
  std::uint64_t fuel_exhausted = 0;  // chains given up; for the owner to read and reset
  Turn* turn = nullptr;  // of the worker; see BufferFacts
  FlowVars* flow_vars = nullptr;          // of the packet at hand; the same
  std::vector<Replacement> replacements;  // of the chains that matched
  CaptureList captured;                   // by them
  void begin_rule() {
    vars.fill(0);
    forget_results();
  }
  void forget_results() {
    replacements.clear();
    captured.clear();
  }
};

// A chain with what evaluation wants to know beforehand. Points into the signature, which outlives it.
class Chain {
 public:
  Chain() = default;
  explicit Chain(const BufferChain& ops);
  [[nodiscard]] bool empty() const { return ops_ == nullptr || ops_->empty(); }
  [[nodiscard]] bool matches(const ChainInput& in, ChainScratch& scratch) const;
  // Some of its expressions and checks keep what they match.
  [[nodiscard]] bool captures() const { return captures_; }

 private:
  friend class ChainRun;
  const BufferChain* ops_ = nullptr;
  // Per operation: its outcome depends on where an earlier one was found.
  std::vector<bool> depends_;
  bool captures_ = false;
};

}  // namespace weir::rules
