#include "decoders/app/tls/hello.h"

#include <algorithm>

#include <fmt/format.h>

namespace weir::tls {
namespace {

// IANA "TLS ExtensionType Values".
enum Extension : std::uint16_t {
  ext_server_name = 0,
  ext_groups = 10,
  ext_point_formats = 11,
  ext_signature_algorithms = 13,
  ext_alpn = 16,
  ext_session_ticket = 35,
  ext_supported_versions = 43
};

constexpr std::uint8_t kSniHostName = 0;
constexpr std::size_t kUsualExtensions = 24;  // room made at once for those of a client

SlabString to_text(Bytes b) {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}

void read_u16_list(ByteCursor in, SlabVector<std::uint16_t>& out) {
  out.reserve(out.size() + in.remaining() / 2);
  while (in.remaining() >= 2) out.push_back(in.be16());
}

void read_random(ByteCursor& in, std::array<std::uint8_t, kRandomLength>& out) {
  const Bytes random = in.take(kRandomLength);
  std::copy(random.begin(), random.end(), out.begin());
}

void read_alpns(ByteCursor in, SlabVector<SlabString>& out) {
  ByteCursor list = in.sub(in.be16());
  while (!list.empty() && out.size() < kMaxAlpns) {
    const Bytes name = list.take(list.u8());
    if (!list.failed()) out.push_back(to_text(name));
  }
}

HelloFault read_server_name(ByteCursor in, ClientHello& out) {
  if (out.has_sni) return HelloFault::multiple_sni;
  out.has_sni = true;
  if (in.empty()) return HelloFault::none;  // a server's acknowledgement has no name
  in.skip(2);                               // length of the list
  if (in.u8() != kSniHostName) return in.failed() ? HelloFault::sni_length : HelloFault::sni_type;
  const Bytes name = in.take(in.be16());
  if (in.failed()) return HelloFault::sni_length;
  out.sni = to_text(name);
  return HelloFault::none;
}

// The first fault counts; a fault in an extension does not hide the others.
void keep_first(HelloFault& fault, HelloFault next) {
  if (fault == HelloFault::none) fault = next;
}

HelloFault read_client_extension(std::uint16_t type, ByteCursor data, ClientHello& out) {
  switch (type) {
    case ext_server_name: return read_server_name(data, out);
    case ext_groups: read_u16_list(data.sub(data.be16()), out.groups); break;
    case ext_signature_algorithms: read_u16_list(data.sub(data.be16()), out.signature_algorithms); break;
    case ext_supported_versions: read_u16_list(data.sub(data.u8()), out.versions); break;
    case ext_alpn:
      out.has_alpn = true;
      read_alpns(data, out.alpns);
      break;
    case ext_session_ticket: out.has_ticket = !data.empty(); break;
    case ext_point_formats: {
      const Bytes formats = data.take(data.u8());
      out.point_formats.assign(formats.begin(), formats.end());
      break;
    }
    default: break;
  }
  return HelloFault::none;
}

// Calls f(type, data) for each extension. False: a length runs past the end.
template <class F>
bool each_extension(ByteCursor& in, F&& f) {
  if (in.empty()) return !in.failed();  // SSLv3 and early TLS have none
  ByteCursor list = in.sub(in.be16());
  for (std::size_t i = 0; !list.empty() && i < kMaxExtensions; ++i) {
    const std::uint16_t type = list.be16();
    const ByteCursor data = list.sub(list.be16());
    if (list.failed()) break;
    f(type, data);
  }
  return !in.failed() && !list.failed();
}

// Drafts of TLS 1.3 up to 21 had neither session id nor compression in the server's hello.
bool is_old_draft(std::uint16_t version) {
  return (version >> 8U) == 0x7f;
}

}  // namespace

std::string_view version_name(std::uint16_t version, std::array<char, 8>& buffer) {
  switch (version) {
    case 0: return "UNDETERMINED";
    case 0x0200: return "SSLv2";
    case 0x0300: return "SSLv3";
    case 0x0301: return "TLSv1";
    case 0x0302: return "TLS 1.1";
    case 0x0303: return "TLS 1.2";
    case 0x0304: return "TLS 1.3";
    case 0x7f01: return "TLS 1.3 draft-<16";
    case 0x7f10: return "TLS 1.3 draft-16";
    case 0x7f11: return "TLS 1.3 draft-17";
    case 0x7f12: return "TLS 1.3 draft-18";
    case 0x7f13: return "TLS 1.3 draft-19";
    case 0x7f14: return "TLS 1.3 draft-20";
    case 0x7f15: return "TLS 1.3 draft-21";
    case 0x7f16: return "TLS 1.3 draft-22";
    case 0x7f17: return "TLS 1.3 draft-23";
    case 0x7f18: return "TLS 1.3 draft-24";
    case 0x7f19: return "TLS 1.3 draft-25";
    case 0x7f1a: return "TLS 1.3 draft-26";
    case 0x7f1b: return "TLS 1.3 draft-27";
    case 0x7f1c: return "TLS 1.3 draft-28";
    case 0xfb17: return "TLS 1.3 draft-23-fb";
    case 0xfb1a: return "TLS 1.3 draft-26-fb";
    default: break;
  }
  char* const end = fmt::format_to(buffer.data(), "0x{:04x}", version);
  return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

bool is_tls13(std::uint16_t version) {
  return version == 0x0304 || (version >> 8U) == 0x7f || (version >> 8U) == 0x7e || (version >> 8U) == 0xfb;
}

std::uint16_t ClientHello::offered_version() const {
  std::uint16_t best = 0;
  for (const std::uint16_t v : versions)
    if (!is_grease(v)) best = std::max(best, v);
  return best != 0 ? best : version;
}

HelloFault parse_client_hello(Bytes body, ClientHello& out) {
  ByteCursor in{body};
  out.version = in.be16();
  read_random(in, out.random);
  out.session_id = to_text(in.take(in.u8()));
  read_u16_list(in.sub(in.be16()), out.ciphers);
  in.skip(in.u8());  // compression methods
  HelloFault fault = HelloFault::none;
  out.extensions.reserve(kUsualExtensions);
  const bool whole = each_extension(in, [&](std::uint16_t type, ByteCursor data) {
    out.extensions.push_back(type);
    keep_first(fault, read_client_extension(type, data, out));
  });
  out.seen = true;
  return whole ? fault : HelloFault::truncated;
}

HelloFault parse_server_hello(Bytes body, ServerHello& out) {
  ByteCursor in{body};
  out.version = out.selected_version = in.be16();
  const bool old_draft = is_old_draft(out.version);
  read_random(in, out.random);
  if (!old_draft) out.session_id = to_text(in.take(in.u8()));
  out.cipher = in.be16();
  if (!old_draft) in.skip(1);  // compression method
  const bool whole = each_extension(in, [&](std::uint16_t type, ByteCursor data) {
    out.extensions.push_back(type);
    if (type == ext_supported_versions && data.remaining() >= 2) out.selected_version = data.be16();
    if (type == ext_alpn) read_alpns(data, out.alpns);
  });
  out.seen = true;
  return whole ? HelloFault::none : HelloFault::truncated;
}

}  // namespace weir::tls
