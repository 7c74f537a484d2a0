// Readers of the two capture file formats: records in, RawPacket out. They own no bytes: frames are views
// into the ByteInput's window and end with its next call. Everything in a file is untrusted.
//
// Formats: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html (pcap) and
// https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html (pcapng).
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/packet.h"
#include "engine/capture/byte_input.h"
#include "engine/capture/capture_source.h"

namespace weir::engine {

// Most bytes of one frame; a longer record is taken for a broken file.
inline constexpr std::uint32_t kMaxCaptureLength = 256 * 1024;
// Longest pcapng block that is read; longer ones are broken when they hold packets, else passed over.
inline constexpr std::uint32_t kMaxBlockBytes = kMaxCaptureLength + 64 * 1024;
inline constexpr std::size_t kMaxInterfaces = 4096;       // of one pcapng section
inline constexpr std::size_t kMaxInterfaceOptions = 256;  // read of one interface description
// Times beyond (pcapng allows any 64 bits) are cut to this, so that differences of two always fit.
inline constexpr std::uint64_t kMaxTimeUs = std::uint64_t{1} << 61;

struct ReadError {
  std::uint64_t offset = 0;  // of the record, in the decompressed file
  std::string reason;
};

enum class ReadStatus : std::uint8_t { frame, end, broken };

// Fixed-size integers in the byte order of the file.
struct FileOrder {
  bool big = false;
  [[nodiscard]] std::uint16_t u16(const std::uint8_t* p) const {
    std::uint16_t value;
    std::memcpy(&value, p, sizeof value);
    return is_swapped() ? __builtin_bswap16(value) : value;
  }
  [[nodiscard]] std::uint32_t u32(const std::uint8_t* p) const {
    std::uint32_t value;
    std::memcpy(&value, p, sizeof value);
    return is_swapped() ? __builtin_bswap32(value) : value;
  }
  [[nodiscard]] bool is_swapped() const { return big != (std::endian::native == std::endian::big); }
};

class PcapReader {
 public:
  // Reads the file header; the magic must be there.
  static tl::expected<PcapReader, ReadError> start(ByteInput& in);
  // True for the first four bytes of a pcap file, in any byte order and resolution.
  static bool is_magic(Bytes head);
  // Fills all of `out` but its number. After `broken`, error() says why and nothing more can be read.
  ReadStatus next(ByteInput& in, RawPacket& out) {
    const Bytes ahead = in.ahead();
    if (ahead.size() < record_header_bytes_) return next_slow(in, out);
    const Header header = read_header(ahead.data());
    if (header.captured > std::min<std::size_t>(ahead.size() - record_header_bytes_, kMaxCaptureLength))
      return next_slow(in, out);
    in.consume(record_header_bytes_ + header.captured);  // moves no byte: the view stays until the next one
    take(header, ahead.subspan(record_header_bytes_, header.captured), out);
    return ReadStatus::frame;
  }
  [[nodiscard]] const ReadError& error() const { return error_; }
  // Of the last frame.
  [[nodiscard]] FineTime fine_time() const { return fine_; }

 private:
  struct Header {
    std::uint32_t seconds, fraction, captured, wire;
  };
  [[nodiscard]] Header read_header(const std::uint8_t* p) const {
    Header out{order_.u32(p), order_.u32(p + 4), order_.u32(p + 8), order_.u32(p + 12)};
    if (swapped_lengths_ && out.captured > out.wire) std::swap(out.captured, out.wire);
    return out;
  }
  void take(const Header& header, Bytes bytes, RawPacket& out) {
    out.bytes = bytes;
    out.wire_length = std::max(header.wire, header.captured);
    const std::uint32_t us = nanoseconds_ ? header.fraction / 1000 : header.fraction;
    out.time = static_cast<TimeUs>(std::uint64_t{header.seconds} * 1'000'000 + us);
    fine_ = {static_cast<std::uint16_t>(nanoseconds_ ? header.fraction - us * 1000 : 0), nanoseconds_};
    out.link_type = link_type_;
  }
  ReadStatus next_slow(ByteInput& in, RawPacket& out);
  ReadStatus broken(const ByteInput& in, std::string reason);
  FileOrder order_;
  bool nanoseconds_ = false;
  bool swapped_lengths_ = false;  // some writers of version 2.3 and before
  std::size_t record_header_bytes_ = 16;
  int link_type_ = 1;
  FineTime fine_;
  ReadError error_;
};

class PcapngReader {
 public:
  static tl::expected<PcapngReader, ReadError> start(ByteInput& in);
  static bool is_magic(Bytes head);
  ReadStatus next(ByteInput& in, RawPacket& out);
  [[nodiscard]] const ReadError& error() const { return error_; }
  // How many packets of interfaces that no block describes were passed over, and the first of them.
  [[nodiscard]] std::uint64_t undescribed() const { return undescribed_; }
  [[nodiscard]] const ReadError& first_undescribed() const { return first_undescribed_; }
  // Of the last frame.
  [[nodiscard]] FineTime fine_time() const { return fine_; }

 private:
  struct Interface {
    int link_type = 1;
    std::uint32_t snap_length = 0;     // 0: no limit
    std::uint8_t resolution = 6;       // if_tsresol: 10^-n seconds, or 2^-n with the top bit set
    std::uint64_t offset_seconds = 0;  // if_tsoffset, two's complement
    bool fine = false;                 // the resolution is better than microseconds
  };
  struct Block {
    std::uint32_t type = 0, length = 0;
  };
  enum class Step : std::uint8_t { frame, other, broken };

  bool read_section(ByteInput& in);  // at a section header block; consumes it
  bool skip_block(ByteInput& in, const Block& block);
  Step read_block(ByteInput& in, const Block& block, RawPacket& out);
  bool add_interface(Bytes body);
  Step packet(Bytes body, bool obsolete, RawPacket& out);
  Step simple_packet(Bytes body, RawPacket& out);
  Step frame(Bytes data, std::uint32_t captured, std::uint32_t wire_length, const Interface& from,
             RawPacket& out);
  void set_time(const Interface& from, std::uint64_t ticks, RawPacket& out);
  Step fail(std::string reason);

  FileOrder order_;
  std::vector<Interface> interfaces_;
  FineTime fine_;
  ReadError error_;
  std::uint64_t undescribed_ = 0;
  ReadError first_undescribed_;
};

}  // namespace weir::engine
