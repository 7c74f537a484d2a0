// Sends what tells the ends of a rejected packet (engine/pipeline/rejection.h), through raw sockets of the host.
#pragma once

#include <cstdint>

#include "decoders/packet.h"
#include "engine/account/verdict.h"

namespace weir::engine {

// One a worker. Needs CAP_NET_RAW when it is made; without it, and when the kernel refuses a packet, that is
// counted and nothing else happens.
class RejectSender {
 public:
  RejectSender();
  ~RejectSender();
  RejectSender(const RejectSender&) = delete;
  RejectSender& operator=(const RejectSender&) = delete;

  void send(const Packet& packet, RejectTarget target);
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t failed() const { return failed_; }

 private:
  int v4_, v6_;
  std::uint64_t sent_ = 0, failed_ = 0;
};

}  // namespace weir::engine
