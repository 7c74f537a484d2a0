// JA3, JA3S and JA4: what identifies a peer by its hello.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "decoders/app/tls/hello.h"

namespace weir::tls {
namespace {

std::string digest_hex(std::string_view text, const EVP_MD* algorithm) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &length, algorithm, nullptr) != 1) return {};
  std::string out;
  out.reserve(length * std::size_t{2});
  for (unsigned i = 0; i < length; ++i) fmt::format_to(std::back_inserter(out), "{:02x}", digest[i]);
  return out;
}

// "," and then the values joined by "-", without GREASE.
template <class List>
void append_list(std::string& out, const List& values) {
  out += ',';
  bool first = true;
  for (const auto value : values) {
    if (is_grease(value)) continue;
    fmt::format_to(std::back_inserter(out), "{}{}", first ? "" : "-", value);
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
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {kDigits[first >> 4U], kDigits[last & 0xfU]};
}

std::vector<std::uint16_t> without_grease(const std::vector<std::uint16_t>& values) {
  std::vector<std::uint16_t> out;
  std::copy_if(values.begin(), values.end(), std::back_inserter(out),
               [](std::uint16_t v) { return !is_grease(v); });
  return out;
}

std::string hex_list(const std::vector<std::uint16_t>& values) {
  std::string out;
  for (const std::uint16_t v : values)
    fmt::format_to(std::back_inserter(out), "{}{:04x}", out.empty() ? "" : ",", v);
  return out;
}

std::string ja4_hash(const std::string& text) {
  return text.empty() ? "000000000000" : sha256_hex(text).substr(0, 12);
}

}  // namespace

std::string md5_hex(std::string_view text) {
  return digest_hex(text, EVP_md5());
}
std::string sha256_hex(std::string_view text) {
  return digest_hex(text, EVP_sha256());
}

std::string ja3_text(const ClientHello& hello) {
  std::string out = fmt::format("{}", hello.version);
  append_list(out, hello.ciphers);
  append_list(out, hello.extensions);
  append_list(out, hello.groups);
  append_list(out, hello.point_formats);
  return out;
}

std::string ja3s_text(const ServerHello& hello) {
  std::string out = fmt::format("{},{}", hello.version, hello.cipher);
  append_list(out, hello.extensions);
  return out;
}

std::string ja4_text(const ClientHello& hello, char transport) {
  std::vector<std::uint16_t> ciphers = without_grease(hello.ciphers);
  std::vector<std::uint16_t> extensions = without_grease(hello.extensions);
  const std::vector<std::uint16_t> algorithms = without_grease(hello.signature_algorithms);
  const auto alpn = ja4_alpn(hello);
  std::string out = fmt::format("{}{}{}{:02}{:02}{}{}", transport, ja4_version(hello.offered_version()),
                                hello.has_sni ? 'd' : 'i', std::min<std::size_t>(ciphers.size(), 99),
                                std::min<std::size_t>(extensions.size(), 99), alpn[0], alpn[1]);
  std::sort(ciphers.begin(), ciphers.end());
  // Server name and ALPN tell the site, not the client.
  std::erase_if(extensions, [](std::uint16_t e) { return e == 0 || e == 16; });
  std::sort(extensions.begin(), extensions.end());
  std::string second = hex_list(extensions);
  if (!algorithms.empty())
    second.append("_").append(hex_list(algorithms));  // GCC 12 misreads "_" + (-Wrestrict)
  return out + "_" + ja4_hash(hex_list(ciphers)) + "_" + ja4_hash(second);
}

}  // namespace weir::tls
