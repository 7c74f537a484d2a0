// Between the workers of a live run and the files of its packet log: one thread writes them, so that no worker waits for a disk.
//
// Each worker gathers frames in an End of its own and hands them over between two batches of packets. All that waits is bounded
// (`weir.pcap-log.queue-size`): frames that do not fit are dropped and counted.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "output/packet_log.h"

namespace weir::output {

class PacketQueue {
 public:
  class End;
  // `log` outlives the queue. Starts the thread.
  explicit PacketQueue(PacketLog& log);
  ~PacketQueue() { stop(); }
  PacketQueue(const PacketQueue&) = delete;
  PacketQueue& operator=(const PacketQueue&) = delete;

  // Writes what waits; what is handed over later is lost.
  void stop();
  [[nodiscard]] PacketLog& log() { return log_; }
  // For one more thread, at any time. Does not outlive the queue.
  std::unique_ptr<End> add_end() { return std::make_unique<End>(*this); }

 private:
  // What stands before each piece of a buffer of frames.
  struct Piece {
    TimeUs time;
    std::uint32_t wire_length, length;  // of the bytes behind it
    std::int32_t link_type;
    bool begins_file;  // the bytes are its path
  };
  using Buffer = std::vector<std::uint8_t>;

  static void append(Buffer& to, const Piece& piece, Bytes bytes);
  // Calls f(piece, bytes) for each.
  template <class F>
  static void for_each(const Buffer& buffer, F&& f);
  void take(const Buffer& frames);
  void run();
  void write(const Buffer& pieces);

  PacketLog& log_;
  std::mutex lock_;  // of what follows, and of where frames go
  std::condition_variable work_;
  Buffer waiting_;
  bool stopping_ = false;
  Buffer writing_;  // the thread's
  std::thread thread_;
};

// One thread's.
class PacketQueue::End final : public PacketOut {
 public:
  explicit End(PacketQueue& queue) : queue_(queue) {}
  ~End() override { hand_over(); }
  void write(const RawPacket& raw) override;
  // Hands over, to know.
  [[nodiscard]] std::string_view file() override;
  // To be called after each batch of packets.
  void hand_over();

 private:
  static constexpr std::size_t kBatchBytes = std::size_t{64} << 10U;  // handed over by itself
  PacketQueue& queue_;
  Buffer frames_;
  std::string file_;
};

}  // namespace weir::output
