#include "rules/prefilter/head_patterns.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "rules/values/byte_search.h"

namespace weir::rules {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);
constexpr std::size_t kMinSlots = 64, kMaxSlots = 2048, kSlotsPerLiteral = 4;
constexpr std::uint16_t kFoldPair = 0x2020;  // one slot for both cases of a letter

std::uint64_t load_word(const std::uint8_t* p) {
  std::uint64_t out = 0;
  std::memcpy(&out, p, sizeof out);
  return out;
}

std::uint16_t load_pair(const std::uint8_t* p) {
  std::uint16_t out = 0;
  std::memcpy(&out, p, sizeof out);
  return out;
}

// The lowest n bits, n from 1 to 64.
constexpr std::uint64_t low_bits(std::size_t n) { return ~std::uint64_t{0} >> (64 - n); }

}  // namespace

std::uint64_t HeadPatterns::places_of(std::size_t length, PatternBounds bounds) {
  if (length < kShortest || bounds.last < length || bounds.last - length >= kPlaces) return 0;
  const std::size_t first = bounds.first > length ? bounds.first - length : 0;
  const std::size_t last = bounds.last - length;
  return first > last || last - first >= kMostPlaces ? 0 : low_bits(last + 1) & ~(first == 0 ? 0 : low_bits(first));
}

void HeadPatterns::add(std::string literal, bool nocase, std::uint64_t places, RuleId rule) {
  Entry entry{.places = places, .rule = rule, .nocase = nocase};
  std::array<std::uint8_t, kWord> value{}, fold{}, mask{};
  for (std::size_t i = 0; i < std::min(literal.size(), kWord); ++i) {
    value[i] = static_cast<std::uint8_t>(literal[i]);
    fold[i] = nocase && value[i] >= 'a' && value[i] <= 'z' ? 0x20 : 0;
    mask[i] = 0xff;
  }
  entry.value = load_word(value.data());
  entry.fold = load_word(fold.data());
  entry.mask = load_word(mask.data());
  entry.literal = std::move(literal);
  entries_.push_back(std::move(entry));
  places_ |= places;
}

std::uint32_t HeadPatterns::hash_of(std::uint16_t pair) {
  return (pair | std::uint32_t{kFoldPair}) * 0x9e3779b1U;
}

void HeadPatterns::build() {
  if (entries_.empty()) return;
  const std::size_t slots =
      std::clamp(std::bit_ceil(entries_.size() * kSlotsPerLiteral), kMinSlots, kMaxSlots);
  shift_ = 32 - static_cast<unsigned>(std::countr_zero(slots));
  const auto hash = [](const Entry& e) {
    return hash_of(load_pair(reinterpret_cast<const std::uint8_t*>(e.literal.data())));
  };
  const auto slot = [&](const Entry& e) { return slot_of(hash(e)); };
  std::stable_sort(entries_.begin(), entries_.end(), [&](const Entry& a, const Entry& b) { return slot(a) < slot(b); });
  slot_places_.assign(slots, 0);
  slot_begin_.assign(slots + 1, 0);
  for (const Entry& e : entries_) {
    const std::uint32_t bit = hash(e) >> (32 - kPairBits);
    pairs_[bit / 64] |= std::uint64_t{1} << (bit % 64);
    slot_places_[slot(e)] |= e.places;
    ++slot_begin_[slot(e) + 1];
  }
  for (std::size_t i = 0; i < slots; ++i) slot_begin_[i + 1] += slot_begin_[i];
}

bool HeadPatterns::stands_at(const Entry& entry, std::uint64_t head, Bytes data, std::size_t at) {
  if (((head | entry.fold) & entry.mask) != entry.value) return false;
  const Bytes literal{reinterpret_cast<const std::uint8_t*>(entry.literal.data()), entry.literal.size()};
  if (literal.size() > data.size() - at) return false;
  return literal.size() <= kWord || bytes_at(data, at + kWord, literal.subspan(kWord), entry.nocase);
}

void HeadPatterns::scan(Bytes data, std::uint64_t offset, CandidateSet& out) const {
  if (offset >= kPlaces || data.size() < kShortest) return;
  std::uint64_t places = places_ >> offset;  // from here on counted from data[0]
  places &= low_bits(std::min(data.size() - kShortest + 1, kPlaces));
  if (places == 0) return;
  // A word is read at each place: past the end of short data there are zeros.
  std::array<std::uint8_t, kPlaces + kWord> padded;
  const std::uint8_t* bytes = data.data();
  if (data.size() < padded.size()) {
    padded.fill(0);
    std::memcpy(padded.data(), data.data(), data.size());
    bytes = padded.data();
  }
  for (; places != 0; places &= places - 1) {
    const auto at = static_cast<unsigned>(std::countr_zero(places));
    const std::uint32_t hash = hash_of(load_pair(bytes + at));
    if (!may_hold(hash)) continue;
    const std::size_t slot = slot_of(hash);
    const std::uint64_t place = std::uint64_t{1} << (at + offset);
    if ((slot_places_[slot] & place) == 0) continue;
    const std::uint64_t head = load_word(bytes + at);
    for (std::uint32_t i = slot_begin_[slot]; i < slot_begin_[slot + 1]; ++i) {
      const Entry& entry = entries_[i];
      if ((entry.places & place) != 0 && stands_at(entry, head, data, at)) out.add(entry.rule);
    }
  }
}

}  // namespace weir::rules
