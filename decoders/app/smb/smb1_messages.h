// Messages of SMB 1 (MS-CIFS 2.2, MS-SMB 2.2). A message is a header and one or more blocks, each of words (16 bits) and bytes; requests
// whose name ends in AndX carry a further one in the same message. Functions give none when a field that they need is missing.
// Views are into the message. Cost is linear.
#pragma once

#include <cstdint>
#include <optional>

#include "decoders/app/smb/transaction.h"
#include "decoders/types.h"

namespace weir::smb::smb1 {

inline constexpr std::size_t kHeader = 32;
inline constexpr unsigned kMaxChained = 16;  // blocks of a message

enum Command : std::uint8_t {
  close = 0x04,
  rename = 0x07,
  read = 0x0a,
  write = 0x0b,
  lock_and_read = 0x13,
  write_and_unlock = 0x14,
  locking_andx = 0x24,
  trans = 0x25,
  trans_secondary = 0x26,
  write_and_close = 0x2c,
  open_andx = 0x2d,
  read_andx = 0x2e,
  write_andx = 0x2f,
  trans2 = 0x32,
  tree_disconnect = 0x71,
  negotiate = 0x72,
  session_setup_andx = 0x73,
  logoff_andx = 0x74,
  tree_connect_andx = 0x75,
  nt_create_andx = 0xa2,
  nt_cancel = 0xa4,
  no_andx = 0xff
};

struct Header {
  Status status;
  std::uint8_t command = 0;
  bool is_response = false, is_unicode = false;
  std::uint16_t tree_id = 0, user_id = 0, multiplex_id = 0;
  std::uint32_t process_id = 0;
};
std::optional<Header> parse_header(Bytes message);

// One request or response of a message.
struct Block {
  Bytes message;  // all of it, as offsets count from there
  bool is_unicode = false;
  std::uint8_t command = 0;
  Bytes words;  // two bytes each
  Bytes bytes;  // as far as they are there
};
// Whether a further one may follow.
bool is_andx(std::uint8_t command);
// The first block, `command` its header's. None: its words are not whole.
std::optional<Block> first_block(Bytes message, const Header& header);
// The one that follows in the same message; none: this is the last, or the next lies not behind it.
std::optional<Block> next_block(const Block& block);

// --- requests and responses

SlabVector<SlabString> parse_dialects(const Block& request, bool& is_malformed);
struct NegotiateResponse {
  std::uint16_t dialect_index = 0;
  std::optional<Guid> server_guid;
};
std::optional<NegotiateResponse> parse_negotiate_response(const Block& response);

struct SessionSetupMessage {
  Bytes token;  // of the mechanism that logs in; empty: there is none
  SlabString account, domain;
  Software software;
};
std::optional<SessionSetupMessage> parse_session_setup_request(const Block& request);
std::optional<SessionSetupMessage> parse_session_setup_response(const Block& response);

std::optional<TreeConnect> parse_tree_connect_request(const Block& request);
std::optional<SlabString> parse_tree_connect_response(const Block& response);  // the service

std::optional<Create> parse_create_request(const Block& request);
bool parse_create_response(const Block& response, Create& out);

// The number of the file that a request is about whose words begin with it.
std::optional<FileId> parse_file_id(const Block& request);

// What is read or written where. `data` is what of it is there.
struct Chunk {
  FileId id;
  std::uint64_t offset = 0;  // in the file
  std::uint32_t length = 0;
  Bytes data;
};
std::optional<Chunk> parse_read_request(const Block& request);  // READ, LOCK_AND_READ, READ_ANDX
std::optional<Chunk> parse_read_response(
    const Block& response);  // `id` and `offset` are the request's to know
// WRITE, WRITE_AND_UNLOCK, WRITE_AND_CLOSE, WRITE_ANDX
std::optional<Chunk> parse_write_request(const Block& request);

struct Transaction {
  std::optional<std::uint16_t> subcommand;  // the first word of setup
  FileId pipe;                              // the second one
  SlabString name;                          // of TRANS
  std::uint16_t whole_data = 0;             // bytes of data, with those in requests that follow
  Bytes parameters, data;
};
std::optional<Transaction> parse_trans_request(const Block& request);  // TRANS, TRANS2
// TRANS_SECONDARY: further data of a TRANS that are not all in it (MS-CIFS 2.2.4.34).
std::optional<Bytes> parse_trans_secondary(const Block& request);
std::optional<Transaction> parse_trans_response(const Block& response);

inline constexpr std::uint16_t kTransactPipe = 0x26;                      // TRANS, MS-CIFS 2.2.5.6
inline constexpr std::uint16_t kSetPathInfo = 0x06, kSetFileInfo = 0x08;  // TRANS2, MS-CIFS 2.2.6

struct SetInfoRequest {
  std::optional<FileId> id;  // of SET_FILE_INFO
  SlabString path;           // of SET_PATH_INFO
  std::uint16_t level = 0;
};
std::optional<SetInfoRequest> parse_set_info(const Block& request, const Transaction& trans);
// The new name in FileRenameInformation as SMB 1 has it.
std::optional<SlabString> parse_rename_information(Bytes data);
inline constexpr std::uint16_t kSetDisposition = 0x102, kSetRename = 1010, kSetDispositionPassThrough = 1013;

std::optional<Rename> parse_rename_request(const Block& request);

}  // namespace weir::smb::smb1
