// How the fields of templates and records are written: four readers of one list of fields (record_fields.h, option_fields.h),
// so that a template, the bytes behind it and their length can never differ.
//
// Each has number(element, bytes, value), for as many low bytes of a number as it is sent in, own(element, bytes, value) for
// those of the user's enterprise, reverse(element, bytes, value) for those of the other direction (RFC 5103), address(element,
// address), mac(element, address), text(element, bytes, text), own_text(element, text), own_address(element, address).
//
// An address of the user's enterprise has 16 bytes for either family: IPv4 is mapped (RFC 4291 2.5.5.2), none is zeros.
// A text is sent with its length where the protocol has that (IPFIX), and else in so many `bytes`, the rest zeros. Texts are
// cut to kMaxExportText, those of the user's enterprise to kMaxOwnText.
#pragma once

#include <endian.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "decoders/flow/elements.h"
#include "decoders/flow/limits.h"
#include "decoders/flow/record.h"

namespace weir::output {

inline constexpr std::size_t kMaxExportText = 240;
inline constexpr std::size_t kMaxOwnText = 512;  // the most first bytes of a flow that its meter keeps

// With its length a text takes one byte more; of 255 and beyond three (RFC 7011 7).
inline constexpr std::size_t kLongText = 255;
constexpr std::size_t bytes_with_length(std::size_t text) {
  return text + (text < kLongText ? 1 : 3);
}

// Most significant byte first, in 1 to 4 or 8 bytes. The caller has looked that there is room.
inline std::uint8_t* put_be(std::uint8_t* to, std::uint64_t value, unsigned bytes) {
  const auto put = [&to](auto number) {
    std::memcpy(to, &number, sizeof number);
    return to + sizeof number;
  };
  switch (bytes) {
    case 1: return put(static_cast<std::uint8_t>(value));
    case 2: return put(htobe16(static_cast<std::uint16_t>(value)));
    case 3:
      to = put(static_cast<std::uint8_t>(value >> 16U));
      return put(htobe16(static_cast<std::uint16_t>(value)));
    case 4: return put(htobe32(static_cast<std::uint32_t>(value)));
    default: return put(htobe64(value));
  }
}

inline constexpr unsigned kOwnAddressBytes = 16;
inline std::array<std::uint8_t, kOwnAddressBytes> mapped(const IpAddress& a) {
  std::array<std::uint8_t, kOwnAddressBytes> out{};
  if (a.family == 6) out = a.bytes;
  if (a.family != 4) return out;
  out[10] = out[11] = 0xff;
  std::copy_n(a.bytes.begin(), 4, out.begin() + 12);
  return out;
}

// How the texts of a protocol are sent, and under which number our own elements.
struct WireDialect {
  bool variable_texts = false;
  std::uint32_t enterprise = 0;
};

// Specifiers of a template.
class TemplateOut {
 public:
  TemplateOut(std::uint8_t* to, const WireDialect& dialect) : at_(to), dialect_(dialect) {}
  void number(std::uint16_t element, unsigned bytes, std::uint64_t) { specifier(element, bytes); }
  void own(int element, unsigned bytes, std::uint64_t) {
    specifier(static_cast<std::uint16_t>(element), bytes, dialect_.enterprise);
  }
  void reverse(std::uint16_t element, unsigned bytes, std::uint64_t) {
    specifier(element, bytes, flow::kReverse);
  }
  void address(std::uint16_t element, const IpAddress& a) { specifier(element, a.family == 4 ? 4 : 16); }
  void mac(std::uint16_t element, const MacAddress& a) {
    specifier(element, static_cast<unsigned>(a.size()));
  }
  void text(std::uint16_t element, unsigned bytes, std::string_view) {
    specifier(element, dialect_.variable_texts ? flow::kVariableLength : bytes);
  }
  void own_text(int element, std::string_view) {
    specifier(static_cast<std::uint16_t>(element), flow::kVariableLength, dialect_.enterprise);
  }
  void own_address(int element, const IpAddress&) {
    specifier(static_cast<std::uint16_t>(element), kOwnAddressBytes, dialect_.enterprise);
  }
  [[nodiscard]] std::uint8_t* end() const { return at_; }
  [[nodiscard]] std::uint16_t fields() const { return fields_; }

 private:
  static constexpr std::uint16_t kHasEnterprise = 0x8000;
  void specifier(std::uint16_t element, unsigned bytes, std::uint32_t enterprise = 0) {
    at_ = put_be(at_, element | (enterprise != 0 ? kHasEnterprise : 0U), 2);
    at_ = put_be(at_, bytes, 2);
    if (enterprise != 0) at_ = put_be(at_, enterprise, 4);
    ++fields_;
  }
  std::uint8_t* at_;
  const WireDialect& dialect_;
  std::uint16_t fields_ = 0;
};

// The values of a record.
class DataOut {
 public:
  DataOut(std::uint8_t* to, const WireDialect& dialect) : at_(to), dialect_(dialect) {}
  void number(std::uint16_t, unsigned bytes, std::uint64_t value) { at_ = put_be(at_, value, bytes); }
  void own(int, unsigned bytes, std::uint64_t value) { at_ = put_be(at_, value, bytes); }
  void reverse(std::uint16_t, unsigned bytes, std::uint64_t value) { at_ = put_be(at_, value, bytes); }
  void address(std::uint16_t, const IpAddress& a) {
    a.family == 4 ? bytes(a.bytes.data(), 4) : bytes(a.bytes.data(), 16);
  }
  void mac(std::uint16_t, const MacAddress& a) { bytes(a.data(), a.size()); }
  void text(std::uint16_t element, unsigned size, std::string_view text) {
    if (dialect_.variable_texts) return own_text(element, text.substr(0, kMaxExportText));
    text = text.substr(0, size);
    bytes(text.data(), text.size());
    std::memset(at_, 0, size - text.size());
    at_ += size - text.size();
  }
  void own_text(int, std::string_view text) {
    text = text.substr(0, kMaxOwnText);
    const bool is_long = text.size() >= kLongText;
    at_ = put_be(at_, is_long ? kLongText : text.size(), 1);
    if (is_long) at_ = put_be(at_, text.size(), 2);
    bytes(text.data(), text.size());
  }
  void own_address(int, const IpAddress& a) { bytes(mapped(a).data(), kOwnAddressBytes); }
  [[nodiscard]] std::uint8_t* end() const { return at_; }

 private:
  void bytes(const void* from, std::size_t size) {
    if (size != 0) std::memcpy(at_, from, size);  // an empty text has no place
    at_ += size;
  }
  std::uint8_t* at_;
  const WireDialect& dialect_;
};

// How many bytes texts take beyond those that empty ones have: all that differs between records of one template.
class TextOut {
 public:
  void number(std::uint16_t, unsigned, std::uint64_t) {}
  void own(int, unsigned, std::uint64_t) {}
  void reverse(std::uint16_t, unsigned, std::uint64_t) {}
  void address(std::uint16_t, const IpAddress&) {}
  void mac(std::uint16_t, const MacAddress&) {}
  // In protocols that have it; others have none in records.
  void text(std::uint16_t element, unsigned, std::string_view text) {
    own_text(element, text.substr(0, kMaxExportText));
  }
  void own_text(int, std::string_view text) {
    bytes_ += bytes_with_length(std::min(text.size(), kMaxOwnText)) - bytes_with_length(0);
  }
  void own_address(int, const IpAddress&) {}
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

// How many bytes the values take.
class LengthOut {
 public:
  explicit LengthOut(const WireDialect& dialect) : dialect_(dialect) {}
  void number(std::uint16_t, unsigned bytes, std::uint64_t) { bytes_ += bytes; }
  void own(int, unsigned bytes, std::uint64_t) { bytes_ += bytes; }
  void reverse(std::uint16_t, unsigned bytes, std::uint64_t) { bytes_ += bytes; }
  void address(std::uint16_t, const IpAddress& a) { bytes_ += a.family == 4 ? 4 : 16; }
  void mac(std::uint16_t, const MacAddress& a) { bytes_ += a.size(); }
  void text(std::uint16_t element, unsigned bytes, std::string_view text) {
    if (dialect_.variable_texts) return own_text(element, text.substr(0, kMaxExportText));
    bytes_ += bytes;
  }
  void own_text(int, std::string_view text) {
    bytes_ += bytes_with_length(std::min(text.size(), kMaxOwnText));
  }
  void own_address(int, const IpAddress&) { bytes_ += kOwnAddressBytes; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  const WireDialect& dialect_;
  std::size_t bytes_ = 0;
};

}  // namespace weir::output
