// From a frame's bytes to a decoded packet.
#include <benchmark/benchmark.h>

#include <string>

#include "decoders/decode.h"

using namespace weir;

namespace {

void append_be(std::string& out, std::uint64_t value, int bytes) {
  while (bytes-- > 0) out.push_back(static_cast<char>(value >> (8 * bytes)));
}

// Ethernet, IPv4 and TCP or UDP, with `payload` bytes behind them; no checksums.
std::string frame(std::uint8_t protocol, std::size_t payload) {
  const std::size_t header = protocol == 6 ? 20 : 8;
  std::string out("\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x08\x00", 14);
  append_be(out, 0x4500, 2);
  append_be(out, 20 + header + payload, 2);
  append_be(out, 0x00014000, 4);  // id, don't fragment
  append_be(out, 64U << 8U | protocol, 2);
  append_be(out, 0, 2);
  append_be(out, 0x0a000001, 4);
  append_be(out, 0x0a000002, 4);
  append_be(out, 40000, 2);
  append_be(out, protocol == 6 ? 80 : 53, 2);
  if (protocol == 6) {
    append_be(out, 1000, 4);
    append_be(out, 5000, 4);
    append_be(out, 0x5018ffff, 4);  // header length, PSH|ACK, window
    append_be(out, 0, 4);
  } else {
    append_be(out, 8 + payload, 2);
    append_be(out, 0, 2);
  }
  return out.append(payload, 'x');
}

void decode(benchmark::State& state, std::uint8_t protocol, bool checksums) {
  const std::string bytes = frame(protocol, static_cast<std::size_t>(state.range(0)));
  const RawPacket raw{.bytes = {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}};
  DecodeSettings settings;
  settings.verify_checksums = checksums;
  Packet packet;
  for (auto _ : state) {
    decode_packet(raw, packet, settings);
    benchmark::DoNotOptimize(packet.payload.data());
  }
  if (packet.payload.size() != static_cast<std::size_t>(state.range(0))) state.SkipWithError("not decoded");
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}

}  // namespace

BENCHMARK_CAPTURE(decode, tcp, 6, false)->Arg(0)->Arg(250)->Arg(1400);
BENCHMARK_CAPTURE(decode, tcp_checksums, 6, true)->Arg(250)->Arg(1400);
BENCHMARK_CAPTURE(decode, udp, 17, false)->Arg(60);
