// The netlink socket of one NFQUEUE queue (linux/netfilter/nfnetlink_queue.h).
//
// Opened early and bound late: a queue without a reader holds packets up, so bind() is for when everything is
// ready. Needs CAP_NET_ADMIN for every call that sends. Used by one thread at a time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/types.h"
#include "engine/live/sources/nfqueue_settings.h"

namespace weir::engine {

// One packet as the kernel hands it over; views end with the next receive().
struct QueuedPacket {
  std::uint32_t id = 0;  // to be named in the verdict; ascends
  std::uint32_t mark = 0;
  std::uint32_t wire_length = 0;
  Bytes bytes;                  // from the IP header on
  bool checksums_count = true;  // false: the sender's card has yet to fill them in
};

class QueueSockets;  // engine/live/sources/queue_sockets.h

class NfqueueSocket {
 public:
  // Takes a socket out of `sockets`. Fails when there is none left.
  static tl::expected<NfqueueSocket, std::string> open(std::uint16_t queue, const NfqueueSettings& settings,
                                                       QueueSockets& sockets);
  // Takes over a socket that is bound to `queue` already.
  static NfqueueSocket adopt(int fd, std::uint16_t queue, const NfqueueSettings& settings);
  ~NfqueueSocket();
  NfqueueSocket(NfqueueSocket&& other) noexcept;
  NfqueueSocket& operator=(NfqueueSocket&&) = delete;

  [[nodiscard]] std::uint16_t queue() const { return queue_; }
  [[nodiscard]] int fd() const { return fd_; }

  // From here on packets come. Fails when another program has the queue.
  tl::expected<void, std::string> bind();
  // No more packets; those that wait in the kernel are dropped by it, unless they have been judged.
  // May be called by any thread.
  void unbind();

  // What has come, at most settings.batch packets, after waiting up to `wait` when there is nothing; 0 does
  // not wait. A full buffer (ENOBUFS) is counted. Fails when the socket is no longer usable.
  tl::expected<std::span<const QueuedPacket>, std::string> receive(std::chrono::milliseconds wait);

  struct KernelVerdict {
    std::uint32_t verdict = 1;          // NF_ACCEPT, ...; NF_QUEUE carries the next queue's number
    std::optional<std::uint32_t> mark;  // to be set
    Bytes payload;                      // not empty: instead of the packet's bytes
  };
  // Queued up in a buffer; flush() sends. Runs of packets that all get `plain` take one message.
  void judge(std::uint32_t id, const KernelVerdict& verdict);
  void judge_all_up_to(std::uint32_t id, const KernelVerdict& plain);
  void flush();

  [[nodiscard]] std::uint64_t overruns() const { return overruns_; }
  [[nodiscard]] std::uint64_t verdict_errors() const { return verdict_errors_; }

 private:
  NfqueueSocket(int fd, std::uint16_t queue, const NfqueueSettings& settings);
  void put_verdict(int message_type, std::uint32_t id, const KernelVerdict& verdict);
  // False for what is not a packet.
  bool read_message(Bytes datagram, QueuedPacket& out);
  tl::expected<void, std::string> request(std::span<const std::uint8_t> message);
  struct Buffers;

  int fd_;
  std::uint16_t queue_;
  NfqueueSettings settings_;
  std::atomic<bool> bound_{false};
  std::chrono::milliseconds timeout_{0};
  std::uint64_t overruns_ = 0, verdict_errors_ = 0;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace weir::engine
