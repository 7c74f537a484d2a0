// One frame through the layer loop, its tunnels and the defragmenter. Every view in a packet must lie inside the bytes that
// it was decoded from.
//
// Input: the link type, as an index of kLinkTypes; the frame.
#include <array>

#include "engine/pipeline/frame_decoder.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/scarce_memory.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {
namespace {

constexpr std::array kLinkTypes{1, 0, 9, 12, 50, 51, 101, 104, 108, 113, 228, 229, 276, 147};

void must_be_inside(const Packet& p, Bytes part) {
  must(part.empty() ||
           (part.data() >= p.frame.data() && part.data() + part.size() <= p.frame.data() + p.frame.size()),
       "a view of a packet is inside its frame");
}

void check(const Packet& p) {
  for (const Bytes part : {p.payload, p.tunnel.data, p.ip.header, p.ip.options, p.ip.fragment_payload,
                           p.tcp.options, p.ether_source, p.ether_destination, p.arp.source_hardware,
                           p.arp.source_protocol, p.arp.destination_hardware, p.arp.destination_protocol})
    must_be_inside(p, part);
  must(p.layers.size() + p.outer_layers <= kMaxLayers, "layers are limited");
  must(p.failed == Proto::none || p.invalid, "a packet that a decoder gave up on is invalid");
  for (const Layer& layer : p.layers)
    must(layer.offset <= p.frame.size() && layer.header_length <= p.frame.size() - layer.offset,
         "a header is inside the frame");
}

}  // namespace

void fuzz_packet(Bytes bytes) {
  Input input(bytes);
  RawPacket raw;
  raw.link_type = kLinkTypes[input.u8() % kLinkTypes.size()];
  raw.bytes = input.rest();
  raw.wire_length = static_cast<std::uint32_t>(raw.bytes.size());
  raw.time = 1'700'000'000'000'000;
  raw.number = 1;
  engine::DefragSettings defrag;
  defrag.hash_size = 16;
  const auto frame = std::make_unique<engine::DecodedFrame>();
  engine::FrameDecoder decoder({}, defrag);
  // What is left of one that there was no memory for is not looked at; the next is decoded as ever.
  if (!scarcely([&] { decoder.decode(raw, *frame); })) decoder.decode(raw, *frame);
  must(frame->count >= 1 && frame->count <= engine::DecodedFrame::kMaxNested,
       "packets inside packets are limited");
  for (std::size_t i = 0; i < frame->count; ++i) check(frame->packets[i]);
}

}  // namespace weir::fuzz
