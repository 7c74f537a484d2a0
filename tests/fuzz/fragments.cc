// IP fragments of a few datagrams. Honest inputs repeat what they said: then a datagram that is put together must hold just
// the bytes that were sent. Whatever came before, and whatever there was no memory for, a datagram of its own whose fragments
// all come must become whole, and once all others have timed out no memory is left in use.
//
// Input: flags (1: honest; 2: little memory; overlap policy above), then steps of five bytes: how (1: IPv6; 2: more
// fragments follow; 4: bytes are not what they were; 8: ten seconds later; 16: the offset counts in bytes of wire), which
// datagram, offset in units of eight bytes (two bytes), length.
#include <array>
#include <memory>
#include <string>

#include "engine/config/config.h"
#include "engine/pipeline/frame_decoder.h"
#include "engine/tcp/stream_settings.h"
#include "tests/engine/frame_builder.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/scarce_memory.h"
#include "tests/fuzz/targets.h"

namespace weir::fuzz {
namespace {

using test::put16;
using test::put32;

constexpr std::size_t kMostSteps = 512;
constexpr TimeUs kLongerThanAll = TimeUs{600} * 1'000'000;  // than any datagram waits
constexpr std::uint8_t kProtocol = 253;  // for experiments, RFC 3692: nobody looks inside
constexpr int kRawIp = 101;              // LINKTYPE_RAW

char content(std::size_t offset) {
  return static_cast<char>(offset * 31 + (offset >> 8U));
}

struct Piece {
  bool ipv6 = false, more = false;
  std::uint16_t id = 0;
  std::size_t unit = 0;  // offset, in eight bytes
  std::string data;
};

std::string ipv4_packet(const Piece& piece) {
  std::string out("\x45\0", 2);  // version and header length; type of service
  put16(out, static_cast<std::uint32_t>(20 + piece.data.size()));
  put16(out, piece.id);
  put16(out, (piece.more ? 0x2000U : 0U) | (piece.unit & 0x1fffU));
  out += '\x40';  // time to live
  out += static_cast<char>(kProtocol);
  put16(out, 0);  // checksum, which nobody looks at
  put32(out, 0x0a000001);
  put32(out, 0x0a000002);
  return out + piece.data;
}

std::string ipv6_packet(const Piece& piece) {
  constexpr char kFragmentHeader = 44, kHopLimit = 64;
  std::string out;
  put32(out, 0x60000000);
  put16(out, static_cast<std::uint32_t>(8 + piece.data.size()));
  out += kFragmentHeader;
  out += kHopLimit;
  for (const char last : {'\1', '\2'}) out += std::string("\x20\x01", 2) + std::string(13, '\0') + last;
  out += static_cast<char>(kProtocol);
  out += '\0';
  put16(out, static_cast<std::uint32_t>(piece.unit * 8) | (piece.more ? 1U : 0U));
  put32(out, piece.id);
  return out + piece.data;
}

class Host {
 public:
  Host(const engine::DefragSettings& settings, bool honest)
      : settings_(settings), decoder_({}, settings), honest_(honest) {
    decoder_.verify_checksums(false);
  }
  // Whether the piece made a datagram whole.
  bool take(const Piece& piece) {
    const std::string wire = piece.ipv6 ? ipv6_packet(piece) : ipv4_packet(piece);
    RawPacket raw;
    raw.bytes = {reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size()};
    raw.wire_length = static_cast<std::uint32_t>(wire.size());
    raw.link_type = kRawIp;
    raw.time = now_ += 1000;
    raw.number = ++number_;
    if (!scarcely([&] { decoder_.decode(raw, *frame_); })) return false;
    must(decoder_.defrag_memory_bytes() <= settings_.memcap_bytes, "memory of fragments is limited");
    if (!frame_->packets[0].ip.is_fragment || frame_->count < 2) return false;
    const Bytes whole = frame_->packets[1].payload;
    if (honest_)
      for (std::size_t i = 0; i < whole.size(); ++i)
        must(static_cast<char>(whole[i]) == content(i), "a datagram holds what was sent");
    return true;
  }
  void wait(TimeUs time) { now_ += time; }
  [[nodiscard]] std::uint64_t memory_bytes() const { return decoder_.defrag_memory_bytes(); }

 private:
  engine::DefragSettings settings_;
  engine::FrameDecoder decoder_;
  std::unique_ptr<engine::DecodedFrame> frame_ = std::make_unique<engine::DecodedFrame>();
  bool honest_;
  TimeUs now_ = 1'700'000'000'000'000;
  std::uint64_t number_ = 0;
};

Piece read_piece(Input& input, std::uint8_t how, bool honest) {
  Piece out;
  out.ipv6 = (how & 1U) != 0;
  out.more = (how & 2U) != 0;
  out.id = input.u8() % 4;
  out.unit = input.u16() % ((how & 16U) != 0 ? 8192 : 64);
  const std::size_t length = input.u8();
  for (std::size_t i = 0; i < length; ++i) {
    const char c = content(out.unit * 8 + i);
    out.data.push_back(!honest && (how & 4U) != 0 ? static_cast<char>(~c) : c);
  }
  return out;
}

bool whole_in_reverse(Host& host, bool ipv6, std::size_t units) {
  bool whole = false;
  for (std::size_t unit = units; unit-- > 0;) {
    Piece piece{.ipv6 = ipv6, .more = unit + 1 != units, .id = 77, .unit = unit, .data = {}};
    for (std::size_t i = 0; i < 8; ++i) piece.data.push_back(content(unit * 8 + i));
    whole = host.take(piece);
  }
  return whole;
}

// All hosts run the same system; the eight of them differ in whom they believe.
std::shared_ptr<const engine::HostOsPolicies> receivers_of(unsigned system) {
  static constexpr std::array kBelievers{"bsd",   "bsd-right", "linux",   "old-linux",
                                         "first", "last",      "windows", "solaris"};
  static const auto made = [] {
    std::array<std::shared_ptr<const engine::HostOsPolicies>, kBelievers.size()> out;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::string text = std::string("host-os-policy: {") + kBelievers[i] + ": [0.0.0.0/0, \"::/0\"]}";
      out[i] = engine::HostOsPolicies::from(*engine::Config::parse(text, "fuzz", ""));
    }
    return out;
  }();
  return made[system % made.size()];
}

}  // namespace

void fuzz_fragments(Bytes bytes) {
  Input input(bytes);
  const std::uint8_t flags = input.u8();
  const bool honest = (flags & 1U) != 0, little = (flags & 2U) != 0;
  engine::DefragSettings settings;
  settings.hash_size = 16;
  settings.receivers.host_os = receivers_of(flags >> 2U);
  if (little) {
    settings.memcap_bytes = 8192;
    settings.max_trackers = 2;
    settings.max_fragments = 8;
  }
  Host host(settings, honest);
  for (std::size_t i = 0; i < kMostSteps && !input.empty(); ++i) {
    const std::uint8_t how = input.u8();
    if ((how & 8U) != 0) host.wait(10'000'000);
    host.take(read_piece(input, how, honest));
  }
  stop_failing();
  for (const bool ipv6 : {false, true})
    must(whole_in_reverse(host, ipv6, little ? 2 : 16), "a datagram whose fragments all come becomes whole");
  host.wait(kLongerThanAll);
  must(whole_in_reverse(host, false, 2) && host.memory_bytes() == 0,
       "datagrams that are whole or too late give all memory back");
}

}  // namespace weir::fuzz
