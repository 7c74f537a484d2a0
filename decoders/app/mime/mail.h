// A mail as plain data: what rules and events see of a message in Internet format (RFC 5322) and of its parts (RFC 2045).
//
// MimeParser (parser.h) fills it while the message comes; the protocol that carries the mail owns it, in its transaction. Each
// list has a cap; what is over it is left out.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "decoders/slab.h"

namespace weir::mime {

inline constexpr std::size_t kMaxFields = 256;        // of the header that are kept
inline constexpr std::size_t kMaxFieldBytes = 65536;  // of their names and values together
inline constexpr std::size_t kMaxUrls = 256;
inline constexpr std::size_t kMaxUrl = 2048;  // bytes of one
inline constexpr std::size_t kMaxAttachments = 64;

// How far the reading has come. Its names are Suricata's.
enum class Status : std::uint8_t { header_ready, header_started, body_started, body_end_bound, parse_done };
std::string_view status_name(Status s);

// What can be wrong with a message. Protocols have events of these names.
enum class Fault : std::uint8_t {
  parse_failed,    // parts are nested deeper than is read
  malformed_msg,   // parts without a boundary, or one that does not end as it should
  invalid_base64,  // more bytes of it are none of the 64 than are
  invalid_qp,      // "=" without two digits behind it
  long_header_name,
  long_header_value,  // over `header-value-depth`: it is cut
  long_line,
  long_enc_line,  // of base64 or quoted-printable
  long_boundary,
  long_filename,  // it is cut
};
inline constexpr std::size_t kFaultKinds = 10;

struct Field {
  SlabString name;  // as sent
  SlabString
      value;  // without the blanks around it; lines that belong together are put together without blanks between
};

struct Mail {
  Status status = Status::header_ready;
  SlabVector<Field> fields;            // of the message's own header, in order
  SlabVector<SlabString> attachments;  // names of files
  SlabVector<SlabString> urls;         // in lower case, those of one part last one first
  bool has_exe_url = false, has_ipv4_url = false, has_ipv6_url = false;
  SlabString body_md5;  // hexadecimal digits; when it was asked for, at the end

  // The last one of that name, whatever its case; none: empty.
  [[nodiscard]] std::string_view field(std::string_view name) const;
  // The one with `index` among those of that name; null: there are not so many.
  [[nodiscard]] const SlabString* field(std::string_view name, std::size_t index) const;
  [[nodiscard]] bool contains(std::string_view name) const { return field(name, 0) != nullptr; }
  // What is wrong with it, each kind once, in the order in which it was found.
  [[nodiscard]] std::span<const Fault> faults() const { return std::span(faults_).first(fault_count_); }
  void note(Fault f) {
    for (const Fault known : faults())
      if (known == f) return;
    faults_[fault_count_++] = f;
  }
  // Bytes that it takes, about.
  [[nodiscard]] std::size_t held() const;

  std::size_t field_bytes = 0;  // of all names and values

 private:
  std::array<Fault, kFaultKinds> faults_{};
  std::size_t fault_count_ = 0;
};

}  // namespace weir::mime
