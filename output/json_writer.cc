#include "output/json_writer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstring>

#include "decoders/text.h"
#include "output/json_cut.h"
#include "output/json_text.h"
#include "output/utf8.h"

namespace weir::output {
namespace {

constexpr std::size_t kFirstCapacity = 16384;
constexpr std::size_t kLongestEscape = 6;  // \u001f
constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr bool is_plain(std::uint8_t byte) {
  return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

// The letter of a two-character escape, 0 when there is none.
constexpr char short_escape(std::uint8_t byte) {
  switch (byte) {
    case '"': return '"';
    case '\\': return '\\';
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    default: return '\0';
  }
}

// Writes what stands for one byte below 0x80 that is not plain.
char* put_control(char* to, std::uint8_t byte) {
  *to++ = '\\';
  if (const char letter = short_escape(byte); letter != '\0') {
    *to++ = letter;
    return to;
  }
  *to++ = 'u';
  *to++ = '0';
  *to++ = '0';
  return put_hex(to, byte);
}

// A byte that is not UTF-8: backslash, x and two digits as text, so the backslash itself is escaped.
char* put_binary(char* to, std::uint8_t byte) {
  *to++ = '\\';
  *to++ = '\\';
  *to++ = 'x';
  return put_hex(to, byte);
}

// Without a way out early, so that the compiler takes many bytes at once.
bool has_high_bytes(Bytes text) {
  std::uint8_t all = 0;
  for (const std::uint8_t byte : text) all |= byte;
  return all >= 0x80;
}

}  // namespace

void JsonWriter::grow(std::size_t n) {
  // What is over the limit is written over by what comes: cut() leaves it out anyway.
  if (size_ > limit_ && n + kClosing <= capacity_ - limit_) {
    size_ = limit_;
    return;
  }
  const std::size_t wanted = std::max({kFirstCapacity, capacity_ * 2, size_ + n});
  auto larger = std::make_unique_for_overwrite<char[]>(wanted);
  if (size_ != 0) std::memcpy(larger.get(), buffer_.get(), size_);
  buffer_ = std::move(larger);
  capacity_ = wanted;
}

void JsonWriter::append(std::string_view plain) {
  if (plain.empty()) return;
  std::memcpy(room(plain.size()), plain.data(), plain.size());
  size_ += plain.size();
}

// A comma, unless this is the first thing in its object or array. No value ends in an opening bracket.
void JsonWriter::separate() {
  if (size_ == 0) return;
  const char last = buffer_[size_ - 1];
  if (last != '{' && last != '[') put(',');
}

void JsonWriter::key(JsonKey name) {
  const std::string_view text = name.text();
  if (!name.is_plain()) {
    separate();
    quoted(as_bytes(text));
    return put(':');
  }
  char* to = room(text.size() + 4);
  char* const begin = to;
  if (size_ != 0 && to[-1] != '{' && to[-1] != '[') *to++ = ',';
  *to++ = '"';
  to = put_text(to, text);
  *to++ = '"';
  *to++ = ':';
  size_ += static_cast<std::size_t>(to - begin);
}

void JsonWriter::quoted(Bytes text) {
  if (text.size() <= kMaxValueBytes) {  // most texts need no escape
    char* const to = room(text.size() + 2);
    if (copy_plain(to + 1, as_text(text))) {
      to[0] = to[text.size() + 1] = '"';
      size_ += text.size() + 2;
      return;
    }
  }
  text = cut_utf8(text, kMaxValueBytes);
  const bool keep_high_bytes = !has_high_bytes(text) || is_valid_utf8(text);
  put('"');
  escape(text, keep_high_bytes);
  put('"');
}

void JsonWriter::escape(Bytes text, bool keep_high_bytes) {
  char* to = room(text.size() * kLongestEscape + 8);
  const std::uint8_t* from = text.data();
  const std::uint8_t* const end = from + text.size();
  while (from != end) {
    const bool is_block = end - from >= static_cast<std::ptrdiff_t>(sizeof(Block));
    if (is_block && all_plain(copy_piece<Block>(to, from))) {
      to += sizeof(Block);
      from += sizeof(Block);
      continue;
    }
    // A block that is not plain, or the last few bytes.
    const std::uint8_t* const stop = is_block ? from + sizeof(Block) : end;
    for (; from != stop; ++from) {
      if (is_plain(*from) || (*from >= 0x80 && keep_high_bytes))
        *to++ = static_cast<char>(*from);
      else if (*from < 0x80)
        to = put_control(to, *from);
      else
        to = put_binary(to, *from);
    }
  }
  size_ = static_cast<std::size_t>(to - buffer_.get());
}

JsonWriter::Scope JsonWriter::object() {
  separate();
  put('{');
  return {*this, '}'};
}

JsonWriter::Scope JsonWriter::object(JsonKey name) {
  key(name);
  put('{');
  return {*this, '}'};
}

JsonWriter::Scope JsonWriter::array() {
  separate();
  put('[');
  return {*this, ']'};
}

JsonWriter::Scope JsonWriter::array(JsonKey name) {
  key(name);
  put('[');
  return {*this, ']'};
}

void JsonWriter::string(JsonKey name, std::string_view utf8_or_ascii) {
  key(name);
  quoted(as_bytes(utf8_or_ascii));
}

void JsonWriter::plain(JsonKey name, std::string_view text) {
  assert(
      std::all_of(text.begin(), text.end(), [](char c) { return is_plain(static_cast<std::uint8_t>(c)); }));
  key(name);
  char* to = room(text.size() + 2);
  *to++ = '"';
  to = put_text(to, text);
  *to++ = '"';
  size_ += text.size() + 2;
}

void JsonWriter::bytes(JsonKey name, Bytes wire) {
  key(name);
  quoted(wire);
}

void JsonWriter::bytes(JsonKey name, std::string_view wire) {
  bytes(name, as_bytes(wire));
}

namespace {

constexpr std::size_t kLongestNumber = 32;  // of a 64-bit integer, or the shortest form of a double

}  // namespace

void JsonWriter::number(JsonKey name, std::uint64_t value) {
  key(name);
  char* const to = room(kLongestNumber);
  size_ += static_cast<std::size_t>(std::to_chars(to, to + kLongestNumber, value).ptr - to);
}

void JsonWriter::signed_number(JsonKey name, std::int64_t value) {
  key(name);
  char* const to = room(kLongestNumber);
  size_ += static_cast<std::size_t>(std::to_chars(to, to + kLongestNumber, value).ptr - to);
}

void JsonWriter::real(JsonKey name, double value) {
  if (!std::isfinite(value)) return raw(name, "null");
  key(name);
  char* const to = room(kLongestNumber);
  size_ += static_cast<std::size_t>(std::to_chars(to, to + kLongestNumber, value).ptr - to);
}

void JsonWriter::boolean(JsonKey name, bool value) {
  raw(name, value ? "true" : "false");
}

void JsonWriter::base64(JsonKey name, Bytes data) {
  data = data.first(std::min(data.size(), kMaxValueBytes));
  key(name);
  char* to = room(data.size() / 3 * 4 + 8);
  *to++ = '"';
  const auto digit = [](std::uint32_t group, unsigned shift) {
    return kBase64Digits[(group >> shift) & 0x3FU];
  };
  std::size_t at = 0;
  for (; data.size() - at >= 3; at += 3) {
    const std::uint32_t group =
        (std::uint32_t{data[at]} << 16U) | (std::uint32_t{data[at + 1]} << 8U) | std::uint32_t{data[at + 2]};
    for (const unsigned shift : {18U, 12U, 6U, 0U}) *to++ = digit(group, shift);
  }
  if (const std::size_t left = data.size() - at; left != 0) {
    const std::uint32_t second = left == 2 ? std::uint32_t{data[at + 1]} << 8U : 0;
    const std::uint32_t group = (std::uint32_t{data[at]} << 16U) | second;
    *to++ = digit(group, 18);
    *to++ = digit(group, 12);
    *to++ = left == 2 ? digit(group, 6) : '=';
    *to++ = '=';
  }
  *to++ = '"';
  size_ = static_cast<std::size_t>(to - buffer_.get());
}

void JsonWriter::hex(JsonKey name, Bytes data, char separator) {
  data = data.first(std::min(data.size(), kMaxValueBytes));
  key(name);
  char* to = room(data.size() * 3 + 2);
  *to++ = '"';
  for (std::size_t at = 0; at < data.size(); ++at) {
    if (at != 0 && separator != '\0') *to++ = separator;
    to = put_hex(to, data[at]);
  }
  *to++ = '"';
  size_ = static_cast<std::size_t>(to - buffer_.get());
}

void JsonWriter::printable(JsonKey name, Bytes data) {
  data = data.first(std::min(data.size(), kMaxValueBytes));
  key(name);
  char* to = room(data.size() * 2 + 2);
  *to++ = '"';
  for (const std::uint8_t byte : data) {
    if (is_plain(byte))
      *to++ = static_cast<char>(byte);
    else if (byte == '"' || byte == '\\' || byte == '\n' || byte == '\r')
      to = put_control(to, byte);
    else
      *to++ = '.';
  }
  *to++ = '"';
  size_ = static_cast<std::size_t>(to - buffer_.get());
}

void JsonWriter::raw(JsonKey name, std::string_view json) {
  key(name);
  append(json);
}

void JsonWriter::raw(std::string_view json) {
  separate();
  append(json);
}

void JsonWriter::string(std::string_view utf8_or_ascii) {
  bytes(as_bytes(utf8_or_ascii));
}

void JsonWriter::bytes(Bytes wire) {
  separate();
  quoted(wire);
}

void JsonWriter::bytes_item(std::string_view wire) {
  bytes(as_bytes(wire));
}

void JsonWriter::number(std::uint64_t value) {
  separate();
  char* const to = room(kLongestNumber);
  size_ += static_cast<std::size_t>(std::to_chars(to, to + kLongestNumber, value).ptr - to);
}

bool JsonWriter::drop_if_empty(std::size_t from) {
  if (size_ < from + 2) return false;
  const std::string_view tail = text().substr(size_ - 2);
  if (tail != "{}" && tail != "[]") return false;
  // Only the scope itself: a member whose value is an empty object is not nothing.
  const std::string_view written = text().substr(from);
  if (written.find_first_of("{[") != written.size() - 2) return false;
  rollback(from);
  return true;
}

void JsonWriter::cut() {
  constexpr std::size_t kEnding = 64 + kMaxJsonDepth;
  const JsonCut at = last_whole_member(text().substr(0, std::max(limit_, kLeastLimit) - kEnding));
  size_ = at.end;
  for (std::size_t i = at.open.size(); i-- > 1;) close(at.open[i]);
  {
    const auto own = object("weir");
    boolean("truncated", true);
  }
  close('}');
}

}  // namespace weir::output
