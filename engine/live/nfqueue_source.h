// Packets that the kernel's rules hand over for a verdict (NFQUEUE), and the verdicts back.
#pragma once

#include <memory>

#include "engine/live/nfqueue_socket.h"
#include "engine/live/packet_source.h"

namespace weir::engine {

// Binds the queue: from here on its packets wait for us. Fails with a text that says what to do.
tl::expected<std::unique_ptr<PacketSource>, std::string> open_nfqueue(std::uint16_t queue,
                                                                      const NfqueueSettings& settings);

}  // namespace weir::engine
