// Builds DNS messages byte by byte for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decoders/types.h"

namespace weir::test {

class DnsBuilder {
 public:
  DnsBuilder(std::uint16_t id, std::uint16_t flags, std::uint16_t questions, std::uint16_t answers = 0,
             std::uint16_t authorities = 0, std::uint16_t additionals = 0) {
    be16(id).be16(flags).be16(questions).be16(answers).be16(authorities).be16(additionals);
  }
  DnsBuilder& u8(unsigned v) {
    bytes_.push_back(static_cast<std::uint8_t>(v));
    return *this;
  }
  DnsBuilder& be16(unsigned v) { return u8(v >> 8U).u8(v & 0xffU); }
  DnsBuilder& be32(std::uint32_t v) { return be16(v >> 16U).be16(v & 0xffffU); }
  DnsBuilder& raw(std::string_view s) {
    bytes_.insert(bytes_.end(), s.begin(), s.end());
    return *this;
  }
  DnsBuilder& label(std::string_view s) { return u8(static_cast<unsigned>(s.size())).raw(s); }
  DnsBuilder& name(std::string_view dotted) {
    while (!dotted.empty()) {
      const auto dot = dotted.find('.');
      label(dotted.substr(0, dot));
      dotted = dot == std::string_view::npos ? std::string_view{} : dotted.substr(dot + 1);
    }
    return u8(0);
  }
  DnsBuilder& pointer(unsigned to) { return be16(0xc000U | to); }
  DnsBuilder& question(std::string_view dotted, unsigned type) { return name(dotted).be16(type).be16(1); }
  // Type, class, TTL and data of a record whose name stands already.
  DnsBuilder& record(unsigned type, std::uint32_t ttl, std::string_view data) {
    return be16(type).be16(1).be32(ttl).be16(static_cast<unsigned>(data.size())).raw(data);
  }
  [[nodiscard]] Bytes bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  std::vector<std::uint8_t> bytes_;
};

// A query for www.example.com A, and its answer: a CNAME and an address.
inline DnsBuilder example_query() {
  return std::move(DnsBuilder(0x1234, 0x0100, 1).question("www.example.com", 1));
}
inline DnsBuilder example_answer() {
  DnsBuilder b(0x1234, 0x8180, 1, 2);
  b.question("www.example.com", 1);
  b.pointer(12).record(5, 300,
                       std::string_view("\x03"
                                        "web\xc0\x10",
                                        6));  // CNAME web.example.com
  return std::move(b.pointer(12).record(1, 60, std::string_view("\xc0\x00\x02\x01", 4)));
}

}  // namespace weir::test
