// An AF_PACKET socket that is bound to an interface, and its mapped TPACKET_V3 ring.
#pragma once

#include <linux/if_packet.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <tl/expected.hpp>

#include "engine/live/sources/af_packet_source.h"

namespace weir::engine {

// A file descriptor that is closed with it.
class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd();
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

// The mapped ring: blocks that the kernel fills one after the other.
class BlockRing {
 public:
  BlockRing(void* base, std::size_t block_bytes, std::size_t blocks)
      : base_(static_cast<std::uint8_t*>(base)), block_bytes_(block_bytes), blocks_(blocks) {}
  ~BlockRing();
  BlockRing(const BlockRing&) = delete;
  BlockRing& operator=(const BlockRing&) = delete;

  // The next block when it is ours to read, else null.
  tpacket_block_desc* ready() {
    auto* block = at(next_);
    return (__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) != 0 ? block
                                                                                                   : nullptr;
  }
  // Frames in the blocks that are ours to read.
  [[nodiscard]] std::uint64_t waiting() {
    std::uint64_t frames = 0;
    for (std::size_t i = 0; i < blocks_; ++i) {
      const tpacket_block_desc* block = at((next_ + i) % blocks_);
      if ((__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0) break;
      frames += block->hdr.bh1.num_pkts;
    }
    return frames;
  }
  void give_back(tpacket_block_desc* block) {
    __atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    next_ = (next_ + 1) % blocks_;
  }

 private:
  tpacket_block_desc* at(std::size_t i) {
    return reinterpret_cast<tpacket_block_desc*>(base_ + i * block_bytes_);
  }
  std::uint8_t* base_;
  std::size_t block_bytes_, blocks_, next_ = 0;
};

struct AfPacketSocket {
  static constexpr std::size_t kTagBytes =
      4;  // free before each frame, for the VLAN tag that the kernel took out

  Fd fd;
  std::unique_ptr<BlockRing> ring;
  int link_type;   // a LINKTYPE_ value
  unsigned index;  // of the interface

  // Fails with a text that names the interface and what to do.
  static tl::expected<AfPacketSocket, std::string> open(const AfPacketSettings& settings);
};

}  // namespace weir::engine
