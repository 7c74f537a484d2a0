// Buffers that the hellos of TLS fill: server name, ALPN, random bytes.
#include "rules/keywords/tls_buffers.h"

namespace weir::rules {
namespace {

constexpr std::size_t kRandomTimeLength = 4;  // RFC 5246 7.4.1.2: the first bytes used to be the time

std::optional<BodyView> sni(const BufferRequest& r) {
  return tls_value(r, tls_tx(r.tx).client.sni);
}

std::optional<BodyView> alpn(const BufferRequest& r) {
  const tls::TlsTransaction& tx = tls_tx(r.tx);
  return tls_item(r, r.direction == Direction::to_server ? tx.client.alpns : tx.server.alpns);
}

std::optional<Bytes> random_of(const BufferRequest& r) {
  const tls::TlsTransaction& tx = tls_tx(r.tx);
  if (r.index != 0) return std::nullopt;
  if (r.direction == Direction::to_server)
    return tx.client.seen ? std::optional<Bytes>{tx.client.random} : std::nullopt;
  return tx.server.seen ? std::optional<Bytes>{tx.server.random} : std::nullopt;
}

std::optional<BodyView> random(const BufferRequest& r) {
  const auto bytes = random_of(r);
  return bytes ? whole(*bytes) : std::nullopt;
}
std::optional<BodyView> random_time(const BufferRequest& r) {
  const auto bytes = random_of(r);
  return bytes ? whole(bytes->first(kRandomTimeLength)) : std::nullopt;
}
std::optional<BodyView> random_bytes(const BufferRequest& r) {
  const auto bytes = random_of(r);
  return bytes ? whole(bytes->subspan(kRandomTimeLength)) : std::nullopt;
}

constexpr BufferSpec kSni{.name = "tls.sni", .sources = kClientHelloSource<sni>};
constexpr BufferSpec kAlpn{.name = "tls.alpn", .sources = kHelloSources<alpn>, .multiple = true};
constexpr BufferSpec kRandom{.name = "tls.random", .sources = kHelloSources<random>};
constexpr BufferSpec kRandomTime{.name = "tls.random_time", .sources = kHelloSources<random_time>};
constexpr BufferSpec kRandomBytes{.name = "tls.random_bytes", .sources = kHelloSources<random_bytes>};

}  // namespace

const KeywordSpec kw_tls_sni = sticky<kSni>("tls.sni", "server name that the client asks for");
const KeywordSpec kw_tls_sni_old = sticky<kSni>("tls_sni", "server name that the client asks for");
const KeywordSpec kw_tls_alpn = sticky<kAlpn>("tls.alpn", "application protocols offered and chosen");
const KeywordSpec kw_tls_random = sticky<kRandom>("tls.random", "32 random bytes of a hello");
const KeywordSpec kw_tls_random_time =
    sticky<kRandomTime>("tls.random_time", "first four of the random bytes");
const KeywordSpec kw_tls_random_bytes = sticky<kRandomBytes>("tls.random_bytes", "the other 28 random bytes");

}  // namespace weir::rules
