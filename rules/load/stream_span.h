// How far apart in a TCP stream the bytes are that a rule asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rules/load/rule_warnings.h"
#include "rules/match/content.h"

namespace weir::rules {

struct StreamSpan {
  std::int64_t bytes = 0;    // from the first byte of what is related to the last
  std::string_view keyword;  // the one whose number makes it so large; empty: none
  std::int64_t number = 0;   // that number
};

// The most bytes that the numbers of the chain (depth, offset, within, distance, isdataat, offsets of byte_...) let lie
// between contents that depend on each other: by positions relative to each other, or by places in the stream that two
// of them have. A relation without a number has no bound, and adds nothing but the size of its content. Numbers read
// from the stream count as 0. Stops at base64_data: what follows looks at other bytes.
StreamSpan stream_span(const BufferChain& payload);

// The warning for a rule of TCP streams that spans more than a chunk: of two segments, stream inspection shows
// it no more together than a chunk of the one that came first. Buffers of application protocols are not meant.
std::optional<RuleWarning> spans_more_than_a_chunk(const Signature& signature,
                                                   const RuleEnvironment& environment);

}  // namespace weir::rules
