#include "engine/flows/eve_fields.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "decoders/address_text.h"
#include "decoders/ip_network.h"
#include "decoders/text.h"
#include "output/timestamp.h"

namespace weir::engine {

namespace dom = simdjson::dom;

std::string_view TextStore::keep(std::string_view text) {
  if (text.size() > kMaxTextBytes) {
    std::size_t size = kMaxTextBytes;
    while (size != 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U)
      --size;  // not within a character
    text = text.substr(0, size);
  }
  if (text.empty() || text.size() > bytes_.size() - size_) return {};
  char* const to = bytes_.data() + size_;
  std::memcpy(to, text.data(), text.size());
  size_ += text.size();
  return {to, text.size()};
}

void EveFields::expected(const char* key, std::string_view what) const {
  if (!problem_.empty()) return;
  problem_ = fmt::format("{}{}{}: expected {}", name_, name_.empty() ? "" : ".", key, what);
}

bool EveFields::has(const char* key) const {
  return object_[key].error() == simdjson::SUCCESS;
}

std::optional<EveFields> EveFields::object(const char* key) const {
  const auto found = object_[key];
  if (found.error() != simdjson::SUCCESS) return std::nullopt;
  dom::object inner;
  if (found.value_unsafe().get(inner) == simdjson::SUCCESS) return EveFields(inner, key, problem_, texts_);
  expected(key, "an object");
  return std::nullopt;
}

std::vector<EveFields> EveFields::objects(const char* key, std::size_t most) const {
  std::vector<EveFields> out;
  const auto found = object_[key];
  if (found.error() != simdjson::SUCCESS) return out;
  dom::array items;
  if (found.value_unsafe().get(items) != simdjson::SUCCESS) {
    expected(key, "a list");
    return out;
  }
  for (const dom::element item : items) {
    dom::object inner;
    if (item.get(inner) != simdjson::SUCCESS)
      expected(key, "a list of objects");
    else if (out.size() < most)
      out.emplace_back(inner, key, problem_, texts_);
  }
  return out;
}

bool EveFields::wide_number(const char* key, std::uint64_t most, std::uint64_t& out) const {
  const auto found = object_[key];
  if (found.error() != simdjson::SUCCESS) return false;
  if (found.value_unsafe().get(out) == simdjson::SUCCESS && out <= most) return true;
  expected(key, fmt::format("a number up to {}", most));
  return false;
}

std::vector<std::uint64_t> EveFields::numbers(const char* key, std::uint64_t most_value,
                                              std::size_t most) const {
  std::vector<std::uint64_t> out;
  const auto found = object_[key];
  if (found.error() != simdjson::SUCCESS) return out;
  dom::array items;
  if (found.value_unsafe().get(items) != simdjson::SUCCESS)
    expected(key, "a list");
  else
    for (const dom::element item : items) {
      std::uint64_t number = 0;
      if (item.get(number) != simdjson::SUCCESS || number > most_value)
        expected(key, fmt::format("numbers up to {}", most_value));
      else if (out.size() < most)
        out.push_back(number);
    }
  return out;
}

bool EveFields::real(const char* key, double& out) const {
  const auto found = object_[key];
  if (found.error() != simdjson::SUCCESS) return false;
  if (found.value_unsafe().get(out) == simdjson::SUCCESS) return true;
  expected(key, "a number");
  return false;
}

bool EveFields::flag(const char* key, bool& out) const {
  const auto found = object_[key];
  if (found.error() != simdjson::SUCCESS) return false;
  if (found.value_unsafe().get(out) == simdjson::SUCCESS) return true;
  expected(key, "true or false");
  return false;
}

bool EveFields::raw_text(const char* key, std::string_view& out) const {
  const auto found = object_[key];
  if (found.error() != simdjson::SUCCESS) return false;
  if (found.value_unsafe().get(out) == simdjson::SUCCESS) return true;
  expected(key, "a text");
  return false;
}

bool EveFields::text(const char* key, std::string_view& out) const {
  std::string_view raw;
  if (!raw_text(key, raw)) return false;
  out = texts_.keep(raw);
  return true;
}

std::string_view EveFields::word(const char* key) const {
  std::string_view out;
  raw_text(key, out);
  return out;
}

bool EveFields::hex(const char* key, std::string_view& out) const {
  std::string_view raw;
  if (!raw_text(key, raw)) return false;
  const auto bytes = parse_hex(raw);
  if (bytes)
    out = texts_.keep(*bytes);
  else
    expected(key, "hexadecimal digits");
  return bytes.has_value();
}

bool EveFields::hex_byte(const char* key, std::uint8_t& out) const {
  std::string_view raw;
  if (!raw_text(key, raw)) return false;
  const auto byte = parse_number<std::uint8_t>(raw, 16);
  if (byte)
    out = *byte;
  else
    expected(key, "two hexadecimal digits");
  return byte.has_value();
}

bool EveFields::address(const char* key, IpAddress& out) const {
  std::string_view raw;
  if (!raw_text(key, raw)) return false;
  const auto address = parse_address(raw);
  if (address)
    out = *address;
  else
    expected(key, "an address");
  return address.has_value();
}

bool EveFields::time(const char* key, TimeUs& out) const {
  std::string_view raw;
  if (!raw_text(key, raw)) return false;
  const auto time = output::parse_iso_time(raw);
  const bool is_good = time.has_value() && *time >= 0;  // from 1970 on
  if (is_good)
    out = *time;
  else
    expected(key, "a time such as 2026-11-30T14:00:00.000000+0000");
  return is_good;
}

bool EveFields::mac_of(const char* key, std::string_view text, MacAddress& out) const {
  const auto mac = read_mac(text);
  if (mac)
    out = *mac;
  else
    expected(key, "a MAC address");
  return mac.has_value();
}

bool EveFields::mac(const char* key, MacAddress& out) const {
  std::string_view raw;
  return raw_text(key, raw) && mac_of(key, raw, out);
}

bool EveFields::first_mac(const char* key, MacAddress& out) const {
  const auto found = object_[key];
  dom::array items;
  std::string_view raw;
  if (found.error() != simdjson::SUCCESS) return false;
  if (found.value_unsafe().get(items) == simdjson::SUCCESS && items.size() != 0 &&
      items.at(0).get(raw) == simdjson::SUCCESS)
    return mac_of(key, raw, out);
  expected(key, "a list of MAC addresses");
  return false;
}

}  // namespace weir::engine
