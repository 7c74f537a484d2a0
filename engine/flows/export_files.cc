#include "engine/flows/export_files.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "decoders/byte_cursor.h"
#include "decoders/decode.h"
#include "decoders/flow/limits.h"
#include "engine/capture/byte_input.h"
#include "engine/capture/capture_source.h"
#include "engine/defrag/defrag.h"

namespace weir::engine {
namespace {

constexpr std::size_t kIpfixHeader = 16;
constexpr std::uint16_t kIpfixNumber = 10;
// Those of IANA's registry, and those that exporters and collectors come with.
constexpr std::array<std::uint16_t, 9> kUsualPorts{2055, 2056, 4432, 4739, 6343, 9555, 9995, 9996, 9025};

tl::expected<ExportFileTotals, std::string> read_ipfix_file(const std::string& path, ByteInput& in,
                                                            Collector& collector) {
  ExportFileTotals out;
  for (;;) {
    ByteCursor header{in.view(kIpfixHeader)};
    if (header.empty()) break;
    const std::uint16_t version = header.be16(), length = header.be16();
    const std::uint32_t seconds = header.be32();
    header.skip(8);
    if (header.failed() || version != kIpfixNumber || length < kIpfixHeader)
      return tl::unexpected(fmt::format("{}: offset {}: no IPFIX message", path, in.offset()));
    const Bytes message = in.view(length);
    if (message.size() < length)
      return tl::unexpected(fmt::format("{}: offset {}: ends within a message", path, in.offset()));
    collector.datagram({}, TimeUs{seconds} * 1'000'000, message);
    ++out.messages;
    (void)in.consume(length);
  }
  if (!in.error().empty()) return tl::unexpected(fmt::format("{}: {}", path, in.error()));
  return out;
}

bool is_usual_port(std::uint16_t port) {
  return std::find(kUsualPorts.begin(), kUsualPorts.end(), port) != kUsualPorts.end();
}

// Sets that follow each other up to the end.
bool are_sets(ByteCursor in) {
  constexpr std::size_t kMostSets = 256;
  for (std::size_t i = 0; i < kMostSets && in.remaining() >= 4; ++i) {
    const std::uint16_t number = in.be16(), length = in.be16();
    if (number == 0 && length == 0) break;
    if (length < 4) return false;
    in.skip(length - 4U);
  }
  return !in.failed();
}

// Messages that follow each other up to the end.
bool are_ipfix_messages(ByteCursor in) {
  for (std::size_t i = 0; i < flow::kMaxMessages && !in.empty(); ++i) {
    const std::uint16_t version = in.be16(), length = in.be16();
    if (in.failed() || version != kIpfixNumber || length < kIpfixHeader) return false;
    ByteCursor message = in.sub(length - 4U);
    message.skip(kIpfixHeader - 4);
    if (in.failed() || !are_sets(message)) return false;
  }
  return in.empty();
}

bool is_whole_sflow(ByteCursor in) {
  const std::uint32_t address = in.be32();
  in.skip(address == 2 ? 16 : 4);
  in.skip(12);
  const std::uint32_t samples = in.be32();
  constexpr std::uint32_t kMostSamples = 256;
  for (std::uint32_t i = 0; i < samples && i < kMostSamples; ++i) {
    in.skip(4);
    in.skip(in.be32());
  }
  return (address == 1 || address == 2) && !in.failed() && samples != 0;
}

bool is_export(const Packet& packet) {
  return packet.has_udp && !packet.ip.is_fragment &&
         (is_usual_port(packet.destination_port) || looks_like_export(packet.payload));
}

// From a frame to the export in it: fragments are put together, and tunnels, as mirrored traffic has them, opened.
class ExportFinder {
 public:
  ExportFinder() { settings_.verify_checksums = false; }
  // Null when there is none. What it points to lives until the next call.
  const Packet* find(const RawPacket& raw) {
    decode_packet(raw, packets_[0], settings_);
    for (std::size_t i = 0;; ++i) {
      if (is_export(packets_[i])) return &packets_[i];
      if (i + 1 == kMostNested || !decode_next(i)) return nullptr;
    }
  }

 private:
  static constexpr std::size_t kMostNested = 4;

  bool decode_next(std::size_t outer);

  DecodeSettings settings_;
  Defragmenter defragmenter_;
  std::array<Packet, kMostNested> packets_;
  std::array<std::vector<std::uint8_t>, kMostNested> datagrams_;  // of fragments
};

bool ExportFinder::decode_next(std::size_t outer) {
  Packet &carrier = packets_[outer], &inner = packets_[outer + 1];
  if (carrier.ip.is_fragment && !carrier.invalid) {
    if (!defragmenter_.absorb(carrier, datagrams_[outer])) return false;
    decode_datagram(carrier, datagrams_[outer], inner, settings_);
    return true;
  }
  return carrier.tunnel.next != Proto::none && decode_inner(carrier, inner, settings_);
}

}  // namespace

std::string describe_no_exports(const ExportFileTotals& totals) {
  return fmt::format(
      "no export traffic found in {} packets: looked for UDP to the ports {}, and for what can be nothing "
      "but NetFlow, "
      "IPFIX or sFlow",
      totals.passed_over, fmt::join(kUsualPorts, ", "));
}

bool looks_like_export(Bytes datagram) {
  ByteCursor in{datagram};
  const std::uint16_t version = in.be16(), second = in.be16();
  if (in.failed()) return false;
  if (version == 0 && second == 5) return is_whole_sflow(in);
  const auto holds = [&](std::size_t header, std::size_t record) {
    return second != 0 && datagram.size() == header + second * record;
  };
  switch (version) {
    case 1: return holds(16, 52);
    case 5: return holds(24, 48);
    case 7: return holds(24, 52);
    case 9: in.skip(16); return second != 0 && !in.empty() && are_sets(in);
    case kIpfixNumber: return are_ipfix_messages(ByteCursor{datagram});
    default: return false;
  }
}

tl::expected<ExportFileTotals, std::string> read_export_file(const std::string& path, Collector& collector) {
  {
    auto in = ByteInput::open(path);
    if (!in) return tl::unexpected(fmt::format("{}: {}", path, in.error()));
    ByteCursor head{in->view(4)};
    if (head.be16() == kIpfixNumber && head.be16() >= kIpfixHeader)
      return read_ipfix_file(path, *in, collector);
  }
  auto source = open_capture_files({.paths = {path}, .bpf = {}});
  if (!source) return tl::unexpected(source.error());
  ExportFileTotals out;
  RawPacket raw;
  ExportFinder finder;
  while ((*source)->next(raw) == CaptureSource::Next::packet) {
    const Packet* const found = finder.find(raw);
    ++(found != nullptr ? out.messages : out.passed_over);
    if (found != nullptr)
      collector.datagram({found->ip.source, found->source_port}, raw.time, found->payload);
  }
  if (!(*source)->errors().empty()) return tl::unexpected((*source)->errors().front());
  return out;
}

}  // namespace weir::engine
