#include "rules/language/numbers_match.h"

#include "decoders/text.h"

namespace weir::rules {
namespace {

constexpr std::uint64_t kMostOfACount = UINT32_MAX;

// Where a position that may count from the end lies among `size`; none when it is out of bounds.
std::optional<std::int64_t> place(std::int64_t position, std::int64_t size) {
  const std::int64_t at = position < 0 ? size + position : position;
  return at < 0 || at > size ? std::nullopt : std::optional(at);
}

// Takes `word` off the start of `text`, when something else than a letter follows it.
bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  const std::string_view rest = text.substr(word.size());
  if (!rest.empty() && to_lower(rest[0]) >= 'a' && to_lower(rest[0]) <= 'z') return false;
  text = trim(rest);
  return true;
}

}  // namespace

Parsed<NumbersMatch> NumbersMatch::parse(std::string_view text, std::uint64_t most,
                                         std::span<const NumberName> names, std::size_t most_of_them) {
  NumbersMatch out;
  text = trim(text);
  const bool counts = take(text, "count");
  std::string_view rest = text;
  const auto match =
      counts ? UintMatch::parse(rest, kMostOfACount) : UintMatch::parse(cut(rest, ','), most, names);
  if (!match) return tl::unexpected(match.error());
  out.match_ = *match;
  if (counts) {
    out.kind_ = Kind::count;
    return out;
  }
  const std::string_view index = trim(cut(rest, ',')), slice = trim(rest);
  if (const auto ok = out.take_index(index, most_of_them); !ok) return tl::unexpected(ok.error());
  if (slice.empty()) return out;
  if (const auto ok = out.take_slice(slice); !ok) return tl::unexpected(ok.error());
  return out;
}

Compiled NumbersMatch::take_index(std::string_view text, std::size_t most_of_them) {
  kind_ = text.empty() || text == "any" ? Kind::any
          : text == "all"               ? Kind::all
          : text == "all_or_absent"     ? Kind::all_or_absent
          : text == "or_absent"         ? Kind::or_absent
                                        : Kind::at;
  if (kind_ != Kind::at) return {};
  std::string_view rest = text;
  if (take(rest, "nb")) {
    const auto times = UintMatch::parse(rest, kMostOfACount);
    if (!times) return tl::unexpected(times.error());
    times_ = *times;
    kind_ = Kind::times;
    return {};
  }
  or_outside_ = take(rest, "oob_or");
  const auto index = parse_number<std::int32_t>(rest);
  if (!index)
    return refuse("must be any, all, all_or_absent, or_absent, nb VALUE, oob_or N or a position", text);
  const auto most = static_cast<std::int64_t>(most_of_them);
  if (most != 0 && (*index >= most || *index < -most)) return refuse("there are never so many", text);
  index_ = *index;
  return {};
}

Compiled NumbersMatch::take_slice(std::string_view text) {
  std::string_view rest = text;
  const auto first = parse_number<std::int32_t>(trim(cut(rest, ':')));
  const auto end = parse_number<std::int32_t>(trim(rest));
  if (!first || !end) return refuse("a slice is FIRST:END", text);
  slice_ = {*first, *end};
  return {};
}

std::pair<std::int64_t, std::int64_t> NumbersMatch::part_of(std::int64_t size) const {
  if (!slice_) return {0, size};
  const auto first = place(slice_->first, size), end = place(slice_->second, size);
  return first && end && *first < *end ? std::pair{*first, *end}
                                       : std::pair{std::int64_t{0}, std::int64_t{0}};
}

bool NumbersMatch::enough(std::uint64_t hits, std::uint64_t size) const {
  switch (kind_) {
    case Kind::any: return hits != 0;
    case Kind::all: return size != 0 && hits == size;
    case Kind::all_or_absent: return hits == size;
    case Kind::or_absent: return size == 0 || hits != 0;
    case Kind::times: return times_.matches(hits);
    case Kind::at:
    case Kind::count: break;  // answered before
  }
  return false;
}

}  // namespace weir::rules
