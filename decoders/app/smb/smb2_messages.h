// Messages of SMB 2 and 3 (MS-SMB2 2.2). A function is given a whole message from its header on, or as much of it as is there, and
// gives none when a field that it needs is missing or lies outside. Views are into the message. Cost is linear.
#pragma once

#include <cstdint>
#include <optional>

#include "decoders/app/smb/transaction.h"
#include "decoders/types.h"

namespace weir::smb::smb2 {

inline constexpr std::size_t kHeader = 64;

enum Command : std::uint16_t {
  negotiate = 0,
  session_setup = 1,
  logoff = 2,
  tree_connect = 3,
  tree_disconnect = 4,
  create = 5,
  close = 6,
  flush = 7,
  read = 8,
  write = 9,
  lock = 10,
  ioctl = 11,
  cancel = 12,
  echo = 13,
  find = 14,
  change_notify = 15,
  get_info = 16,
  set_info = 17,
  oplock_break = 18
};

struct Header {
  std::uint32_t status = 0;
  std::uint16_t command = 0;
  std::uint32_t flags = 0;
  std::uint32_t next = 0;  // offset of the next message of a compound; 0: this is the last
  std::uint64_t message_id = 0;
  std::uint32_t tree_id = 0;  // of an asynchronous message: 0
  std::uint64_t session_id = 0;

  [[nodiscard]] bool is_response() const { return (flags & 0x1U) != 0; }
  [[nodiscard]] bool is_async() const { return (flags & 0x2U) != 0; }
  [[nodiscard]] bool is_related() const { return (flags & 0x4U) != 0; }
};
std::optional<Header> parse_header(Bytes message);

struct NegotiateRequest {
  SlabVector<std::uint16_t> dialects;  // as many as are there
  Guid client_guid{};
  bool is_malformed = false;  // fewer are there than it says, or none
};
std::optional<NegotiateRequest> parse_negotiate_request(Bytes message);

struct NegotiateResponse {
  std::uint16_t dialect = 0;
  Guid server_guid{};
  std::uint32_t max_read_bytes = 0, max_write_bytes = 0;
};
std::optional<NegotiateResponse> parse_negotiate_response(Bytes message);

// The token of the mechanism that logs in.
std::optional<Bytes> parse_session_setup_request(Bytes message);
std::optional<Bytes> parse_session_setup_response(Bytes message);

std::optional<SlabString> parse_tree_connect_request(Bytes message);
std::optional<std::uint8_t> parse_tree_connect_response(Bytes message);

std::optional<Create> parse_create_request(Bytes message);
// Fills in what the answer says.
bool parse_create_response(Bytes message, Create& out);

// The file that a request of a kind is about which says little else.
std::optional<FileId> parse_close_request(Bytes message);

// What is read or written where.
struct Chunk {
  FileId id;
  std::uint64_t offset = 0;  // in the file
  std::uint32_t length = 0;
  std::uint32_t data_offset = 0;  // of the bytes, in the message
};
std::optional<Chunk> parse_read_request(Bytes message);
// `id` and `offset` are the request's to know.
std::optional<Chunk> parse_read_response(Bytes message);
std::optional<Chunk> parse_write_request(Bytes message);
// What of the data is there.
Bytes data_of(const Chunk& chunk, Bytes message);
// So many bytes from the start of a message parse_read_response() and parse_write_request() need.
inline constexpr std::size_t kReadResponse = kHeader + 16, kWriteRequest = kHeader + 48;

struct IoctlMessage {
  std::uint32_t function = 0;
  FileId id;
  Bytes data;  // what goes in, or comes out
};
inline constexpr std::uint32_t kPipeTransceive = 0x0011c017;  // FSCTL_PIPE_TRANSCEIVE
std::optional<IoctlMessage> parse_ioctl_request(Bytes message);
std::optional<IoctlMessage> parse_ioctl_response(Bytes message);

struct SetInfoRequest {
  std::uint8_t info_type = 0, info_class = 0;
  FileId id;
  Bytes data;
};
inline constexpr std::uint8_t kFileInfo = 1;
inline constexpr std::uint8_t kRenameInformation = 10, kDispositionInformation = 13;  // MS-FSCC 2.4
std::optional<SetInfoRequest> parse_set_info_request(Bytes message);
std::optional<SlabString> parse_rename_information(Bytes data);

}  // namespace weir::smb::smb2
