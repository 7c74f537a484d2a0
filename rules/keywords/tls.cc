// Buffers that the hellos of TLS fill: server name, ALPN, random bytes.
#include "rules/keywords/tls_buffers.h"

namespace weir::rules {
namespace {

constexpr std::size_t kRandomTimeLength = 4;  // RFC 5246 7.4.1.2: the first bytes used to be the time

std::string_view sni(const Transaction& tx, Direction) {
  return tls_tx(tx).client.sni;
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

constexpr ValueForm kName{.dotted_name = true};

constexpr BufferSpec kTlsBuffers[] = {
    {.name = "tls.sni",
     .summary = "server name that the client asks for",
     .alias = "tls_sni",
     .sources = kClientHello<tx_text<sni>>,
     .form = &kName},
    {.name = "tls.alpn",
     .summary = "application protocols offered and chosen",
     .sources = kHellos<alpn>,
     .multiple = true},
    {.name = "tls.random", .summary = "32 random bytes of a hello", .sources = kHellos<random>},
    {.name = "tls.random_time", .summary = "first four of the random bytes", .sources = kHellos<random_time>},
    {.name = "tls.random_bytes", .summary = "the other 28 random bytes", .sources = kHellos<random_bytes>},
};

}  // namespace

const KeywordFile keywords_tls{.buffers = kTlsBuffers};

}  // namespace weir::rules
