// What an event says besides its protocol: plain structs that the engine fills.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decoders/app/app_proto.h"
#include "decoders/app/file.h"
#include "decoders/app/transaction.h"
#include "decoders/ip_address.h"
#include "decoders/packet.h"
#include "decoders/types.h"
#include "output/sink.h"
#include "rules/compile/signature.h"

namespace weir::flow {
struct Record;  // decoders/flow/record.h
}

namespace weir::output {

// What an expression of a rule captured: name, raw bytes.
using Variable = std::pair<std::string_view, std::string_view>;
struct ContextItem {
  std::string_view name, value;
  bool json = false;  // the value is a JSON object
};

// What rules have left on a flow and a packet. Names and values are views that live as long as the call.
struct FlowMetadata {
  std::vector<std::string_view> flowbits;
  std::vector<std::pair<std::string_view, std::uint32_t>> flowints;
  std::vector<Variable> flowvars, pktvars;
  std::vector<std::pair<std::string_view, double>> entropies;  // buffer, bits a byte
  [[nodiscard]] bool empty() const {
    return flowbits.empty() && flowints.empty() && flowvars.empty() && pktvars.empty() && entropies.empty();
  }
  void clear() {
    flowbits.clear();
    flowints.clear();
    flowvars.clear();
    pktvars.clear();
    entropies.clear();
  }
};

// The fields common to all events (EVE's head). Views live as long as the call.
struct EventHead {
  TimeUs time = 0;
  std::uint64_t flow_id = 0;    // 0: not written
  std::uint64_t parent_id = 0;  // of the flow that announced this one; 0: not written
  std::uint64_t pcap_cnt = 0;   // 0: not written (live, or an event that no packet caused)
  std::string_view in_iface, pcap_filename;
  std::array<std::uint16_t, kMaxVlanTags> vlan{};
  std::uint8_t vlan_count = 0;
  IpAddress source, destination;                   // family 0: not written
  std::string_view source_text, destination_text;  // written in place of the addresses; empty: these are
  std::uint16_t source_port = 0, destination_port = 0;
  bool has_ports = false;
  std::uint8_t ip_protocol = 0;
  std::uint8_t ip_version = 0;
  bool has_icmp = false;
  std::uint8_t icmp_type = 0, icmp_code = 0;
  bool has_spi = false;
  std::uint32_t esp_spi = 0;
  PacketOrigin packet_source = PacketOrigin::wire;
  bool has_packet_source = true;
  // With PacketOrigin::tunnel: the layer that carried the inner packet (gre, ipv4, ipv6, vxlan, teredo ...).
  Proto tunnel = Proto::none;
  bool has_tx_id = false;
  std::uint64_t tx_id = 0;
  Bytes ether_source, ether_destination;   // six bytes each; empty: not written
  const FlowMetadata* metadata = nullptr;  // null: nothing
};

// Totals of a flow at the time of the event.
struct FlowRecord {
  std::shared_ptr<LineCondition> condition;  // the line is written only if it holds; null: in any case
  EventHead head;                            // from the client's point of view
  AppProto app_proto{}, app_proto_ts{}, app_proto_tc{};
  AppProto app_proto_orig{}, app_proto_expected{};
  std::array<std::uint64_t, 2> packets{}, bytes{};
  TimeUs start = 0, end = 0;
  std::string_view state;   // new, established, closed, bypassed
  std::string_view reason;  // timeout, forced, shutdown, tcp_reuse
  std::string_view action;  // drop, accept, pass, or empty
  bool alerted = false, emergency = false;
  bool has_tx_count = false;
  std::uint64_t tx_count = 0;
  std::array<std::uint8_t, 2> ttl_min{}, ttl_max{};  // by direction, for netflow; max 0: no packet seen
  std::vector<std::pair<std::string_view, std::string_view>> exception_policies;  // target, policy
  std::span<const MacAddress> source_macs, destination_macs;  // of the client, of the server
  // TCP
  bool is_tcp = false, has_tcp_session = false;
  std::uint8_t tcp_flags = 0, tcp_flags_ts = 0, tcp_flags_tc = 0;
  std::string_view tcp_state;  // syn_sent, established, closed ...
  std::array<std::uint32_t, 2> tcp_max_regions{}, tcp_urgent_oob_data{};
  std::array<bool, 2> tcp_gap{};
  // ICMP flows: the response's type and code
  bool has_icmp_response = false;
  std::uint8_t icmp_response_type = 0, icmp_response_code = 0;
  // Of its events: those that were not written, and those that were cut, as they would have been too much.
  std::uint32_t events_left_out = 0, events_cut = 0;
  // What its meter says, for objects of our own; null: not written.
  const flow::Record* metered = nullptr;
};

// One direction of a flow.
struct NetflowRecord {
  const FlowRecord& flow;
  Direction direction;
};

// Who sent the record of a flow that an event is about, and what it stands for.
struct ExporterFacts {
  IpAddress address;  // family 0: a file
  std::uint32_t domain = 0;
  std::uint32_t sampling = 1;  // N of 1:N
};

// What is known to be bad, and where it was met.
struct IndicatorFacts {
  std::string_view value, kind, feed;
  std::string_view where;       // "src_ip", "dest_ip", "host", "ja4", "certificate"
  std::uint8_t confidence = 0;  // 1 to 100; 0: not written
  TimeUs expiry = 0;            // 0: not written
  std::span<const std::string_view> tags;
};

// Who tried one port of many hosts, or many ports of one host.
struct ScanFacts {
  std::string_view kind, method;  // "horizontal", "vertical"; "syn", "udp" ...
  std::uint64_t targets = 0;      // hosts or ports
  std::span<const std::uint16_t> ports;
  std::span<const IpAddress> hosts;
  std::uint64_t attempts = 0, answered = 0;
  std::uint64_t within_s = 0;  // in how short a time so much was tried that it is a scan
  TimeUs first = 0, last = 0;  // of the tries
};

// What an exporter sent and did not arrive.
struct ExportGapFacts {
  std::uint64_t lost = 0;
  std::string_view unit;  // "records", "messages"
};

struct AnomalyRecord {
  EventHead head;
  std::string_view type;   // decode, stream, applayer
  std::string_view event;  // as EVE spells it
  std::string_view layer;  // applayer only: proto_parser, proto_detect
  AppProto app_proto{};
  Bytes packet;  // the frame, for `packethdr: yes`
  int link_type = 1;
  // Of type flow_export: who and what. Null for others.
  const ExporterFacts* exporter = nullptr;
  const ExportGapFacts* gap = nullptr;
};

// The outer packet of a tunnel.
struct TunnelRecord {
  IpAddress source, destination;
  std::uint16_t source_port = 0, destination_port = 0;
  bool has_ports = false;
  std::uint8_t ip_protocol = 0, depth = 0;
  std::uint64_t pcap_cnt = 0;
};

// A frame, as an alert on it and its own event show it.
struct FrameFacts {
  std::string_view type;  // "pdu"
  std::uint64_t id = 0;
  Direction direction = Direction::to_server;
  bool in_stream = false;
  std::uint64_t stream_offset = 0;  // with in_stream
  std::uint64_t length = 0;         // of what is there so far, when it is not known yet
  Bytes payload;                    // from its start, or of a long one what was looked at
  bool complete = false;            // all of it has come
  bool has_tx_id = false;
  std::uint64_t tx_id = 0;
};

struct FrameRecord {
  EventHead head;
  AppProto app_proto{};
  FrameFacts frame;
};

struct AlertRecord {
  std::shared_ptr<LineCondition> condition;  // as in FlowRecord
  EventHead head;
  const rules::SignatureMeta* signature = nullptr;
  std::string_view action = "allowed";  // allowed, blocked
  bool would_drop = false;              // the rule drops, and nothing is blocked in this run
  std::string_view verdict;             // of the packet in prevent mode; empty: not written
  Direction direction = Direction::to_server;
  bool has_direction = false;  // only packets of a flow have one
  const TunnelRecord* tunnel = nullptr;
  const Transaction* tx = nullptr;
  const Transaction* latest = nullptr;  // of the flow, whatever the alert is about
  bool tx_guessed = false;           // the rule did not match on `tx` itself; it was the flow's only open one
  const FlowRecord* flow = nullptr;  // its totals and application protocols; null for packets without a flow
  Bytes payload;                     // the packet's, or the stream's when the match was there
  bool from_stream = false;
  Bytes packet;  // the whole frame
  int link_type = 1;
  const FrameFacts* frame = nullptr;     // that the rule matched on, if it is about frames
  const FileList* files = nullptr;       // the transaction's, in the packet's direction
  std::span<const ContextItem> context;  // what the rule captured for this alert; each name once
  // Of a reject rule: to_client, both ... and tcp-reset, icmp-prohib; empty: not written.
  std::string_view reject_target, reject_method;
  const ExporterFacts* exporter = nullptr;    // of a record of a flow; null: it is about a packet
  const IndicatorFacts* indicator = nullptr;  // null: a rule matched, and nothing else
  const ScanFacts* scan = nullptr;            // likewise
  std::string_view
      capture_file;  // that its packet was kept in, or kNamedLater (output/packet_tap.h); empty: not written
};

// The packet that is dropped, and the rule that says so, if any does.
struct DropRecord : AlertRecord {
  std::string_view reason;
  const Packet* dropped = nullptr;  // whose header is described
  // Written only with `flows: all`. The flow is dropped and one of this direction was written before, or it is about
  // this packet alone and not of a rule's making.
  bool only_with_all = false;
};

// An ARP packet.
struct ArpRecord {
  EventHead head;
  ArpHeader arp;
};

// A packet that a rule's tag asks for.
struct PacketRecord {
  EventHead head;
  Bytes packet;  // the whole frame
  int link_type = 1;
};

struct FileRecord {
  EventHead head;
  AppProto app_proto{};
  Direction direction = Direction::to_server;  // that the file went in
  const Transaction* tx = nullptr;
  const AppFile* file = nullptr;
};

// A counter of the run, as stats events name it: {"decoder.pkts", 12}. Dots make nested objects.
using CounterValue = std::pair<std::string_view, std::uint64_t>;
// A stage of the pipeline and its part of the time, 0 to 1.
using StageShare = std::pair<std::string_view, double>;

// Of one worker.
struct ThreadStats {
  std::string name;  // "W#01"
  std::vector<CounterValue> counters;
};

struct StatsRecord {
  TimeUs time = 0;
  std::uint64_t uptime_s = 0;
  const std::vector<CounterValue>& counters;
  // A field of our own, "weir":{"stage_share":{...}}; left out when empty.
  const std::vector<StageShare>& stage_shares;
  std::span<const ThreadStats> threads{};
};

}  // namespace weir::output
