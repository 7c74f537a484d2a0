// Messages of SMB 1 that carry or ask for data, and those about files by name.
#include <algorithm>

#include "decoders/app/smb/smb1_messages.h"
#include "decoders/app/smb/smb1_text.h"
#include "decoders/byte_cursor.h"
#include "decoders/utf16.h"

namespace weir::smb::smb1 {
namespace {

// What lies at an offset of the message; what of it is there.
Bytes available(Bytes message, std::size_t offset, std::size_t length) {
  if (offset >= message.size()) return message.last(0);
  return message.subspan(offset, std::min(length, message.size() - offset));
}

Bytes behind(Bytes bytes, std::size_t n) {
  return bytes.subspan(std::min(n, bytes.size()));
}

constexpr std::size_t kBufferFormat =
    3;  // a byte and a length stand before the data of the old READ and WRITE

}  // namespace

std::optional<Chunk> parse_read_request(const Block& request) {
  ByteCursor in{request.words};
  if (request.command == read_andx) in.skip(4);
  Chunk out;
  out.id = FileId::of_number(in.le16());
  if (request.command != read_andx) {
    out.length = in.le16();
    out.offset = in.le32();
    return in.failed() ? std::nullopt : std::optional(out);
  }
  out.offset = in.le32();
  const std::uint16_t low = in.le16();
  in.skip(2);
  const std::uint32_t high = in.le32();
  in.skip(2);
  if (in.failed()) return std::nullopt;
  out.length = low | (high == UINT32_MAX ? 0 : (high & 0xffffU) << 16U);
  if (in.remaining() >= 4) out.offset |= std::uint64_t{in.le32()} << 32U;
  return out;
}

std::optional<Chunk> parse_read_response(const Block& response) {
  ByteCursor in{response.words};
  Chunk out;
  if (response.command != read_andx) {
    out.length = in.le16();
    out.data = behind(response.bytes, kBufferFormat);
  } else {
    in.skip(10);
    const std::uint16_t low = in.le16(), offset = in.le16(), high = in.le16();
    out.length = low | std::uint32_t{high} << 16U;
    out.data = available(response.message, offset, out.length);
  }
  if (in.failed()) return std::nullopt;
  out.data = out.data.first(std::min<std::size_t>(out.data.size(), out.length));
  return out;
}

std::optional<Chunk> parse_write_request(const Block& request) {
  ByteCursor in{request.words};
  Chunk out;
  if (request.command != write_andx) {
    out.id = FileId::of_number(in.le16());
    out.length = in.le16();
    out.offset = in.le32();
    out.data = behind(request.bytes, request.command == write_and_close ? 1 : kBufferFormat);
  } else {
    in.skip(4);
    out.id = FileId::of_number(in.le16());
    out.offset = in.le32();
    in.skip(8);
    const std::uint16_t high = in.le16(), low = in.le16(), data_offset = in.le16();
    out.length = low | std::uint32_t{high} << 16U;
    if (in.remaining() >= 4) out.offset |= std::uint64_t{in.le32()} << 32U;
    out.data = available(request.message, data_offset, out.length);
  }
  if (in.failed()) return std::nullopt;
  out.data = out.data.first(std::min<std::size_t>(out.data.size(), out.length));
  return out;
}

std::optional<Transaction> parse_trans_request(const Block& request) {
  ByteCursor in{request.words};
  in.skip(2);
  const std::uint16_t whole_data = in.le16();
  in.skip(14);
  const std::uint16_t parameters = in.le16(), parameters_at = in.le16(), data = in.le16(),
                      data_at = in.le16();
  const std::uint8_t setup = in.u8();
  in.skip(1);
  if (in.failed()) return std::nullopt;
  Transaction out{.whole_data = whole_data};
  if (setup > 0) out.subcommand = in.le16();
  if (setup > 1) out.pipe = FileId::of_number(in.le16());
  if (in.failed()) return std::nullopt;
  if (request.command == trans)
    out.name = TextReader(request.message, request.bytes, request.is_unicode).next();
  out.parameters = available(request.message, parameters_at, parameters);
  out.data = available(request.message, data_at, data);
  return out;
}

std::optional<Bytes> parse_trans_secondary(const Block& request) {
  ByteCursor in{request.words};
  in.skip(10);
  const std::uint16_t data = in.le16(), data_at = in.le16();
  return in.failed() ? std::nullopt : std::optional(available(request.message, data_at, data));
}

std::optional<Transaction> parse_trans_response(const Block& response) {
  ByteCursor in{response.words};
  in.skip(6);
  const std::uint16_t parameters = in.le16(), parameters_at = in.le16();
  in.skip(2);
  const std::uint16_t data = in.le16(), data_at = in.le16();
  if (in.failed()) return std::nullopt;
  Transaction out;
  out.parameters = available(response.message, parameters_at, parameters);
  out.data = available(response.message, data_at, data);
  return out;
}

std::optional<SetInfoRequest> parse_set_info(const Block& request, const Transaction& trans) {
  ByteCursor in{trans.parameters};
  SetInfoRequest out;
  if (trans.subcommand == kSetFileInfo) {
    out.id = FileId::of_number(in.le16());
    out.level = in.le16();
    return in.failed() ? std::nullopt : std::optional(out);
  }
  out.level = in.le16();
  in.skip(4);
  if (in.failed()) return std::nullopt;
  out.path = TextReader(request.message, in.rest(), request.is_unicode).next();
  return out;
}

std::optional<SlabString> parse_rename_information(Bytes data) {
  ByteCursor in{data};
  in.skip(8);
  const Bytes name = in.take(in.le32());
  if (in.failed()) return std::nullopt;
  return utf8_of_utf16le(name.first(std::min(name.size(), kMaxName)));
}

// A byte stands before each of the names (MS-CIFS 2.2.4.8.1).
std::optional<Rename> parse_rename_request(const Block& request) {
  TextReader texts{request.message, request.bytes, request.is_unicode};
  Rename out;
  texts.skip(1);
  out.from = texts.next();
  texts.skip(1);
  out.to = texts.next();
  if (texts.failed()) return std::nullopt;
  return out;
}

}  // namespace weir::smb::smb1
