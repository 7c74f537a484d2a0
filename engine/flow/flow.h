// A flow: the two directions of one 5-tuple (plus VLAN), and all that the engine keeps about it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "decoders/app/app_proto.h"
#include "decoders/ip_address.h"
#include "decoders/packet.h"
#include "decoders/types.h"
#include "engine/tcp/flow_state.h"
#include "rules/match/inspection.h"

namespace weir::engine {

class TcpSession;   // engine/tcp/tcp_session.h
struct AppLayer;    // engine/flow/app_state.h
struct FlowAlerts;  // engine/log/deferred_alert.h
struct FlowDetect;  // engine/flow/detect_state.h
struct FlowMacs;    // engine/flow/flow_macs.h
struct FlowMeter;   // engine/flow/flow_meter.h
struct OtherReadings;  // engine/flow/other_reading.h

// Full key, compared in whole (family included); the hash is keyed and the same for both directions.
struct FlowKey {
  IpAddress a, b;  // a < b, or equal addresses and port_a <= port_b
  std::uint16_t port_a = 0, port_b = 0;
  std::uint8_t protocol = 0;
  std::uint8_t tunnel_depth = 0;
  std::array<std::uint16_t, kMaxVlanTags> vlan{};
  bool operator==(const FlowKey&) const = default;
};
static_assert(std::has_unique_object_representations_v<FlowKey>, "hashed and compared as plain bytes");

// `none`: it goes on, and a part of its record is due.
enum class FlowEnd : std::uint8_t { timeout, forced, shutdown, tcp_reuse, none };

struct Flow {
  Flow();
  ~Flow();
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;

  FlowKey key;
  std::uint64_t id = 0;            // EVE's flow_id: positive, below 2^53; the same from run to run
  std::uint64_t first_packet = 0;  // number of the packet that made it
  bool client_is_a = true;         // which side of the key opened the flow
  IpAddress client, server;
  std::uint16_t client_port = 0, server_port = 0;
  std::uint8_t protocol = 0;
  std::array<std::uint16_t, kMaxVlanTags> vlan{};
  std::uint8_t vlan_count = 0;
  std::uint8_t icmp_type = 0, icmp_code = 0, icmp_response_type = 0, icmp_response_code = 0;
  bool has_icmp_response = false;
  std::uint32_t esp_spi = 0;

  TimeUs start = 0, last = 0;
  const std::string* capture = nullptr;  // RawPacket::capture of its last packet
  std::array<std::uint64_t, 2> packets{}, bytes{};  // by Direction; bytes of whole frames
  std::array<std::uint8_t, 2> ttl_min{255, 255}, ttl_max{};
  FlowState state = FlowState::fresh;  // change it with FlowTable::set_state, which knows the timeouts
  bool alerted = false, dropped = false, passed = false, emergency = false;
  bool dropped_by_hand = false;  // `weir ctl drop-flow`
  bool dropped_by_policy = false;  // with `dropped`: an exception policy's doing, not a rule's
  std::uint8_t exceptions = 0;     // bit i: ExceptionTarget i happened
  bool contested = false;         // an older connection of its ends may come back (engine/flow/ended_flows.h)
  bool may_lack_packets = false;  // it came back, and some may have gone by unseen meanwhile
  std::array<bool, 2> drop_logged{};  // by Direction: a drop event has been written
  bool no_packet_inspection = false, no_payload_inspection = false;

  // Alerts that were found but may yet be suppressed when the log is put in order; null: none (engine/log/deferred_alert.h).
  std::shared_ptr<FlowAlerts> undecided_alerts;
  std::unique_ptr<TcpSession> tcp;
  std::unique_ptr<AppLayer> app;
  std::unique_ptr<FlowDetect> detect;
  std::unique_ptr<FlowMacs> macs;  // null: no log shows them
  std::unique_ptr<FlowMeter> meter;  // null: nobody wants records
  bool only_metered = false;         // made for a record: no log but that of records knows it
  rules::FlowVars vars;
  std::unique_ptr<OtherReadings> others;  // null: all receivers read the same
  bool is_other_reading = false;          // this is one of another flow's `others`

  // Intrusive links of the flow table: the list of flows that are looked at in the same second.
  Flow *older = nullptr, *newer = nullptr;
  std::uint16_t timer_slot = 0;
  std::uint32_t events_left_out = 0;  // engine/log/log_limits.h, and what follows
  std::uint32_t events_cut = 0;
  std::uint64_t log_bytes = 0;  // of all its events in all logs
  std::uint64_t hash = 0;

  [[nodiscard]] Direction direction_of(const Packet& p) const {
    return p.ip.source == client && p.source_port == client_port &&
                   (client != server || p.destination_port == server_port)
               ? Direction::to_server
               : Direction::to_client;
  }
};

}  // namespace weir::engine
