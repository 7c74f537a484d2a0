// Frames for the packet log when several workers inspect them: each worker collects what it has to tell, and the merging thread
// tells it in packet order, so that the same files come out for every number of workers.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/log/ordered_queues.h"
#include "engine/log/run_position.h"
#include "output/packet_tap.h"

namespace weir::engine {

// What one worker told, in ascending order.
struct OrderedPackets {
  struct Item {
    enum class Kind : std::uint8_t { inner_flow, frame, wanted, flow_over };
    Kind kind;
    EventOrder order;
    std::uint64_t frame = 0, flow = 0;
    std::size_t offset = 0, length = 0;  // of `frame`: its bytes
    RawPacket raw{};                     // likewise, without them
    std::shared_ptr<output::LineCondition> condition{};
  };
  std::vector<Item> items;
  std::vector<std::uint8_t> bytes;
  [[nodiscard]] std::size_t held() const { return bytes.size() + items.size() * sizeof(Item); }
};

// A worker's end.
class PacketCollector final : public output::PacketTap {
 public:
  // `position` outlives it.
  explicit PacketCollector(const RunPosition& position) : position_(position) {}
  void inner_flow(std::uint64_t frame, std::uint64_t flow) override;
  void frame(const RawPacket& raw, std::uint64_t frame, std::uint64_t flow) override;
  void wanted(std::uint64_t frame, std::uint64_t flow,
              const std::shared_ptr<output::LineCondition>& condition) override;
  void flow_over(std::uint64_t flow) override;
  [[nodiscard]] std::string_view file() override { return output::kNamedLater; }

  // Of what has come since the last take().
  [[nodiscard]] std::size_t bytes() const { return told_.held(); }
  OrderedPackets take() { return std::exchange(told_, {}); }

 private:
  void tell(OrderedPackets::Item item);
  const RunPosition& position_;
  OrderedPackets told_;
};

// The files that frames went to, for the lines that name them.
class PacketFileNames {
 public:
  // From `order` on it is this one.
  void note(const EventOrder& order, std::string_view file);
  // As a JSON string; empty: there was none yet.
  [[nodiscard]] std::string_view at(const EventOrder& order) const;
  // No line of a packet up to the last noted one is written any more.
  void forget();

 private:
  struct Name {
    EventOrder order;
    std::string json;
  };
  std::deque<Name> names_;
  std::string last_;  // as it was noted
};

// Used by one thread.
class PacketMerger {
 public:
  PacketMerger(output::PacketTap& tap, std::size_t workers) : tap_(tap), queues_(workers) {}
  void add(std::size_t worker, OrderedPackets packets) {
    if (!packets.items.empty()) queues_.add(worker, {std::move(packets), 0});
  }
  // Tells all of packets up to `packet`.
  void tell_up_to(std::uint64_t packet);
  // Bytes of the worker's that are no longer held, since the last call.
  std::size_t take_done(std::size_t worker) { return queues_.take_done(worker); }
  [[nodiscard]] PacketFileNames& names() { return names_; }

 private:
  struct Pending {
    OrderedPackets packets;
    std::size_t next;
    [[nodiscard]] const EventOrder& order() const { return packets.items[next].order; }
    [[nodiscard]] bool is_over() const { return next == packets.items.size(); }
    [[nodiscard]] std::size_t bytes() const { return packets.held(); }
  };
  void tell_next(Pending& p);

  output::PacketTap& tap_;
  PacketFileNames names_;
  OrderedQueues<Pending> queues_;
};

}  // namespace weir::engine
