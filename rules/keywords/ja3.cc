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

constexpr ValueForm kNumbers{.what = "numbers with commas and dashes", .only = "0123456789,-"};
// Version, counts and ALPN, then two digests of which the first twelve digits are kept.
constexpr ValueForm kJa4{.what = "36 characters such as t13d1516h2_8daaf6152771_b186095e22b6",
                         .layout = "wwwwwwwwww_xxxxxxxxxxxx_xxxxxxxxxxxx"};
constexpr std::string_view kJa3Setting = "ja3-fingerprints", kJa4Setting = "ja4-fingerprints";

constexpr BufferSpec kJa3Buffers[] = {
    {.name = "ja3.hash",
     .summary = "MD5 of the client's JA3 string, lower case",
     .alias = "ja3_hash",
     .sources = kOfClient<&TlsTransaction::ja3_hash>,
     .form = &kMd5Form,
     .setting = kJa3Setting},
    {.name = "ja3.string",
     .summary = "the client's JA3 string",
     .alias = "ja3_string",
     .sources = kOfClient<&TlsTransaction::ja3>,
     .form = &kNumbers,
     .setting = kJa3Setting},
    {.name = "ja3s.hash",
     .summary = "MD5 of the server's JA3S string, lower case",
     .sources = kOfServer<&TlsTransaction::ja3s_hash>,
     .form = &kMd5Form,
     .setting = kJa3Setting},
    {.name = "ja3s.string",
     .summary = "the server's JA3S string",
     .sources = kOfServer<&TlsTransaction::ja3s>,
     .form = &kNumbers,
     .setting = kJa3Setting},
    {.name = "ja4.hash",
     .summary = "the client's JA4 fingerprint",
     .sources = kOfClient<&TlsTransaction::ja4>,
     .form = &kJa4,
     .setting = kJa4Setting},
};

}  // namespace

const KeywordFile keywords_ja3{.buffers = kJa3Buffers};

}  // namespace weir::rules
