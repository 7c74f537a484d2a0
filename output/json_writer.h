// Writes one JSON document straight into a reused byte buffer: no tree, no allocation in steady state.
//
// The writer alone knows commas, nesting and escaping, and what becomes of bytes that are not UTF-8. Objects
// and arrays close themselves at the end of their scope:
//
//   const auto dns = out.object("dns");
//   out.number("id", tx.id);
//   out.bytes("rrname", tx.name);     // raw wire bytes, escaped
//
// Inside an array the key-less forms are used. Whatever the input, what comes out is valid JSON in valid
// UTF-8: text that is valid UTF-8 stays as it is (control characters, DEL, quote and backslash escaped); in
// text that is not, every byte from 0x80 on is written as the four characters \xHH, as Suricata does. One
// string value is cut at kMaxValueBytes of input, between characters. The buffer keeps its capacity over
// clear(). With a limit() the document is whole up to there, whatever its callers' caps allow: what comes behind is not
// kept, and cut() makes a document of what is. Used by one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "decoders/types.h"

namespace weir::output {

inline constexpr std::size_t kMaxValueBytes = 65536;

// The name of a member. A literal is looked at by the compiler: one that would need an escape does not compile.
class JsonKey {
 public:
  template <std::size_t N>
  consteval JsonKey(const char (&literal)[N])
      : data_(literal), size_(N - 1), plain_(true) {  // NOLINT(*-explicit-*)
    for (const char c : text())
      if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') throw "a key that needs an escape";
  }
  JsonKey(std::string_view text)  // NOLINT(*-explicit-*)
      : data_(text.data()), size_(static_cast<std::uint32_t>(std::min(text.size(), kMaxValueBytes))) {}
  JsonKey(const std::string& text) : JsonKey(std::string_view{text}) {}  // NOLINT(*-explicit-*)
  [[nodiscard]] constexpr std::string_view text() const { return {data_, size_}; }
  [[nodiscard]] bool is_plain() const { return plain_; }

 private:
  const char* data_;  // two registers in all
  std::uint32_t size_;
  bool plain_ = false;
};

class JsonWriter {
 public:
  class Scope {  // closes what was opened; neither copied nor moved
   public:
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() { writer_.close(bracket_); }

   private:
    friend class JsonWriter;
    Scope(JsonWriter& writer, char bracket) : writer_(writer), bracket_(bracket) {}
    JsonWriter& writer_;
    char bracket_;
  };

  [[nodiscard]] Scope object();  // the document itself, or an item of an array
  [[nodiscard]] Scope object(JsonKey name);
  [[nodiscard]] Scope array();
  [[nodiscard]] Scope array(JsonKey name);

  void string(JsonKey name, std::string_view utf8_or_ascii);
  // Text of our own in which nothing needs an escape, which is not looked at: a name from a table, an address, a time.
  void plain(JsonKey name, std::string_view text);
  void bytes(JsonKey name, Bytes wire);
  void bytes(JsonKey name, std::string_view wire);
  void number(JsonKey name, std::uint64_t value);
  void signed_number(JsonKey name, std::int64_t value);
  void real(JsonKey name, double value);  // null when it is not finite
  void boolean(JsonKey name, bool value);
  void base64(JsonKey name, Bytes data);
  void hex(JsonKey name, Bytes data, char separator = '\0');  // "0a:1b", lower case
  // Printable ASCII, newline and carriage return as they are, every other byte as '.': payload_printable.
  void printable(JsonKey name, Bytes data);
  // Already JSON: written as it stands.
  void raw(JsonKey name, std::string_view json);

  // Items of an array.
  void raw(std::string_view json);
  void string(std::string_view utf8_or_ascii);
  void bytes(Bytes wire);
  void bytes_item(std::string_view wire);
  void number(std::uint64_t value);

  [[nodiscard]] std::string_view text() const { return {buffer_.get(), size_}; }
  void clear() { size_ = 0; }

  // How long the document may become, in bytes; at least kLeastLimit. To be set before it is begun.
  void limit(std::size_t bytes) { limit_ = bytes; }
  // It has become longer: nothing that is still written will be seen.
  [[nodiscard]] bool is_over_limit() const { return size_ > limit_; }
  // Of a document that is over its limit, an object whose scopes have closed: keeps the members and items that are
  // whole within the limit, closes what is open, and ends with the member "weir": {"truncated": true}.
  void cut();
  static constexpr std::size_t kLeastLimit = 1024;

  // A place to roll back to: drops all that was written since, brackets included. Only between whole members,
  // and never past a Scope that is still open.
  [[nodiscard]] std::size_t mark() const { return size_; }
  void rollback(std::size_t to_mark) { size_ = to_mark; }
  // Right after a Scope that was opened at `from` has closed: drops it when it stayed empty. True: it was
  // dropped.
  bool drop_if_empty(std::size_t from);

 private:
  static constexpr std::size_t kClosing = 64;  // kMaxJsonDepth

  // Closing asks for no memory: whoever runs out of it half-way through an event leaves its scopes.
  void close(char bracket) { buffer_[size_++] = bracket; }
  // At least n bytes at the end of the text, and behind them what closing takes.
  char* room(std::size_t n) {
    if (n + kClosing > capacity_ - size_) grow(n + kClosing);
    return buffer_.get() + size_;
  }
  void grow(std::size_t n);
  void put(char c) {
    *room(1) = c;
    ++size_;
  }
  void append(std::string_view plain);
  void separate();
  void key(JsonKey name);
  void quoted(Bytes text);
  void escape(Bytes text, bool keep_high_bytes);

  std::unique_ptr<char[]> buffer_;
  std::size_t size_ = 0, capacity_ = 0;
  std::size_t limit_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace weir::output
