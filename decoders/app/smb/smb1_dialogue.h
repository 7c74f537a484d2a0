// Requests and responses of SMB 1, one message at a time. Messages are short enough to be held whole.
#pragma once

#include "decoders/app/recent.h"
#include "decoders/app/smb/conversation.h"
#include "decoders/app/smb/pipes.h"
#include "decoders/app/smb/smb1_messages.h"

namespace weir::smb {

class Smb1Dialogue {
 public:
  Smb1Dialogue(Conversation& conversation, Pipes& pipes) : conversation_(conversation), pipes_(pipes) {}

  [[nodiscard]] static Origin origin_of(const smb1::Header& header, std::uint8_t command);

  // A message from its header on, or what of it is there.
  void request(const smb1::Header& header, Bytes message);
  void response(const smb1::Header& header, Bytes message);

 private:
  void request_block(const Origin& origin, const smb1::Block& block);
  void response_block(const Origin& origin, const Status& status, const smb1::Block& block);

  void negotiate(const Origin& origin, const smb1::Block& block);
  void session_setup(const Origin& origin, const smb1::Block& block);
  void tree_connect(const Origin& origin, const smb1::Block& block);
  void create(const Origin& origin, const smb1::Block& block);
  void rename(const Origin& origin, const smb1::Block& block);
  void close(const Origin& origin, const smb1::Block& block);
  void read(const Origin& origin, const smb1::Block& block);
  void write(const Origin& origin, const smb1::Block& block);
  void trans(const Origin& origin, const smb1::Block& block);
  void trans_secondary(const Origin& origin, const smb1::Block& block);
  void trans2(const Origin& origin, const smb1::Block& block);
  void set_info(const Origin& origin, const smb1::SetInfoRequest& asked, bool by_path, Bytes data);
  void malformed() { conversation_.raise(Event::malformed_data); }

  void negotiated(SmbTransaction& tx, const smb1::Block& block);
  void logged_in(SmbTransaction& tx, const smb1::Block& block);
  void connected(const Origin& origin, SmbTransaction& tx, const smb1::Block& block);
  void created(SmbTransaction& tx, const smb1::Block& block);
  void about_file(const Origin& origin, const Status& status, const smb1::Block& block);
  void have_read(const Origin& origin, const Conversation::AboutFile& asked, const smb1::Block& block);
  void piece(const Origin& origin, FilePiece piece, std::uint32_t length, Bytes data,
             const std::optional<Status>& status);

  // Calls whose data are not all in their TRANS; of further ones the first is let go.
  static constexpr std::size_t kMaxUnfinished = 16;

  Conversation& conversation_;
  Pipes& pipes_;
  Recent<std::uint64_t, FileId> unfinished_;  // by the number of the request
};

}  // namespace weir::smb
