#include "decoders/app/bittorrent_dht/bittorrent_dht.h"

namespace weir::bittorrent_dht {

ParseOutcome DhtParser::parse(const AppInput& in) {
  const ParseOutcome out{.consumed = in.data.size()};
  // A message is a dictionary (BEP 5). What else a client sends from the same port, uTP for the most part, is none.
  if (in.data.empty() || in.data.front() != 'd') return out;
  auto& tx = transactions_.add<DhtTransaction>(in.direction);
  if (!parse_message(in.data, tx.message)) tx.raise(static_cast<std::uint8_t>(Event::malformed_packet));
  transactions_.charge(tx);
  return out;
}

}  // namespace weir::bittorrent_dht
