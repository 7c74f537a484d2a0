// Packets that the kernel's rules hand over for a verdict (NFQUEUE), and the verdicts back.
#pragma once

#include <memory>

#include "engine/live/sources/guard.h"
#include "engine/live/sources/nfqueue_socket.h"
#include "engine/live/sources/packet_source.h"
#include "engine/live/sources/pulse.h"
#include "engine/live/sources/queue_table.h"

namespace weir::engine {

// Who looks after a queue while its worker does not.
struct NfqueueWatch {
  std::size_t worker;
  Pulse& pulse;  // is told which packets the worker has taken
  Guard* guard;  // gets a copy of the socket; null: nobody
  const QueueTable& table;
  QueueSockets& sockets;  // what it takes its own out of
};

// Binds the queue: from here on its packets wait for us. Fails with a text that says what to do. What `watch`
// names outlives the source.
tl::expected<std::unique_ptr<PacketSource>, std::string> open_nfqueue(std::uint16_t queue,
                                                                      const NfqueueSettings& settings,
                                                                      const NfqueueWatch& watch);

}  // namespace weir::engine
