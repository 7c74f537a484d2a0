#include <fmt/format.h>

#include "engine/capture/capture_reader.h"

namespace weir::engine {
namespace {

constexpr std::size_t kFileHeaderBytes = 24;
constexpr std::uint32_t kMagicMicro = 0xa1b2c3d4, kMagicNano = 0xa1b23c4d;
constexpr std::uint32_t kMagicPatched = 0xa1b2cd34;  // 1990s Linux with eight more bytes a record
constexpr std::size_t kPatchedRecordHeaderBytes = 24;
constexpr std::uint32_t kLinkTypeMask = 0xffff;  // the upper half says how long the frame check sequence is

bool known(std::uint32_t magic) {
  return magic == kMagicMicro || magic == kMagicNano || magic == kMagicPatched;
}

}  // namespace

bool PcapReader::is_magic(Bytes head) {
  return head.size() >= 4 &&
         (known(FileOrder{false}.u32(head.data())) || known(FileOrder{true}.u32(head.data())));
}

tl::expected<PcapReader, ReadError> PcapReader::start(ByteInput& in) {
  const Bytes header = in.view(kFileHeaderBytes);
  if (header.size() < kFileHeaderBytes)
    return tl::unexpected(ReadError{in.offset(), in.error().empty() ? "truncated file header" : in.error()});
  PcapReader reader;
  const std::uint8_t* const p = header.data();
  reader.order_.big = known(FileOrder{true}.u32(p));
  const std::uint32_t magic = reader.order_.u32(p);
  const unsigned major = reader.order_.u16(p + 4), minor = reader.order_.u16(p + 6);
  if (major != 2)
    return tl::unexpected(
        ReadError{in.offset() + 4, fmt::format("unknown pcap version {}.{}", major, minor)});
  reader.nanoseconds_ = magic == kMagicNano;
  reader.swapped_lengths_ = minor < 4;
  if (magic == kMagicPatched) reader.record_header_bytes_ = kPatchedRecordHeaderBytes;
  reader.link_type_ = static_cast<int>(reader.order_.u32(p + 20) & kLinkTypeMask);
  in.consume(kFileHeaderBytes);
  return reader;
}

ReadStatus PcapReader::broken(const ByteInput& in, std::string reason) {
  error_ = {in.offset(), in.error().empty() ? std::move(reason) : in.error()};
  return ReadStatus::broken;
}

ReadStatus PcapReader::next_slow(ByteInput& in, RawPacket& out) {
  const Bytes bytes = in.view(record_header_bytes_);
  if (bytes.size() < record_header_bytes_) {
    if (bytes.empty() && in.error().empty()) return ReadStatus::end;
    return broken(in, "truncated record header");
  }
  const Header header = read_header(bytes.data());
  if (header.captured > kMaxCaptureLength)
    return broken(
        in, fmt::format("record of {} bytes, more than the limit of {}", header.captured, kMaxCaptureLength));
  const Bytes record = in.view(record_header_bytes_ + header.captured);
  if (record.size() < record_header_bytes_ + header.captured)
    return broken(in, fmt::format("truncated record: {} of {} bytes", record.size() - record_header_bytes_,
                                  header.captured));
  in.consume(record.size());
  take(header, record.subspan(record_header_bytes_), out);
  return ReadStatus::frame;
}

}  // namespace weir::engine
