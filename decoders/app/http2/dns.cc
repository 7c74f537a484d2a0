// DNS messages that the messages of HTTP carry (RFC 8484): each is a transaction of DNS beside the stream's.
#include <algorithm>
#include <string>
#include <utility>

#include "decoders/app/dns/dns.h"
#include "decoders/app/http2/parser.h"
#include "decoders/app/protocol_ids.h"
#include "decoders/base64.h"
#include "decoders/text.h"

namespace weir::http2 {

using http::HttpTransaction;

namespace {

constexpr std::string_view kType = "application/dns-message";
constexpr std::size_t kMaxMessage = 65535;

bool says_dns(const http::Message& m, std::string_view header) {
  const auto value = m.header(header);
  return value && contains_nocase(*value, kType);
}

// "/dns-query?dns=AAABAAAB..."; empty: there is none.
std::string_view in_query(std::string_view uri) {
  constexpr std::string_view kName = "dns=";
  std::size_t at = uri.find('?');
  while (at != std::string_view::npos) {
    uri.remove_prefix(at + 1);
    if (uri.starts_with(kName)) return uri.substr(kName.size(), uri.find_first_of("&#") - kName.size());
    at = uri.find('&');
  }
  return {};
}

}  // namespace

void Http2Parser::look_for_dns(Stream& s, Direction d, HttpTransaction& tx) {
  const bool client = d == Direction::to_server;
  const bool in_body = says_dns(tx.message(d), "content-type");
  if (!in_body && !(client && says_dns(tx.request, "accept"))) return;
  has_dns_ = true;
  s.dns_in_body[index(d)] = s.has_dns[index(d)] = in_body;
  if (in_body) return;
  SlabString coded(in_query(tx.request.uri.of(tx.request.line)));
  if (coded.empty()) return;
  std::replace(coded.begin(), coded.end(), '-', '+');
  std::replace(coded.begin(), coded.end(), '_', '/');
  std::string message;
  decode_base64(as_bytes(coded), message, Base64Mode::rfc4648);
  if (message.size() > kMaxMessage) return raise(tx, Event::dns_request_too_long);
  tx.framed->side(d).carried.assign(message.begin(), message.end());
  s.has_dns[index(d)] = true;
}

void Http2Parser::gather_dns(Stream& s, Direction d, HttpTransaction& tx, Bytes chunk) {
  if (!s.dns_in_body[index(d)]) return;
  SlabVector<std::uint8_t>& message = tx.framed->side(d).carried;
  if (chunk.size() > kMaxMessage - message.size()) {
    forget_dns(s, d, tx);
    return raise(tx, d == Direction::to_server ? Event::dns_request_too_long : Event::dns_response_too_long);
  }
  message.insert(message.end(), chunk.begin(), chunk.end());
}

// It is too long, or bytes of it are missing.
void Http2Parser::forget_dns(Stream& s, Direction d, HttpTransaction& tx) {
  if (!s.dns_in_body[index(d)]) return;
  s.dns_in_body[index(d)] = s.has_dns[index(d)] = false;
  tx.framed->side(d).carried = SlabVector<std::uint8_t>();
}

void Http2Parser::add_dns(Direction d, HttpTransaction& carrier) {
  const SlabVector<std::uint8_t> message =
      std::exchange(carrier.framed->side(d).carried, SlabVector<std::uint8_t>());
  transactions_.charge(carrier);
  auto& tx = transactions_.add_of<dns::DnsTransaction>(AppProto::dns, d);
  dns::read_message(tx, message, dns::Askers::client);
  transactions_.charge(tx);
}

}  // namespace weir::http2
