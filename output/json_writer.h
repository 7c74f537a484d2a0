// Writes one JSON document straight into a reused byte buffer: no tree, no allocation in steady state.
//
// The writer alone knows commas, nesting and escaping, and what becomes of bytes that are not UTF-8. Objects and
// arrays close themselves at the end of their scope:
//
//   const auto dns = out.object("dns");
//   out.number("id", tx.id);
//   out.bytes("rrname", tx.name);     // raw wire bytes, escaped
//
// Inside an array the key-less forms are used. One string value is cut at kMaxValueBytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "decoders/types.h"

namespace weir::output {

inline constexpr std::size_t kMaxValueBytes = 65536;

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
  [[nodiscard]] Scope object(std::string_view key);
  [[nodiscard]] Scope array(std::string_view key);

  void string(std::string_view key, std::string_view utf8_or_ascii);  // escaped; must be valid UTF-8 or ASCII
  void bytes(std::string_view key, Bytes wire);                       // any bytes: see below
  void bytes(std::string_view key, std::string_view wire);
  void number(std::string_view key, std::uint64_t value);
  void signed_number(std::string_view key, std::int64_t value);
  void real(std::string_view key, double value);
  void boolean(std::string_view key, bool value);
  void base64(std::string_view key, Bytes data);
  void hex(std::string_view key, Bytes data, char separator = '\0');  // "0a:1b", lower case
  // Printable ASCII as it is, every other byte as '.' ; newline, carriage return and tab are kept: payload_printable.
  void printable(std::string_view key, Bytes data);
  // Already JSON: written as it stands.
  void raw(std::string_view key, std::string_view json);

  // Items of an array.
  void string(std::string_view utf8_or_ascii);
  void bytes(Bytes wire);
  void bytes_item(std::string_view wire);
  void number(std::uint64_t value);

  [[nodiscard]] std::string_view text() const { return {buffer_.data(), buffer_.size()}; }
  void clear();
  // Marks and rolls back to a place where nothing has been written yet ("drop the object if it stays empty").
  [[nodiscard]] std::size_t mark() const { return buffer_.size(); }

 private:
  void close(char bracket);
  void separate();
  void key(std::string_view key);
  void escaped(std::string_view text);
  void escaped_bytes(Bytes wire);

  std::string buffer_;
  bool first_ = true;  // nothing written yet in the innermost object or array
};

}  // namespace weir::output
