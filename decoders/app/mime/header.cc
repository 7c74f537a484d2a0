#include "decoders/app/mime/header.h"

#include <algorithm>
#include <array>

#include "decoders/app/mime/transfer.h"
#include "decoders/text.h"

namespace weir::mime {
namespace {

// Behind a string in quotes, or where the text ends. A backslash takes a quote or a backslash with it.
std::size_t end_of_quoted(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && text[at] != '"') {
    const bool escapes =
        text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\');
    at += escapes ? 2 : 1;
  }
  return std::min(at, text.size());
}

SlabString unescape(std::string_view quoted) {
  SlabString out;
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    if (quoted[i] == '\\' && i + 1 < quoted.size() && (quoted[i + 1] == '"' || quoted[i + 1] == '\\')) ++i;
    out.push_back(quoted[i]);
  }
  return out;
}

struct Parameter {
  std::string_view key;
  SlabString value;
};

// Takes `key=value` and the semicolon behind it off `rest`.
std::optional<Parameter> take_parameter(std::string_view& rest) {
  for (std::size_t i = 0; i < kMaxParameters; ++i) {
    rest = trim(rest);
    const std::size_t stop = rest.find_first_of("=;");
    if (stop == std::string_view::npos) return std::nullopt;
    const std::string_view key = trim(rest.substr(0, stop));
    const bool has_value = rest[stop] == '=';
    rest.remove_prefix(stop + 1);
    if (!has_value) continue;
    rest = trim_left(rest);
    Parameter out{key, {}};
    if (rest.starts_with('"')) {
      rest.remove_prefix(1);
      const std::size_t end = end_of_quoted(rest);
      out.value = unescape(rest.substr(0, end));
      rest.remove_prefix(end);
      (void)cut(rest, ';');
    } else {
      out.value = trim(cut(rest, ';'));
    }
    return out;
  }
  return std::nullopt;
}

// Windows 1252, whose first 32 signs behind ASCII are those that ISO 8859-1 has none for.
void append_latin1(std::uint8_t c, SlabString& out) {
  constexpr std::array<std::uint16_t, 32> kWindows{
      0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
      0x2039, 0x0152, 0x8d,   0x017d, 0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
      0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178};
  const unsigned sign = c >= 0x80 && c < 0xa0 ? kWindows[c - 0x80U] : c;
  if (sign < 0x80) return out.push_back(static_cast<char>(sign));
  if (sign >= 0x800) out.push_back(static_cast<char>(0xe0U | sign >> 12U));
  out.push_back(static_cast<char>(sign >= 0x800 ? 0x80U | (sign >> 6U & 0x3fU) : 0xc0U | sign >> 6U));
  out.push_back(static_cast<char>(0x80U | (sign & 0x3fU)));
}

void append_as_utf8(std::string_view bytes, std::string_view charset, SlabString& out) {
  const bool latin1 = equals_nocase(charset, "iso-8859-1") || equals_nocase(charset, "windows-1252");
  if (!latin1) {
    out += bytes;
    return;
  }
  for (const char c : bytes) append_latin1(static_cast<std::uint8_t>(c), out);
}

SlabString decode_percent(std::string_view text) {
  SlabString out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool coded =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    if (coded) out.push_back(static_cast<char>(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2])));
    if (!coded) out.push_back(text[i]);
    if (coded) i += 2;
  }
  return out;
}

// charset'language'text, where the charset of later sections is that of the first.
void append_extended(std::string_view text, std::string_view& charset, bool first, SlabString& out) {
  if (first && std::count(text.begin(), text.end(), '\'') >= 2) {
    charset = cut(text, '\'');
    (void)cut(text, '\'');
  }
  append_as_utf8(decode_percent(text), charset, out);
}

// The sections of a parameter as they are found: name*0, name*1*, or name* alone.
class Sections {
 public:
  // `suffix` is what stands behind the name in the key, from the first "*" on.
  void add(std::string_view suffix, SlabString value) {
    suffix.remove_prefix(1);
    Section s{std::move(value), suffix.empty() || suffix.back() == '*', true};
    if (suffix.ends_with('*')) suffix.remove_suffix(1);
    const std::size_t number =
        suffix.empty() ? 0 : parse_number<std::size_t>(suffix).value_or(kMaxParameters);
    if (number >= kMaxParameters) return;
    if (number >= sections_.size()) sections_.resize(number + 1);
    if (!sections_[number].there) sections_[number] = std::move(s);
  }
  [[nodiscard]] bool any() const { return !sections_.empty() && sections_.front().there; }
  [[nodiscard]] SlabString joined() const {
    SlabString out;
    std::string_view charset;
    for (std::size_t i = 0; i < sections_.size() && sections_[i].there; ++i) {
      if (sections_[i].extended)
        append_extended(sections_[i].value, charset, i == 0, out);
      else
        out += sections_[i].value;
    }
    return out;
  }

 private:
  struct Section {
    SlabString value;
    bool extended = false, there = false;
  };
  SlabVector<Section> sections_;
};

SlabString decode_q(std::string_view text) {
  SlabString out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool coded =
        text[i] == '=' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    if (coded) {
      out.push_back(static_cast<char>(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i] == '_' ? ' ' : text[i]);
    }
  }
  return out;
}

// Takes "=?charset?encoding?text?=" off `rest` when it begins so.
bool take_word_of(std::string_view& rest, SlabString& out) {
  std::string_view text = rest.substr(2);
  const std::string_view charset_and_language = cut(text, '?');
  const std::string_view encoding = cut(text, '?');
  const std::size_t end = text.find("?=");
  if (encoding.size() != 1 || end == std::string_view::npos) return false;
  SlabString bytes;
  if (to_lower(encoding.front()) == 'b') {
    TransferDecoder base64(Transfer::base64);
    base64.decode(as_bytes(text.substr(0, end)), bytes);
  } else if (to_lower(encoding.front()) == 'q') {
    bytes = decode_q(text.substr(0, end));
  } else {
    return false;
  }
  // RFC 2231, 5: a language may follow behind "*".
  append_as_utf8(bytes, charset_and_language.substr(0, charset_and_language.find('*')), out);
  rest = text.substr(end + 2);
  return true;
}

// What follows the comment that `text` begins with; nothing when it does not end. Comments may stand in others.
std::string_view behind_comment(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '(')
      ++depth;
    else if (text[i] == ')' && --depth == 0)
      return text.substr(i + 1);
  }
  return {};
}

}  // namespace

std::optional<FieldLine> split_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  return FieldLine{trim(line.substr(0, colon)), trim(line.substr(colon + 1))};
}

std::string_view main_value(std::string_view value) {
  value = trim(value);
  while (value.starts_with('(')) value = trim(behind_comment(value));
  return trim(value.substr(0, value.find_first_of(";(")));
}

bool is_type(std::string_view value, std::string_view type) {
  const std::string_view found = main_value(value);
  if (type.ends_with('/')) return equals_nocase(found.substr(0, type.size()), type);
  return equals_nocase(found, type);
}

std::optional<SlabString> parameter(std::string_view value, std::string_view name) {
  std::optional<SlabString> plain;
  Sections sections;
  (void)cut(value, ';');
  for (std::size_t i = 0; i < kMaxParameters; ++i) {
    auto found = take_parameter(value);
    if (!found) break;
    if (!equals_nocase(found->key.substr(0, name.size()), name)) continue;
    const std::string_view suffix = found->key.substr(std::min(name.size(), found->key.size()));
    if (suffix.starts_with('*'))
      sections.add(suffix, std::move(found->value));
    else if (suffix.empty() && !plain)
      plain = std::move(found->value);
  }
  if (sections.any()) return sections.joined();
  if (plain && plain->find("=?") != SlabString::npos) plain = decode_words(*plain);
  return plain;
}

SlabString decode_words(std::string_view text) {
  SlabString out;
  bool behind_word = false;
  for (std::size_t words = 0; words < kMaxEncodedWords && !text.empty(); ++words) {
    const std::size_t begin = text.find("=?");
    const std::string_view before = text.substr(0, begin);
    text.remove_prefix(before.size());
    // Blanks between two encoded words are no part of the text.
    if (!behind_word || text.empty() || !trim(before).empty()) out += before;
    if (text.empty()) break;
    behind_word = take_word_of(text, out);
    if (behind_word) continue;
    out += text.substr(0, 2);
    text.remove_prefix(2);
  }
  out += text;
  return out;
}

std::optional<std::string_view> next_address(std::string_view& rest) {
  while (!rest.empty()) {
    std::size_t at = 0;
    while (at < rest.size() && rest[at] != ',') {
      if (rest[at] == '"') at += 1 + end_of_quoted(rest.substr(at + 1));
      if (at < rest.size()) ++at;
    }
    const std::string_view address = trim(rest.substr(0, at));
    rest.remove_prefix(std::min(rest.size(), at + 1));
    if (!address.empty()) return address;
  }
  return std::nullopt;
}

}  // namespace weir::mime
