// Flows as they are now, for people who look into a running engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/flow/flow.h"
#include "output/json_writer.h"

namespace weir::engine {

// What is to be seen of a flow. Plain data: it outlives the flow.
struct FlowListing {
  std::uint64_t id = 0;
  IpAddress client, server;
  std::uint16_t client_port = 0, server_port = 0;
  std::uint8_t protocol = 0;
  std::array<std::uint16_t, kMaxVlanTags> vlan{};
  std::uint8_t vlan_count = 0;
  AppProto app{};
  FlowState state = FlowState::fresh;
  std::array<std::uint64_t, 2> packets{}, bytes{};  // by Direction
  TimeUs start = 0, last = 0;
  bool alerted = false, dropped = false, passed = false;

  static FlowListing of(const Flow& flow);
  [[nodiscard]] std::uint64_t all_bytes() const { return bytes[0] + bytes[1]; }
  [[nodiscard]] std::uint64_t all_packets() const { return packets[0] + packets[1]; }
};

// Which flows are asked for: those that meet all that is given.
struct FlowFilter {
  std::optional<std::uint64_t> id;
  std::optional<IpAddress> address;   // of either side
  std::optional<std::uint16_t> port;  // of either side
  std::optional<std::uint8_t> protocol;
  std::optional<AppProto> app;
  std::optional<FlowState> state;
  std::optional<bool> alerted, dropped;
  [[nodiscard]] bool admits(const Flow& flow) const;
};

enum class FlowSort : std::uint8_t { start, last, bytes, packets };  // greatest first

// Keeps the first `limit` flows of all that are added, in the order asked for; holds twice as many at most.
class FlowLister {
 public:
  static constexpr std::size_t kMaxLimit = 10'000;
  FlowLister(const FlowFilter& filter, FlowSort sort, std::size_t limit);
  void add(const Flow& flow);
  void add_all(FlowLister&& other);
  // How many were admitted, those that are not kept included.
  [[nodiscard]] std::uint64_t matched() const { return matched_; }
  // Sorted.
  std::vector<FlowListing> take();

 private:
  [[nodiscard]] bool before(const FlowListing& a, const FlowListing& b) const;
  void keep(const FlowListing& flow);
  void shrink();

  FlowFilter filter_;
  FlowSort sort_;
  std::size_t limit_;
  std::uint64_t matched_ = 0;
  std::vector<FlowListing> kept_;
};

// An item of an array, with EVE's field names.
void write_flow_listing(output::JsonWriter& out, const FlowListing& flow);

std::optional<FlowState> flow_state_named(std::string_view name);
std::optional<FlowSort> flow_sort_named(std::string_view name);
std::optional<AppProto> app_proto_named(std::string_view name);
// "tcp", "UDP", or the number.
std::optional<std::uint8_t> ip_protocol_named(std::string_view name);

}  // namespace weir::engine
