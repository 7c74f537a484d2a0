#include "decoders/address_text.h"

#include <arpa/inet.h>

#include <cstring>

#include "decoders/text.h"

namespace weir {
namespace {

char* put_byte(char* to, unsigned value) {
  if (value >= 100) *to++ = static_cast<char>('0' + value / 100);
  if (value >= 10) *to++ = static_cast<char>('0' + value / 10 % 10);
  *to++ = static_cast<char>('0' + value % 10);
  return to;
}

IpAddress read_v6(std::string_view text) {
  IpAddress out;
  std::array<char, kAddressTextBytes> copy{};
  if (text.size() >= copy.size()) return out;
  std::memcpy(copy.data(), text.data(), text.size());
  if (inet_pton(AF_INET6, copy.data(), out.bytes.data()) == 1) out.family = 6;
  return out;
}

}  // namespace

ShortAddress::ShortAddress(const IpAddress& address) {
  if (address.family == 4) {
    char* to = text_.data();
    for (std::size_t i = 0; i < 4; ++i) {
      if (i != 0) *to++ = '.';
      to = put_byte(to, address.bytes[i]);
    }
    size_ = static_cast<std::size_t>(to - text_.data());
  } else if (address.family == 6 &&
             inet_ntop(AF_INET6, address.bytes.data(), text_.data(), kAddressTextBytes) != nullptr) {
    size_ = std::strlen(text_.data());
  }
}

std::string short_text(const IpAddress& address) {
  return std::string(ShortAddress(address).view());
}

std::optional<std::array<std::uint8_t, 6>> read_mac(std::string_view text) {
  constexpr std::size_t kPair = 3;  // with the colon
  std::array<std::uint8_t, 6> out{};
  if (text.size() != out.size() * kPair - 1) return std::nullopt;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::string_view pair = text.substr(i * kPair, kPair);
    const int high = hex_digit(pair[0]), low = hex_digit(pair[1]);
    if (high < 0 || low < 0 || (pair.size() == kPair && pair[2] != ':')) return std::nullopt;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return out;
}

IpAddress read_address(std::string_view text) {
  std::uint32_t address = 0;
  std::size_t at = 0;
  for (int part = 0; part < 4; ++part) {
    if (part != 0 && (at >= text.size() || text[at++] != '.')) return read_v6(text);
    const std::size_t begin = at;
    std::uint32_t value = 0;
    while (at < text.size() && at < begin + 3 && text[at] >= '0' && text[at] <= '9')
      value = value * 10 + static_cast<std::uint32_t>(text[at++] - '0');
    if (at == begin || value > 255 || (text[begin] == '0' && at > begin + 1)) return read_v6(text);
    address = address << 8U | value;
  }
  return at == text.size() ? IpAddress::v4(address) : read_v6(text);
}

}  // namespace weir
