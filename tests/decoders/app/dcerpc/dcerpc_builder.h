// PDUs of DCE/RPC for tests (C706 chapter 12).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "decoders/app/dcerpc/pdu.h"

namespace weir::test {

inline constexpr std::string_view kEndpointMapper = "e1af8308-5d1f-11c9-91a4-08002b14a0fa";
inline constexpr std::string_view kOtherInterface = "5d2b62aa-ee0a-4a95-91ae-b064fdb471fc";

// Writes the PDUs of one sender, in its byte order.
struct DcerpcBuilder {
  bool little = true;
  std::uint32_t call = 1;
  std::uint8_t flags = 3;  // the only fragment of its call

  [[nodiscard]] std::string number(std::uint64_t value, std::size_t bytes) const {
    std::string out;
    for (std::size_t i = 0; i < bytes; ++i)
      out += static_cast<char>(value >> 8U * (little ? i : bytes - 1 - i));
    return out;
  }
  [[nodiscard]] std::string uuid(std::string_view text) const {
    const auto bytes = dcerpc::parse_uuid(text).value();
    std::string out(bytes.begin(), bytes.end());
    if (!little) return out;
    return {out[3], out[2], out[1],  out[0],  out[5],  out[4],  out[7],  out[6],
            out[8], out[9], out[10], out[11], out[12], out[13], out[14], out[15]};
  }
  [[nodiscard]] std::string pdu(int type, const std::string& body) const {
    return std::string{'\5', '\0', static_cast<char>(type), static_cast<char>(flags),
                       little ? '\x10' : '\0'} +
           std::string(3, '\0') + number(16 + body.size(), 2) + number(0, 2) + number(call, 4) + body;
  }
  struct Context {
    std::uint16_t id;
    std::string_view interface;
    std::uint16_t version, minor;
  };
  [[nodiscard]] std::string bind(const std::vector<Context>& contexts, int type = 11) const {
    std::string body = number(4280, 2) + number(4280, 2) + number(0, 4);
    body += static_cast<char>(contexts.size());
    body += std::string(3, '\0');
    for (const Context& c : contexts) {
      body += number(c.id, 2) + '\1' + '\0' + uuid(c.interface) + number(c.version, 2) + number(c.minor, 2);
      body += std::string(20, '\x2a');  // a transfer syntax
    }
    return pdu(type, body);
  }
  [[nodiscard]] std::string bind_ack(const std::vector<std::uint16_t>& results,
                                     std::string_view address = "135", int type = 12) const {
    std::string body = number(4280, 2) + number(4280, 2) + number(7, 4);
    body += number(address.size() + 1, 2) + std::string(address) + '\0';
    body += std::string((4 - (16 + body.size()) % 4) % 4, '\0');
    body += static_cast<char>(results.size());
    body += std::string(3, '\0');
    for (const std::uint16_t r : results) body += number(r, 2) + number(2, 2) + std::string(20, '\x2a');
    return pdu(type, body);
  }
  [[nodiscard]] std::string request(std::uint16_t opnum, std::string_view stub,
                                    std::uint16_t context = 0) const {
    return pdu(0, number(stub.size(), 4) + number(context, 2) + number(opnum, 2) + std::string(stub));
  }
  // Stub data as rules know it, beginning with eight bytes of the header: "........".
  [[nodiscard]] std::string response(std::string_view stub) const {
    return pdu(2, std::string(8, '.') + std::string(stub));
  }
  [[nodiscard]] DcerpcBuilder of_call(std::uint32_t number) const {
    DcerpcBuilder out = *this;
    out.call = number;
    return out;
  }
  [[nodiscard]] DcerpcBuilder fragment(std::uint8_t fragment_flags) const {
    DcerpcBuilder out = *this;
    out.flags = fragment_flags;
    return out;
  }
  // A PDU without connection; the call's number is its sequence.
  [[nodiscard]] std::string datagram(int type, std::string_view body, std::uint8_t datagram_flags = 0,
                                     std::uint16_t fragment_number = 0, std::uint16_t opnum = 3) const {
    std::string out{'\4', static_cast<char>(type), static_cast<char>(datagram_flags), '\0'};
    out +=
        std::string{little ? '\x10' : '\0', '\0', '\0', '\0'} + std::string(16, '\0') + uuid(kEndpointMapper);
    out += uuid("ecbaabdb-001d-4354-b250-0b01630abafd") + number(0, 4) + number(3, 2) + number(0, 2);
    out +=
        number(call, 4) + number(opnum, 2) + number(0xffff, 2) + number(0xffff, 2) + number(body.size(), 2);
    return out + number(fragment_number, 2) + std::string(2, '\0') + std::string(body);
  }
};

}  // namespace weir::test
