#include <algorithm>

#include <fmt/format.h>

#include "engine/capture/capture_reader.h"

namespace weir::engine {
namespace {

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a, kInterfaceDescription = 1, kObsoletePacket = 2,
                        kSimplePacket = 3, kEnhancedPacket = 6;
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::size_t kBlockHeaderBytes = 8;    // type and total length
constexpr std::size_t kSectionStartBytes = 16;  // up to the version
constexpr std::uint32_t kMinBlockBytes = 12, kMinSectionBytes = 28;
constexpr std::uint16_t kOptionEnd = 0, kOptionResolution = 9, kOptionTimeOffset = 14;
constexpr std::uint8_t kBinaryResolution = 0x80;
constexpr std::uint8_t kMicroseconds = 6, kNanoseconds = 9;        // as if_tsresol says it
constexpr unsigned kMaxDecimalDigits = 19, kMaxBinaryDigits = 63;  // finer than any 64-bit time can say

constexpr std::uint64_t power_of_ten(unsigned n) {
  std::uint64_t out = 1;
  while (n-- > 0) out *= 10;
  return out;
}

// 2^-20 of a second is the first binary one below a microsecond.
bool is_fine(std::uint8_t resolution) {
  constexpr unsigned kBinaryMicroseconds = 19;
  return (resolution & kBinaryResolution) != 0 ? (resolution & 0x7fU) > kBinaryMicroseconds
                                               : resolution > kMicroseconds;
}

std::size_t padded(std::size_t n) {
  return (n + 3) & ~std::size_t{3};
}

}  // namespace

bool PcapngReader::is_magic(Bytes head) {
  return head.size() >= 4 && FileOrder{}.u32(head.data()) == kSectionHeader;  // the same in both orders
}

tl::expected<PcapngReader, ReadError> PcapngReader::start(ByteInput& in) {
  PcapngReader reader;
  if (!reader.read_section(in)) return tl::unexpected(reader.error_);
  return reader;
}

PcapngReader::Step PcapngReader::fail(std::string reason) {
  error_.reason = std::move(reason);
  return Step::broken;
}

bool PcapngReader::read_section(ByteInput& in) {
  error_.offset = in.offset();
  const Bytes start = in.view(kSectionStartBytes);
  if (start.size() < kSectionStartBytes) {
    fail("truncated section header");
    return false;
  }
  const std::uint8_t* const p = start.data();
  if (FileOrder{true}.u32(p + 8) == kByteOrderMagic)
    order_.big = true;
  else if (FileOrder{false}.u32(p + 8) == kByteOrderMagic)
    order_.big = false;
  else {
    fail("section header without byte-order magic");
    return false;
  }
  const std::uint32_t length = order_.u32(p + 4);
  const unsigned major = order_.u16(p + 12);
  if (length < kMinSectionBytes || length % 4 != 0) {
    fail(fmt::format("section header of {} bytes", length));
    return false;
  }
  if (major != 1) {
    fail(fmt::format("unknown pcapng version {}", major));
    return false;
  }
  interfaces_.clear();
  return skip_block(in, {kSectionHeader, length});
}

bool PcapngReader::skip_block(ByteInput& in, const Block& block) {
  if (in.consume(block.length)) return true;
  fail(fmt::format("truncated block of {} bytes", block.length));
  return false;
}

ReadStatus PcapngReader::next(ByteInput& in, RawPacket& out) {
  while (true) {  // ends: every turn consumes at least kMinBlockBytes
    error_.offset = in.offset();
    const Bytes head = in.view(kBlockHeaderBytes);
    if (head.empty() && in.error().empty()) return ReadStatus::end;
    Step step = Step::broken;
    if (head.size() < kBlockHeaderBytes) {
      fail("truncated block header");
    } else {
      const Block block{order_.u32(head.data()), order_.u32(head.data() + 4)};
      if (block.type == kSectionHeader)
        step = read_section(in) ? Step::other : Step::broken;
      else
        step = read_block(in, block, out);
    }
    if (step == Step::frame) return ReadStatus::frame;
    if (step == Step::broken) {
      if (!in.error().empty()) error_.reason = in.error();
      return ReadStatus::broken;
    }
  }
}

PcapngReader::Step PcapngReader::read_block(ByteInput& in, const Block& block, RawPacket& out) {
  if (block.length < kMinBlockBytes || block.length % 4 != 0)
    return fail(fmt::format("block of {} bytes", block.length));
  const bool wanted = block.type == kInterfaceDescription || block.type == kObsoletePacket ||
                      block.type == kSimplePacket || block.type == kEnhancedPacket;
  if (!wanted) return skip_block(in, block) ? Step::other : Step::broken;
  if (block.length > kMaxBlockBytes)
    return fail(fmt::format("block of {} bytes, more than the limit of {}", block.length, kMaxBlockBytes));
  const Bytes all = in.view(block.length);
  if (all.size() < block.length)
    return fail(fmt::format("truncated block: {} of {} bytes", all.size(), block.length));
  if (order_.u32(all.data() + block.length - 4) != block.length)
    return fail("the two lengths of a block differ");
  in.consume(block.length);  // moves no byte: the view stays until the next one
  const Bytes body = all.subspan(kBlockHeaderBytes, block.length - kMinBlockBytes);
  if (block.type == kInterfaceDescription) return add_interface(body) ? Step::other : Step::broken;
  if (block.type == kSimplePacket) return simple_packet(body, out);
  return packet(body, block.type == kObsoletePacket, out);
}

bool PcapngReader::add_interface(Bytes body) {
  constexpr std::size_t kFixed = 8, kOptionHeader = 4;
  if (body.size() < kFixed) {
    fail("interface description too short");
    return false;
  }
  if (interfaces_.size() == kMaxInterfaces) {
    fail(fmt::format("more than {} interfaces", kMaxInterfaces));
    return false;
  }
  Interface added;
  added.link_type = order_.u16(body.data());
  added.snap_length = order_.u32(body.data() + 4);
  Bytes options = body.subspan(kFixed);
  for (std::size_t n = 0; n < kMaxInterfaceOptions && options.size() >= kOptionHeader; ++n) {
    const std::uint16_t code = order_.u16(options.data());
    const std::size_t length = order_.u16(options.data() + 2);
    options = options.subspan(kOptionHeader);
    if (code == kOptionEnd || length > options.size()) break;
    if (code == kOptionResolution && length >= 1) added.resolution = options[0];
    if (code == kOptionTimeOffset && length >= 8) {
      const std::uint64_t first = order_.u32(options.data()), second = order_.u32(options.data() + 4);
      added.offset_seconds = order_.big ? (first << 32) | second : (second << 32) | first;
    }
    options = options.subspan(std::min(padded(length), options.size()));
  }
  added.fine = is_fine(added.resolution);
  interfaces_.push_back(added);
  return true;
}

PcapngReader::Step PcapngReader::frame(Bytes data, std::uint32_t captured, std::uint32_t wire_length,
                                       const Interface& from, RawPacket& out) {
  if (captured > kMaxCaptureLength)
    return fail(fmt::format("frame of {} bytes, more than the limit of {}", captured, kMaxCaptureLength));
  if (captured > data.size()) return fail("frame longer than its block");
  out.bytes = data.first(captured);
  out.wire_length = std::max(wire_length, captured);
  out.link_type = from.link_type;
  return Step::frame;
}

PcapngReader::Step PcapngReader::packet(Bytes body, bool obsolete, RawPacket& out) {
  constexpr std::size_t kFixed = 20;
  if (body.size() < kFixed) return fail("packet block too short");
  const std::uint8_t* const p = body.data();
  // The obsolete block differs in its first word only: interface and drop count, 16 bits each.
  const std::uint32_t id = obsolete ? order_.u16(p) : order_.u32(p);
  if (id >= interfaces_.size()) {  // of unknown link type and time; the blocks behind it are none the worse
    if (undescribed_++ == 0) {
      first_undescribed_.offset = error_.offset;
      first_undescribed_.reason = fmt::format("packet of interface {}, which is not described", id);
    }
    return Step::other;
  }
  const std::uint64_t ticks = (std::uint64_t{order_.u32(p + 4)} << 32U) | order_.u32(p + 8);
  set_time(interfaces_[id], ticks, out);
  return frame(body.subspan(kFixed), order_.u32(p + 12), order_.u32(p + 16), interfaces_[id], out);
}

PcapngReader::Step PcapngReader::simple_packet(Bytes body, RawPacket& out) {
  constexpr std::size_t kFixed = 4;
  if (body.size() < kFixed) return fail("packet block too short");
  if (interfaces_.empty()) return fail("simple packet block without an interface");
  const std::uint32_t wire = order_.u32(body.data());
  const Interface& from = interfaces_[0];
  std::uint32_t captured = wire;
  if (from.snap_length != 0) captured = std::min(captured, from.snap_length);
  out.time = 0;  // the block carries none
  fine_ = {0, from.fine};
  return frame(body.subspan(kFixed), captured, wire, from, out);
}

void PcapngReader::set_time(const Interface& from, std::uint64_t ticks, RawPacket& out) {
  fine_ = {0, from.fine};
  if (from.offset_seconds == 0) {  // the usual ones, without a division by a variable
    if (from.resolution == kMicroseconds) {
      out.time = static_cast<TimeUs>(std::min(ticks, kMaxTimeUs));
      return;
    }
    if (from.resolution == kNanoseconds) {
      out.time = static_cast<TimeUs>(ticks / 1000);
      fine_.nanoseconds = static_cast<std::uint16_t>(ticks % 1000);
      return;
    }
  }
  const bool binary = (from.resolution & kBinaryResolution) != 0;
  const unsigned digits =
      std::min<unsigned>(from.resolution & 0x7fU, binary ? kMaxBinaryDigits : kMaxDecimalDigits);
  const std::uint64_t unit = binary ? std::uint64_t{1} << digits : power_of_ten(digits);
  const std::uint64_t seconds = ticks / unit + from.offset_seconds;  // wraps as two's complement does
  __extension__ using Wide = unsigned __int128;
  const auto nanos = static_cast<std::uint64_t>(Wide{ticks % unit} * 1'000'000'000 / unit);
  out.time = 0;
  if (static_cast<std::int64_t>(seconds) < 0) return;
  out.time = static_cast<TimeUs>(kMaxTimeUs);
  if (seconds > kMaxTimeUs / 1'000'000) return;
  out.time = static_cast<TimeUs>(seconds * 1'000'000 + nanos / 1000);
  fine_.nanoseconds = static_cast<std::uint16_t>(nanos % 1000);
}

}  // namespace weir::engine
