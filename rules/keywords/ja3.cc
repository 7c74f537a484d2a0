// JA3, JA3S and JA4: fingerprints of the peers by their hellos.
#include "rules/keywords/tls_buffers.h"

namespace weir::rules {
namespace {

using tls::TlsTransaction;

template <auto make>
std::string_view fingerprint(const Transaction& tx, Direction) {
  return (tls_tx(tx).*make)();
}

template <auto make>
constexpr auto& kOfClient = kClientHello<tx_text<fingerprint<make>>>;
template <auto make>
constexpr auto& kOfServer = kServerHello<tx_text<fingerprint<make>>>;

constexpr BufferSpec kJa3Buffers[] = {
    {.name = "ja3.hash",
     .summary = "MD5 of the client's JA3 string, lower case",
     .alias = "ja3_hash",
     .sources = kOfClient<&TlsTransaction::ja3_hash>},
    {.name = "ja3.string",
     .summary = "the client's JA3 string",
     .alias = "ja3_string",
     .sources = kOfClient<&TlsTransaction::ja3>},
    {.name = "ja3s.hash",
     .summary = "MD5 of the server's JA3S string, lower case",
     .sources = kOfServer<&TlsTransaction::ja3s_hash>},
    {.name = "ja3s.string",
     .summary = "the server's JA3S string",
     .sources = kOfServer<&TlsTransaction::ja3s>},
    {.name = "ja4.hash",
     .summary = "the client's JA4 fingerprint",
     .sources = kOfClient<&TlsTransaction::ja4>},
};

}  // namespace

const KeywordFile keywords_ja3{.buffers = kJa3Buffers};

}  // namespace weir::rules
