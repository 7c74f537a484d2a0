#include "engine/live/control/flow_listing.h"

#include <algorithm>

#include "decoders/app/protocol.h"
#include "decoders/net/ip_protocol.h"
#include "decoders/text.h"
#include "engine/flow/app_state.h"
#include "engine/log/event_head.h"
#include "output/net_text.h"
#include "output/timestamp.h"

namespace weir::engine {
namespace {

constexpr std::size_t kProtocols = 256;

AppProto app_of(const Flow& flow) {
  return flow.app != nullptr ? flow.app->protocol : AppProto::unknown;
}

// What `asked` names, or any when it names nothing.
template <class T>
bool meets(const std::optional<T>& asked, const T& value) {
  return !asked || *asked == value;
}

void write_time(output::JsonWriter& out, output::JsonKey key, TimeUs time) {
  output::TimestampFormatter formatter;
  std::array<char, output::TimestampFormatter::kIsoBytes> text{};
  formatter.iso(time, text.data());
  out.string(key, {text.data(), text.size()});
}

}  // namespace

FlowListing FlowListing::of(const Flow& flow) {
  return {.id = flow.id,
          .client = flow.client,
          .server = flow.server,
          .client_port = flow.client_port,
          .server_port = flow.server_port,
          .protocol = flow.protocol,
          .vlan = flow.vlan,
          .vlan_count = flow.vlan_count,
          .app = app_of(flow),
          .state = flow.state,
          .packets = flow.packets,
          .bytes = flow.bytes,
          .start = flow.start,
          .last = flow.last,
          .alerted = flow.alerted,
          .dropped = flow.dropped,
          .passed = flow.passed};
}

bool FlowFilter::admits(const Flow& flow) const {
  if (flow.only_metered) return false;
  return meets(id, flow.id) && (!address || flow.client == *address || flow.server == *address) &&
         (!port || flow.client_port == *port || flow.server_port == *port) &&
         meets(protocol, flow.protocol) && meets(app, app_of(flow)) && meets(state, flow.state) &&
         meets(alerted, flow.alerted) && meets(dropped, flow.dropped);
}

FlowLister::FlowLister(const FlowFilter& filter, FlowSort sort, std::size_t limit)
    : filter_(filter), sort_(sort), limit_(std::min(limit, kMaxLimit)) {}

void FlowLister::add(const Flow& flow) {
  if (!filter_.admits(flow)) return;
  ++matched_;
  keep(FlowListing::of(flow));
}

void FlowLister::add_all(FlowLister&& other) {
  matched_ += other.matched_;
  for (const FlowListing& flow : other.kept_) keep(flow);
}

void FlowLister::keep(const FlowListing& flow) {
  if (limit_ == 0) return;
  kept_.push_back(flow);
  if (kept_.size() >= limit_ * 2) shrink();
}

void FlowLister::shrink() {
  const auto nth = kept_.begin() + static_cast<std::ptrdiff_t>(limit_);
  std::nth_element(kept_.begin(), nth, kept_.end(),
                   [this](const auto& a, const auto& b) { return before(a, b); });
  kept_.erase(nth, kept_.end());
}

bool FlowLister::before(const FlowListing& a, const FlowListing& b) const {
  const auto rank = [this](const FlowListing& f) -> std::uint64_t {
    switch (sort_) {
      case FlowSort::bytes: return f.all_bytes();
      case FlowSort::packets: return f.all_packets();
      case FlowSort::last: return static_cast<std::uint64_t>(f.last);
      case FlowSort::start: break;
    }
    return static_cast<std::uint64_t>(f.start);
  };
  const std::uint64_t x = rank(a), y = rank(b);
  return x != y ? x > y : a.id < b.id;
}

std::vector<FlowListing> FlowLister::take() {
  std::sort(kept_.begin(), kept_.end(), [this](const auto& a, const auto& b) { return before(a, b); });
  if (kept_.size() > limit_) kept_.resize(limit_);
  return std::move(kept_);
}

void write_flow_listing(output::JsonWriter& out, const FlowListing& flow) {
  const auto object = out.object();
  out.number("flow_id", flow.id);
  if (flow.vlan_count != 0) {
    const auto vlan = out.array("vlan");
    for (std::size_t i = 0; i < flow.vlan_count; ++i) out.number(flow.vlan[i]);
  }
  const bool ports = ip_protocol::has_ports(flow.protocol);
  out.string("src_ip", output::AddressText(flow.client).view());
  if (ports) out.number("src_port", flow.client_port);
  out.string("dest_ip", output::AddressText(flow.server).view());
  if (ports) out.number("dest_port", flow.server_port);
  out.string("proto", output::ip_protocol_name(flow.protocol));
  if (flow.app != AppProto::unknown) out.string("app_proto", protocol_info(flow.app).name);
  const auto totals = out.object("flow");
  out.number("pkts_toserver", flow.packets[0]);
  out.number("pkts_toclient", flow.packets[1]);
  out.number("bytes_toserver", flow.bytes[0]);
  out.number("bytes_toclient", flow.bytes[1]);
  write_time(out, "start", flow.start);
  write_time(out, "last", flow.last);
  out.string("state", to_string(flow.state));
  out.boolean("alerted", flow.alerted);
  if (flow.dropped || flow.passed) out.string("action", flow.dropped ? "drop" : "pass");
}

std::optional<FlowState> flow_state_named(std::string_view name) {
  for (const FlowState s : {FlowState::fresh, FlowState::established, FlowState::closed, FlowState::bypassed})
    if (equals_nocase(to_string(s), name)) return s;
  return std::nullopt;
}

std::optional<FlowSort> flow_sort_named(std::string_view name) {
  constexpr std::pair<std::string_view, FlowSort> kNames[] = {{"start", FlowSort::start},
                                                              {"last", FlowSort::last},
                                                              {"bytes", FlowSort::bytes},
                                                              {"packets", FlowSort::packets}};
  for (const auto& [text, sort] : kNames)
    if (equals_nocase(text, name)) return sort;
  return std::nullopt;
}

std::optional<AppProto> app_proto_named(std::string_view name) {
  if (name == "unknown") return AppProto::unknown;
  if (name == "failed") return AppProto::failed;
  const AppProto found = protocol_by_name(name);
  return found == AppProto::unknown ? std::nullopt : std::optional(found);
}

std::optional<std::uint8_t> ip_protocol_named(std::string_view name) {
  if (const auto number = parse_number<std::uint8_t>(name)) return number;
  for (std::size_t p = 0; p < kProtocols; ++p)
    if (equals_nocase(output::ip_protocol_name(static_cast<std::uint8_t>(p)), name))
      return static_cast<std::uint8_t>(p);
  return std::nullopt;
}

}  // namespace weir::engine
