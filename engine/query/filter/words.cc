#include "engine/query/filter/words.h"

#include <algorithm>
#include <array>

#include "decoders/text.h"

namespace weir::engine::filter {
namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

constexpr std::array kSubjects{
#define FILTER_SUBJECT(name, kind, most, fields, has_sides) \
  SubjectInfo{ValueKind::kind, most, fields, has_sides},
#include "engine/query/filter/subjects.def"
#undef FILTER_SUBJECT
};

constexpr std::array kWords{
#define FILTER_WORD(word, subject, ends, value, meaning) \
  Word{word, Subject::subject, Ends::ends, value, meaning},
#include "engine/query/filter/words.def"
#undef FILTER_WORD
};

}  // namespace

const SubjectInfo& info_of(Subject subject) {
  return kSubjects[static_cast<std::size_t>(subject)];
}

std::span<const Word> words() {
  return kWords;
}

const Word* find_word(std::string_view word) {
  const auto found = std::find_if(kWords.begin(), kWords.end(),
                                  [&](const Word& row) { return equals_nocase(row.word, word); });
  return found == kWords.end() ? nullptr : &*found;
}

std::string_view nearest_word(std::string_view typed) {
  constexpr std::size_t kLongest = 16, kMostChanges = 2;
  if (typed.size() > kLongest) return {};
  const std::string lower = lower_case(typed);
  std::string_view best;
  std::size_t least = std::min(kMostChanges + 1, typed.size());
  for (const Word& row : kWords)
    if (const std::size_t distance = edit_distance(row.word, lower); distance < least) {
      least = distance;
      best = row.word;
    }
  return best;
}

}  // namespace weir::engine::filter
