#include "decoders/app/bittorrent_dht/bittorrent_dht.h"

namespace weir::bittorrent_dht {

ParseOutcome DhtParser::parse(const AppInput& in) {
  auto& tx = transactions_.add<DhtTransaction>(in.direction);
  if (!parse_message(in.data, tx.message)) tx.raise(static_cast<std::uint8_t>(Event::malformed_packet));
  transactions_.charge(tx);
  return {.consumed = in.data.size()};
}

}  // namespace weir::bittorrent_dht
