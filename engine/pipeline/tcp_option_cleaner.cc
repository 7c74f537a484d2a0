#include "engine/pipeline/tcp_option_cleaner.h"

#include <algorithm>
#include <iterator>

#include "decoders/byte_cursor.h"

namespace weir::engine {
namespace {

constexpr std::uint8_t kEndOfList = 0, kNoOperation = 1;

// https://www.iana.org/assignments/tcp-parameters: lengths with kind and length byte, from `least` to `most` in steps.
struct KnownOption {
  std::uint8_t kind, least, most, step;
  bool only_syn, repeats;
};
constexpr KnownOption kKnown[] = {
    {8, 10, 10, 1, false, false},   // timestamps, RFC 7323
    {5, 10, 34, 8, false, false},   // SACK, RFC 2018
    {2, 4, 4, 1, true, false},      // maximum segment size, RFC 9293
    {3, 3, 3, 1, true, false},      // window scale, RFC 7323
    {4, 2, 2, 1, true, false},      // SACK permitted
    {19, 18, 18, 1, false, false},  // MD5 signature, RFC 2385: not agreed on, it never came so far
    {28, 4, 4, 1, false, false},    // user timeout, RFC 5482
    {29, 4, 40, 1, false, false},   // TCP-AO, RFC 5925
    {30, 3, 40, 1, false, true},    // MPTCP, RFC 8684
    {34, 2, 18, 2, true, false},    // fast open, RFC 7413
    {69, 2, 40, 1, false, true},    // tcpcrypt, RFC 8547
    {172, 2, 11, 3, false, false},  // AccECN, RFC 9768
    {174, 2, 11, 3, false, false}, {253, 4, 40, 1, false, true},  // experiments, RFC 6994
    {254, 4, 40, 1, false, true},
};
static_assert(std::size(kKnown) <= 32);  // bits of what was seen

bool fits(const KnownOption& known, std::size_t length, bool syn) {
  if (known.only_syn && !syn) return false;
  return length >= known.least && length <= known.most && (length - known.least) % known.step == 0;
}

// One pass over the options of one segment.
class Cleaner {
 public:
  Cleaner(bool syn, const std::bitset<256>& allowed) : syn_(syn), allowed_(allowed) {}

  bool keeps(std::uint8_t kind, std::size_t length) {
    if (allowed_[kind]) return true;
    const auto* const known = std::find_if(std::begin(kKnown), std::end(kKnown),
                                           [kind](const KnownOption& k) { return k.kind == kind; });
    if (known == std::end(kKnown) || !fits(*known, length, syn_)) return false;
    const std::uint32_t bit = 1U << static_cast<unsigned>(known - std::begin(kKnown));
    const bool seen = (seen_ & bit) != 0;
    seen_ |= bit;
    return !seen || known->repeats;
  }

 private:
  bool syn_;
  const std::bitset<256>& allowed_;
  std::uint32_t seen_ = 0;
};

}  // namespace

bool clean_options(Bytes options, bool syn, const std::bitset<256>& allowed, TcpOptionBytes& into) {
  bool changed = false;
  const std::size_t size = std::min(options.size(), kMaxTcpOptionBytes);
  const auto overwrite = [&](std::size_t from, std::size_t bytes) {
    if (!changed) std::copy_n(options.begin(), size, into.begin());
    changed = true;
    std::fill_n(into.begin() + static_cast<std::ptrdiff_t>(from), bytes, kNoOperation);
  };
  Cleaner cleaner(syn, allowed);
  ByteCursor in{options.first(size)};
  for (std::size_t n = 0; n < kMaxTcpOptionBytes && !in.empty(); ++n) {
    const std::size_t at = in.offset();
    const std::uint8_t kind = in.u8();
    if (kind == kEndOfList) break;
    if (kind == kNoOperation) continue;
    const std::size_t length = in.empty() ? 0 : in.u8();
    if (length < 2 || length > size - at) {
      overwrite(at, size - at);
      break;
    }
    in.skip(length - 2);
    if (!cleaner.keeps(kind, length)) overwrite(at, length);
  }
  return changed;
}

}  // namespace weir::engine
