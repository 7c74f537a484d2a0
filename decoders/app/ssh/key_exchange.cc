#include "decoders/app/ssh/key_exchange.h"

namespace weir::ssh {

std::optional<KeyExchangeInit> parse_key_exchange_init(Bytes body) {
  constexpr std::size_t kCookie = 16;
  ByteCursor in{body};
  in.skip(kCookie);
  KeyExchangeInit out;
  for (std::string_view& list : out.lists) {
    const Bytes names = in.take(in.be32());
    list = {reinterpret_cast<const char*>(names.data()), names.size()};
  }
  return in.failed() ? std::nullopt : std::optional<KeyExchangeInit>{out};
}

SlabString hassh_text(const KeyExchangeInit& init, Direction d) {
  using L = KeyExchangeInit;
  const bool client = d == Direction::to_server;
  SlabString out(init.lists[L::kex_algorithms]);
  for (const L::List list : {client ? L::encryption_to_server : L::encryption_to_client,
                             client ? L::mac_to_server : L::mac_to_client,
                             client ? L::compression_to_server : L::compression_to_client})
    out.append(1, ';').append(init.lists[list]);
  return out;
}

}  // namespace weir::ssh
