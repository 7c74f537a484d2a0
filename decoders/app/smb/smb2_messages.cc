#include "decoders/app/smb/smb2_messages.h"

#include <algorithm>

#include "decoders/app/smb/file_time.h"
#include "decoders/byte_cursor.h"
#include "decoders/utf16.h"

namespace weir::smb::smb2 {
namespace {

constexpr std::uint32_t kDirectoryFile = 0x00000001, kDeleteOnClose = 0x00001000;  // of CreateOptions

ByteCursor body(Bytes message) {
  ByteCursor in{message};
  in.skip(kHeader);
  return in;
}

FileId read_file_id(ByteCursor& in) {
  return {.bytes = guid_of(in.take(sizeof(Guid)))};
}

// Offsets count from the header's first byte.
std::optional<Bytes> part(Bytes message, std::size_t offset, std::size_t length) {
  if (length == 0) return Bytes{};
  ByteCursor in{message};
  in.skip(offset);
  const Bytes out = in.take(length);
  if (in.failed()) return std::nullopt;
  return out;
}

std::optional<SlabString> text(Bytes message, std::size_t offset, std::size_t length) {
  const auto found = part(message, offset, length);
  if (!found) return std::nullopt;
  return utf8_of_utf16le(found->first(std::min(found->size(), kMaxName)));
}

}  // namespace

std::optional<Header> parse_header(Bytes message) {
  ByteCursor in{message};
  in.skip(8);  // ProtocolId, StructureSize, CreditCharge
  Header out;
  out.status = in.le32();
  out.command = in.le16();
  in.skip(2);
  out.flags = in.le32();
  out.next = in.le32();
  out.message_id = in.le64();
  in.skip(4);
  out.tree_id = in.le32();
  out.session_id = in.le64();
  in.skip(16);
  if (in.failed()) return std::nullopt;
  if (out.is_async()) out.tree_id = 0;
  return out;
}

std::optional<NegotiateRequest> parse_negotiate_request(Bytes message) {
  ByteCursor in = body(message);
  in.skip(2);
  const std::uint16_t count = in.le16();
  in.skip(8);
  NegotiateRequest out;
  out.client_guid = guid_of(in.take(sizeof(Guid)));
  in.skip(8);
  if (in.failed()) return std::nullopt;
  const auto there = std::min<std::size_t>({count, in.remaining() / 2, kMaxDialects});
  while (out.dialects.size() < there) out.dialects.push_back(in.le16());
  out.is_malformed = count == 0 || (there < count && there < kMaxDialects);
  return out;
}

std::optional<NegotiateResponse> parse_negotiate_response(Bytes message) {
  ByteCursor in = body(message);
  in.skip(4);
  NegotiateResponse out;
  out.dialect = in.le16();
  in.skip(2);
  out.server_guid = guid_of(in.take(sizeof(Guid)));
  in.skip(8);
  out.max_read_bytes = in.le32();
  out.max_write_bytes = in.le32();
  return in.failed() ? std::nullopt : std::optional(out);
}

std::optional<Bytes> parse_session_setup_request(Bytes message) {
  ByteCursor in = body(message);
  in.skip(12);
  const std::uint16_t offset = in.le16(), length = in.le16();
  return in.failed() ? std::nullopt : part(message, offset, length);
}

std::optional<Bytes> parse_session_setup_response(Bytes message) {
  ByteCursor in = body(message);
  in.skip(4);
  const std::uint16_t offset = in.le16(), length = in.le16();
  return in.failed() ? std::nullopt : part(message, offset, length);
}

std::optional<SlabString> parse_tree_connect_request(Bytes message) {
  ByteCursor in = body(message);
  in.skip(4);
  const std::uint16_t offset = in.le16(), length = in.le16();
  return in.failed() ? std::nullopt : text(message, offset, length);
}

std::optional<std::uint8_t> parse_tree_connect_response(Bytes message) {
  ByteCursor in = body(message);
  in.skip(2);
  const std::uint8_t type = in.u8();
  return in.failed() ? std::nullopt : std::optional(type);
}

std::optional<Create> parse_create_request(Bytes message) {
  ByteCursor in = body(message);
  in.skip(36);
  Create out;
  out.disposition = in.le32();
  const std::uint32_t options = in.le32();
  const std::uint16_t offset = in.le16(), length = in.le16();
  if (in.failed()) return std::nullopt;
  out.is_directory = (options & kDirectoryFile) != 0;
  out.delete_on_close = (options & kDeleteOnClose) != 0;
  const auto name = text(message, offset, length);
  if (!name) return std::nullopt;
  out.name = *name;
  return out;
}

bool parse_create_response(Bytes message, Create& out) {
  ByteCursor in = body(message);
  in.skip(8);
  const std::uint64_t created = in.le64(), accessed = in.le64(), modified = in.le64(), changed = in.le64();
  in.skip(8);
  const std::uint64_t size = in.le64();
  in.skip(8);
  const FileId id = read_file_id(in);
  if (in.failed()) return false;
  out.created_s = unix_seconds(created);
  out.accessed_s = unix_seconds(accessed);
  out.modified_s = unix_seconds(modified);
  out.changed_s = unix_seconds(changed);
  out.size_bytes = size;
  out.id = id;
  return true;
}

std::optional<FileId> parse_close_request(Bytes message) {
  ByteCursor in = body(message);
  in.skip(8);
  const FileId id = read_file_id(in);
  return in.failed() ? std::nullopt : std::optional(id);
}

std::optional<Chunk> parse_read_request(Bytes message) {
  ByteCursor in = body(message);
  in.skip(4);
  Chunk out;
  out.length = in.le32();
  out.offset = in.le64();
  out.id = read_file_id(in);
  return in.failed() ? std::nullopt : std::optional(out);
}

std::optional<Chunk> parse_read_response(Bytes message) {
  ByteCursor in = body(message);
  in.skip(2);
  Chunk out;
  out.data_offset = in.u8();
  in.skip(1);
  out.length = in.le32();
  in.skip(8);
  return in.failed() ? std::nullopt : std::optional(out);
}

std::optional<Chunk> parse_write_request(Bytes message) {
  ByteCursor in = body(message);
  in.skip(2);
  Chunk out;
  out.data_offset = in.le16();
  out.length = in.le32();
  out.offset = in.le64();
  out.id = read_file_id(in);
  in.skip(16);
  return in.failed() ? std::nullopt : std::optional(out);
}

Bytes data_of(const Chunk& chunk, Bytes message) {
  ByteCursor in{message};
  in.skip(chunk.data_offset);
  return in.take(std::min<std::size_t>(chunk.length, in.remaining()));
}

std::optional<IoctlMessage> parse_ioctl_request(Bytes message) {
  ByteCursor in = body(message);
  in.skip(4);
  IoctlMessage out;
  out.function = in.le32();
  out.id = read_file_id(in);
  const std::uint32_t offset = in.le32(), length = in.le32();
  if (in.failed()) return std::nullopt;
  out.data = part(message, offset, length).value_or(Bytes{});
  return out;
}

std::optional<IoctlMessage> parse_ioctl_response(Bytes message) {
  ByteCursor in = body(message);
  in.skip(4);
  IoctlMessage out;
  out.function = in.le32();
  out.id = read_file_id(in);
  in.skip(8);
  const std::uint32_t offset = in.le32(), length = in.le32();
  if (in.failed()) return std::nullopt;
  out.data = part(message, offset, length).value_or(Bytes{});
  return out;
}

std::optional<SetInfoRequest> parse_set_info_request(Bytes message) {
  ByteCursor in = body(message);
  in.skip(2);
  SetInfoRequest out;
  out.info_type = in.u8();
  out.info_class = in.u8();
  const std::uint32_t length = in.le32();
  const std::uint16_t offset = in.le16();
  in.skip(6);
  out.id = read_file_id(in);
  const auto data = part(message, offset, length);
  if (in.failed() || !data) return std::nullopt;
  out.data = *data;
  return out;
}

std::optional<SlabString> parse_rename_information(Bytes data) {
  ByteCursor in{data};
  in.skip(16);
  const std::uint32_t length = in.le32();
  const Bytes name = in.take(length);
  if (in.failed()) return std::nullopt;
  return utf8_of_utf16le(name.first(std::min(name.size(), kMaxName)));
}

}  // namespace weir::smb::smb2
