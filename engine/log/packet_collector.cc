#include "engine/log/packet_collector.h"

#include <algorithm>

#include "output/json_writer.h"

namespace weir::engine {

void PacketCollector::tell(OrderedPackets::Item item) {
  item.order = position_.order();
  told_.items.push_back(std::move(item));
}

void PacketCollector::inner_flow(std::uint64_t frame, std::uint64_t flow) {
  tell({.kind = OrderedPackets::Item::Kind::inner_flow, .order = {}, .frame = frame, .flow = flow});
}

void PacketCollector::frame(const RawPacket& raw, std::uint64_t frame, std::uint64_t flow) {
  OrderedPackets::Item item{.kind = OrderedPackets::Item::Kind::frame,
                            .order = {},
                            .frame = frame,
                            .flow = flow,
                            .offset = told_.bytes.size(),
                            .length = raw.bytes.size(),
                            .raw = raw};
  item.raw.bytes = {};
  told_.bytes.insert(told_.bytes.end(), raw.bytes.begin(), raw.bytes.end());
  tell(std::move(item));
}

void PacketCollector::wanted(std::uint64_t frame, std::uint64_t flow,
                             const std::shared_ptr<output::LineCondition>& condition) {
  tell({.kind = OrderedPackets::Item::Kind::wanted,
        .order = {},
        .frame = frame,
        .flow = flow,
        .condition = condition});
}

void PacketCollector::flow_over(std::uint64_t flow) {
  tell({.kind = OrderedPackets::Item::Kind::flow_over, .order = {}, .flow = flow});
}

void PacketFileNames::note(const EventOrder& order, std::string_view file) {
  if (file == last_) return;
  last_ = file;
  output::JsonWriter json;
  {
    const auto list = json.array();
    json.string(file);
  }
  names_.push_back({order, std::string(json.text().substr(1, json.text().size() - 2))});
}

std::string_view PacketFileNames::at(const EventOrder& order) const {
  const auto name =
      std::find_if(names_.rbegin(), names_.rend(), [&](const Name& n) { return !(order < n.order); });
  return name != names_.rend() ? std::string_view(name->json) : std::string_view{};
}

void PacketFileNames::forget() {
  while (names_.size() > 1) names_.pop_front();
}

void PacketMerger::tell_up_to(std::uint64_t packet) {
  queues_.take_up_to(packet, [this](Pending& p) { tell_next(p); });
}

void PacketMerger::tell_next(Pending& p) {
  using Kind = OrderedPackets::Item::Kind;
  const OrderedPackets::Item& item = p.packets.items[p.next];
  switch (item.kind) {
    case Kind::inner_flow: tap_.inner_flow(item.frame, item.flow); break;
    case Kind::wanted: tap_.wanted(item.frame, item.flow, item.condition); break;
    case Kind::flow_over: tap_.flow_over(item.flow); break;
    case Kind::frame: {
      RawPacket raw = item.raw;
      raw.bytes = Bytes(p.packets.bytes).subspan(item.offset, item.length);
      tap_.frame(raw, item.frame, item.flow);
    }
  }
  names_.note(item.order, tap_.file());
  ++p.next;
}

}  // namespace weir::engine
