// JA3, JA3S and JA4: fingerprints of the peers by their hellos.
#include "rules/keywords/tls_buffers.h"

namespace weir::rules {
namespace {

using tls::TlsTransaction;

template <auto make>
std::optional<BodyView> fingerprint(const BufferRequest& r) {
  return tls_value(r, (tls_tx(r.tx).*make)());
}

constexpr BufferSpec kJa3Hash{.name = "ja3.hash",
                              .sources = kClientHelloSource<fingerprint<&TlsTransaction::ja3_hash>>};
constexpr BufferSpec kJa3String{.name = "ja3.string",
                                .sources = kClientHelloSource<fingerprint<&TlsTransaction::ja3>>};
constexpr BufferSpec kJa3sHash{.name = "ja3s.hash",
                               .sources = kServerHelloSource<fingerprint<&TlsTransaction::ja3s_hash>>};
constexpr BufferSpec kJa3sString{.name = "ja3s.string",
                                 .sources = kServerHelloSource<fingerprint<&TlsTransaction::ja3s>>};
constexpr BufferSpec kJa4Hash{.name = "ja4.hash",
                              .sources = kClientHelloSource<fingerprint<&TlsTransaction::ja4>>};

}  // namespace

const KeywordSpec kw_ja3_hash = sticky<kJa3Hash>("ja3.hash", "MD5 of the client's JA3 string, lower case");
const KeywordSpec kw_ja3_hash_old =
    sticky<kJa3Hash>("ja3_hash", "MD5 of the client's JA3 string, lower case");
const KeywordSpec kw_ja3_string = sticky<kJa3String>("ja3.string", "the client's JA3 string");
const KeywordSpec kw_ja3_string_old = sticky<kJa3String>("ja3_string", "the client's JA3 string");
const KeywordSpec kw_ja3s_hash =
    sticky<kJa3sHash>("ja3s.hash", "MD5 of the server's JA3S string, lower case");
const KeywordSpec kw_ja3s_string = sticky<kJa3sString>("ja3s.string", "the server's JA3S string");
const KeywordSpec kw_ja4_hash = sticky<kJa4Hash>("ja4.hash", "the client's JA4 fingerprint");

}  // namespace weir::rules
