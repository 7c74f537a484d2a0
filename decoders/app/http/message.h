// One HTTP message (request or response) as plain data: start line, headers, body. Of forms of HTTP that have no such lines it
// shows what HTTP/1 would write.
//
// A message owns its bytes. Names and values of headers are places in `raw_headers` (as they came) or in
// `joined` (values put together from folded lines or repeated headers), so that a message costs a few
// allocations whatever the number of its headers. Views from here live until the message changes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decoders/app/file.h"
#include "decoders/app/streamed_body.h"
#include "decoders/text.h"

namespace weir::http {

// A part of a string by place, so that it survives the string's growth.
struct Slice {
  std::uint32_t at = 0, size = 0;
  [[nodiscard]] std::string_view of(std::string_view text) const { return text.substr(at, size); }
};

// One header. In HTTP/1 repeated headers are one field, their values joined by ", ".
struct Field {
  Slice name;                   // in raw_headers, or in joined
  Slice value;                  // likewise
  std::uint32_t name_hash = 0;  // of the lower-case name
  bool name_joined = false, value_joined = false;
  bool repeated = false;
  bool trailer = false;  // came behind a chunked body
};

// Headers beyond these are dropped with an event (http.too_many_headers). Bytes are checked by the framer.
inline constexpr std::size_t kMaxFields = 1024;

// Names are compared without case and without zero bytes, which receivers skip ("Transfer\0-Encoding").
// FNV-1a: spreads short names well enough; a full comparison follows every hit.
constexpr std::uint32_t field_name_hash(std::string_view name) {
  std::uint32_t hash = 2166136261U;
  for (const char c : name)
    if (c != '\0') hash = (hash ^ static_cast<unsigned char>(to_lower(c))) * 16777619U;
  return hash;
}
bool same_field_name(std::string_view a, std::string_view b);

// A name to look for. Of a literal the compiler makes the hash.
class FieldName {
 public:
  template <std::size_t N>
  consteval FieldName(const char (&literal)[N])  // NOLINT(*-explicit-*)
      : text_(literal, N - 1), hash_(field_name_hash(text_)) {}
  FieldName(std::string_view text) : text_(text), hash_(field_name_hash(text)) {}  // NOLINT(*-explicit-*)
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::uint32_t hash() const { return hash_; }

 private:
  std::string_view text_;
  std::uint32_t hash_;
};

struct Message {
  SlabString line;         // the start line without its end
  SlabString raw_headers;  // header lines and the empty line as they came, then trailer lines
  SlabString joined;
  SlabVector<Field> fields;  // in the order of their first appearance
  SlabVector<Field>
      joined_fields;  // where repeated headers are a field each: those that say the same as all of one name

  [[nodiscard]] std::string_view protocol() const { return protocol_text.of(line); }
  [[nodiscard]] std::string_view name(const Field& f) const {
    return f.name.of(f.name_joined ? joined : raw_headers);
  }
  [[nodiscard]] std::string_view value(const Field& f) const {
    return f.value.of(f.value_joined ? joined : raw_headers);
  }
  // Case does not matter. Linear in the number of fields, a hash comparison each.
  [[nodiscard]] const Field* find(const FieldName& wanted) const;
  [[nodiscard]] std::optional<std::string_view> header(const FieldName& wanted) const {
    const Field* f = find(wanted);
    return f == nullptr ? std::nullopt : std::optional(value(*f));
  }

  // Bytes kept, about.
  [[nodiscard]] std::size_t held() const;

  Slice protocol_text;                // in line: "HTTP/1.1"; empty when there is none
  std::uint16_t protocol_number = 0;  // 9, 100, 101; 0: unknown or invalid

  StreamedBody body;             // decoded (chunks and compression taken off)
  std::uint64_t body_bytes = 0;  // decoded bytes in all
  std::uint64_t wire_body_bytes = 0;
  FileList files;
};

struct Request : Message {
  [[nodiscard]] std::string_view path() const {
    return std::string_view(normalised_uri).substr(0, path_size);
  }
  Slice method;                 // in line
  Slice uri;                    // in line: as sent
  SlabString normalised_uri;    // path and query, decoded: http.uri
  std::uint32_t path_size = 0;  // the path's part of it
  SlabString hostname;          // lower case, from the URI or else the Host header; empty: none
  // As sent: the URI's, or else all that the header says, with user and port.
  [[nodiscard]] std::string_view raw_host() const {
    if (host_in_uri.size != 0) return host_in_uri.of(line);
    const auto authority = header(":authority");
    return authority ? *authority : header("host").value_or("");
  }
  Slice host_in_uri;       // in line
  SlabString host_text;    // host part of the Host header, as sent
  std::int32_t port = -1;  // written in the URI or the Host header; -1: none
};

struct Response : Message {
  Slice status, message;            // in line
  std::uint16_t status_number = 0;  // 0: absent or no number
};

}  // namespace weir::http
