// JA3, JA3S and JA4: what identifies a peer by its hello.
#include <algorithm>
#include <array>
#include <charconv>

#include "decoders/app/tls/hello.h"
#include "decoders/digest.h"
#include "decoders/text.h"

namespace weir::tls {
namespace {

void append_number(SlabString& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_two_digits(SlabString& out, std::size_t value) {
  if (value < 10) out += '0';
  append_number(out, std::min<std::size_t>(value, 99));
}

// "," and then the values joined by "-", without GREASE.
template <class List>
void append_list(SlabString& out, const List& values) {
  out += ',';
  bool first = true;
  for (const auto value : values) {
    if (is_grease(value)) continue;
    if (!first) out += '-';
    append_number(out, value);
    first = false;
  }
}

std::string_view ja4_version(std::uint16_t version) {
  switch (version) {
    case 0x0304: return "13";
    case 0x0303: return "12";
    case 0x0302: return "11";
    case 0x0301: return "10";
    case 0x0300: return "s3";
    case 0x0200: return "s2";
    case 0x0100: return "s1";
    case 0xfeff: return "d1";
    case 0xfefd: return "d2";
    case 0xfefc: return "d3";
    default: return "00";
  }
}

bool alphanumeric(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// First and last character of the first protocol; of bytes that are none, the first and last hex digit.
std::array<char, 2> ja4_alpn(const ClientHello& hello) {
  if (hello.alpns.empty() || hello.alpns[0].empty()) return {'0', '0'};
  const auto first = static_cast<unsigned char>(hello.alpns[0].front());
  const auto last = static_cast<unsigned char>(hello.alpns[0].back());
  if (alphanumeric(first) && alphanumeric(last)) return {static_cast<char>(first), static_cast<char>(last)};
  return {kHexDigits[first >> 4U], kHexDigits[last & 0xfU]};
}

SlabVector<std::uint16_t> without_grease(const SlabVector<std::uint16_t>& values) {
  SlabVector<std::uint16_t> out;
  out.reserve(values.size());
  std::copy_if(values.begin(), values.end(), std::back_inserter(out),
               [](std::uint16_t v) { return !is_grease(v); });
  return out;
}

void append_hex_list(SlabString& out, const SlabVector<std::uint16_t>& values) {
  out.reserve(out.size() + values.size() * 5);
  bool first = true;
  for (const std::uint16_t v : values) {
    if (!first) out += ',';
    for (unsigned shift = 16; shift != 0;) out += kHexDigits[(v >> (shift -= 4)) & 0xfU];
    first = false;
  }
}

SlabString ja4_hash(std::string_view text) {
  return text.empty() ? SlabString("000000000000") : sha256_hex(text).substr(0, 12);
}

}  // namespace

SlabString md5_hex(std::string_view text) {
  return hex(digest(Hash::md5, as_bytes(text)).view());
}
SlabString sha256_hex(std::string_view text) {
  return hex(digest(Hash::sha256, as_bytes(text)).view());
}

SlabString ja3_text(const ClientHello& hello) {
  SlabString out;
  out.reserve(256);
  append_number(out, hello.version);
  append_list(out, hello.ciphers);
  append_list(out, hello.extensions);
  append_list(out, hello.groups);
  append_list(out, hello.point_formats);
  return out;
}

SlabString ja3s_text(const ServerHello& hello) {
  SlabString out;
  append_number(out, hello.version);
  out += ',';
  append_number(out, hello.cipher);
  append_list(out, hello.extensions);
  return out;
}

SlabString ja4_text(const ClientHello& hello, char transport) {
  SlabVector<std::uint16_t> ciphers = without_grease(hello.ciphers);
  SlabVector<std::uint16_t> extensions = without_grease(hello.extensions);
  const SlabVector<std::uint16_t> algorithms = without_grease(hello.signature_algorithms);
  SlabString out(1, transport);
  out.append(ja4_version(hello.offered_version())) += hello.has_sni ? 'd' : 'i';
  append_two_digits(out, ciphers.size());
  append_two_digits(out, extensions.size());
  for (const char c : ja4_alpn(hello)) out += c;
  std::sort(ciphers.begin(), ciphers.end());
  // Server name and ALPN tell the site, not the client.
  std::erase_if(extensions, [](std::uint16_t e) { return e == 0 || e == 16; });
  std::sort(extensions.begin(), extensions.end());
  SlabString list;
  append_hex_list(list, ciphers);
  (out += '_') += ja4_hash(list);
  list.clear();
  append_hex_list(list, extensions);
  if (!algorithms.empty()) append_hex_list(list += '_', algorithms);
  return (out += '_') += ja4_hash(list);
}

}  // namespace weir::tls
