#include "decoders/app/smb/smb1_messages.h"

#include <algorithm>

#include "decoders/app/smb/file_time.h"
#include "decoders/app/smb/smb1_text.h"
#include "decoders/byte_cursor.h"
#include "decoders/text.h"

namespace weir::smb::smb1 {
namespace {

constexpr std::uint8_t kReply = 0x80;                           // of Flags
constexpr std::uint16_t kUnicode = 0x8000, kNtStatus = 0x4000;  // of Flags2
constexpr std::uint32_t kDirectoryFile = 0x00000001, kDeleteOnClose = 0x00001000;
constexpr std::uint8_t kDialectText = 0x02;  // stands before a dialect, MS-CIFS 2.2.4.52.1

std::size_t offset_of(const Block& block, Bytes part) {
  return static_cast<std::size_t>(part.data() - block.message.data());
}

TextReader texts_of(const Block& block) {
  return {block.message, block.bytes, block.is_unicode};
}

std::optional<Block> block_at(Bytes message, std::size_t offset, std::uint8_t command, bool unicode) {
  ByteCursor in{message};
  in.skip(offset);
  Block out{.message = message, .is_unicode = unicode, .command = command};
  out.words = in.take(std::size_t{in.u8()} * 2);
  if (in.failed()) return std::nullopt;
  const std::uint16_t count = in.le16();
  out.bytes = in.failed() ? Bytes{} : in.take(std::min<std::size_t>(count, in.remaining()));
  if (out.bytes.empty()) out.bytes = message.last(0);
  return out;
}

}  // namespace

std::optional<Header> parse_header(Bytes message) {
  ByteCursor in{message};
  in.skip(4);
  Header out;
  out.command = in.u8();
  ByteCursor status = in.sub(4);
  const std::uint8_t flags = in.u8();
  const std::uint16_t flags2 = in.le16(), process_high = in.le16();
  in.skip(10);
  out.tree_id = in.le16();
  out.process_id = std::uint32_t{process_high} << 16U | in.le16();
  out.user_id = in.le16();
  out.multiplex_id = in.le16();
  if (in.failed()) return std::nullopt;
  out.is_response = (flags & kReply) != 0;
  out.is_unicode = (flags2 & kUnicode) != 0;
  out.status.is_dos = (flags2 & kNtStatus) == 0;
  if (out.status.is_dos) {
    out.status.error_class = status.u8();
    status.skip(1);
    out.status.code = status.le16();
  } else {
    out.status.code = status.le32();
  }
  return out;
}

bool is_andx(std::uint8_t command) {
  switch (command) {
    case locking_andx:
    case open_andx:
    case read_andx:
    case write_andx:
    case session_setup_andx:
    case logoff_andx:
    case tree_connect_andx:
    case nt_create_andx: return true;
    default: return false;
  }
}

std::optional<Block> first_block(Bytes message, const Header& header) {
  return block_at(message, kHeader, header.command, header.is_unicode);
}

std::optional<Block> next_block(const Block& block) {
  ByteCursor in{block.words};
  const std::uint8_t command = in.u8();
  in.skip(1);
  const std::uint16_t offset = in.le16();
  if (in.failed() || command == no_andx || offset < offset_of(block, block.words) + block.words.size())
    return std::nullopt;
  return block_at(block.message, offset, command, block.is_unicode);
}

SlabVector<SlabString> parse_dialects(const Block& request, bool& is_malformed) {
  SlabVector<SlabString> out;
  ByteCursor left{request.bytes};
  while (!left.empty() && out.size() < kMaxDialects) {
    if (left.u8() != kDialectText) {
      is_malformed = true;
      break;
    }
    const std::string_view rest = as_text(left.peek(left.remaining()));
    const std::size_t end = rest.find('\0');
    if (end == std::string_view::npos) is_malformed = true;
    out.emplace_back(rest.substr(0, std::min(end, kMaxName)));
    left.skip(std::min(end, rest.size() - 1) + 1);
  }
  if (out.empty()) is_malformed = true;
  return out;
}

std::optional<NegotiateResponse> parse_negotiate_response(const Block& response) {
  ByteCursor in{response.words};
  NegotiateResponse out;
  out.dialect_index = in.le16();
  if (in.failed()) return std::nullopt;
  constexpr std::size_t kNtWords = 34;
  if (response.words.size() == kNtWords && response.bytes.size() >= sizeof(Guid))
    out.server_guid = guid_of(response.bytes);
  return out;
}

std::optional<SessionSetupMessage> parse_session_setup_request(const Block& request) {
  ByteCursor in{request.words};
  const bool has_token = request.words.size() == 24;
  in.skip(14);  // up to the lengths of what the bytes begin with
  const std::uint16_t first = in.le16(), second = in.le16();
  if (in.failed()) return std::nullopt;
  SessionSetupMessage out;
  TextReader texts = texts_of(request);
  if (has_token) {
    out.token = texts.take_available(first);
  } else {
    texts.take_available(first);
    if (request.words.size() == 26) texts.skip(second);
    if (texts.failed()) return std::nullopt;
    out.account = texts.next();
    out.domain = texts.next();
  }
  out.software.native_os = texts.next();
  out.software.native_lm = texts.next();
  return out;
}

std::optional<SessionSetupMessage> parse_session_setup_response(const Block& response) {
  ByteCursor in{response.words};
  in.skip(6);
  SessionSetupMessage out;
  TextReader texts = texts_of(response);
  if (response.words.size() == 8) out.token = texts.take_available(in.le16());
  if (in.failed()) return std::nullopt;
  out.software.native_os = texts.next();
  out.software.native_lm = texts.next();
  return out;
}

std::optional<TreeConnect> parse_tree_connect_request(const Block& request) {
  ByteCursor in{request.words};
  in.skip(6);
  const std::uint16_t password = in.le16();
  TextReader texts = texts_of(request);
  texts.skip(password);
  if (in.failed() || texts.failed()) return std::nullopt;
  TreeConnect out;
  out.share = texts.next();
  out.requested_service = texts.next_ascii();
  return out;
}

std::optional<SlabString> parse_tree_connect_response(const Block& response) {
  if (response.words.empty()) return std::nullopt;
  return texts_of(response).next_ascii();
}

std::optional<Create> parse_create_request(const Block& request) {
  ByteCursor in{request.words};
  in.skip(5);
  const std::uint16_t length = in.le16();
  in.skip(28);
  Create out;
  out.disposition = in.le32();
  const std::uint32_t options = in.le32();
  in.skip(5);
  if (in.failed()) return std::nullopt;
  out.is_directory = (options & kDirectoryFile) != 0;
  out.delete_on_close = (options & kDeleteOnClose) != 0;
  out.name = texts_of(request).next(length);
  return out;
}

bool parse_create_response(const Block& response, Create& out) {
  ByteCursor in{response.words};
  in.skip(5);
  const std::uint16_t id = in.le16();
  in.skip(4);
  const std::uint64_t created = in.le64(), accessed = in.le64(), modified = in.le64(), changed = in.le64();
  in.skip(12);
  const std::uint64_t size = in.le64();
  if (in.failed()) return false;
  out.created_s = unix_seconds(created);
  out.accessed_s = unix_seconds(accessed);
  out.modified_s = unix_seconds(modified);
  out.changed_s = unix_seconds(changed);
  out.size_bytes = size;
  out.id = FileId::of_number(id);
  return true;
}

std::optional<FileId> parse_file_id(const Block& request) {
  ByteCursor in{request.words};
  const std::uint16_t id = in.le16();
  return in.failed() ? std::nullopt : std::optional(FileId::of_number(id));
}

}  // namespace weir::smb::smb1
