// Requests and responses of SMB 2 and 3, one message at a time.
#pragma once

#include <array>
#include <optional>

#include "decoders/app/smb/conversation.h"
#include "decoders/app/smb/pipes.h"
#include "decoders/app/smb/smb2_messages.h"

namespace weir::smb {

// A file has no identifier before it is open, which requests of the same compound need. They know it by this one, which no
// server gives.
FileId id_of_request(std::uint64_t message_id);

class Smb2Dialogue {
 public:
  Smb2Dialogue(Conversation& conversation, Pipes& pipes) : conversation_(conversation), pipes_(pipes) {}

  // The messages of one record may refer to each other; a new one begins.
  void begin_record(Direction d) { compound_[index(d)] = {}; }
  // The header of the next message; what it leaves open is filled in from those before it.
  Origin origin_of(Direction d, const smb2::Header& header);

  // A message from its header on, or what of it is there. Of what begin_write() or begin_read() has taken, nothing.
  void request(const Origin& origin, const smb2::Header& header, Bytes message);
  void response(const Origin& origin, const smb2::Header& header, Bytes message);

  // Data of a file, which may be too long to be held: the message is there up to the data, and where the tree is not known up to
  // kCallHeader bytes of it, or whole.
  // None: it belongs to no file, and the message is to be given to request() or response().
  struct Data {
    FilePiece piece;
    std::uint32_t length = 0, offset_in_message = 0;
  };
  // `length`: of the whole message, of which `message` is there.
  std::optional<Data> begin_write(const Origin& origin, Bytes message, std::uint64_t length);
  std::optional<Data> begin_read(const Origin& origin, const smb2::Header& header, Bytes message,
                                 std::uint64_t length);

 private:
  struct Compound {
    bool is_begun = false;
    std::uint64_t session_id = 0;
    std::uint32_t tree_id = 0;
    std::optional<FileId> file;  // that the message before was about
  };
  static std::uint64_t there(const Data& said, std::uint64_t length);
  FileId file_of(Direction d, const FileId& id);

  void negotiate(const Origin& origin, Bytes message);
  void session_setup(const Origin& origin, Bytes message);
  void tree_connect(const Origin& origin, Bytes message);
  void create(const Origin& origin, Bytes message);
  void close(const Origin& origin, Bytes message);
  void read(const Origin& origin, Bytes message);
  void write_pipe(const Origin& origin, Bytes message);
  void ioctl(const Origin& origin, Bytes message);
  void set_info(const Origin& origin, Bytes message);
  void malformed() { conversation_.raise(Event::malformed_data); }

  void about_file(const Origin& origin, const smb2::Header& header, Bytes message);
  void read_pipe(const Origin& origin, const smb2::Header& header, const FileId& pipe, Bytes message);
  void close_file(const FileId& id);
  void negotiated(SmbTransaction& tx, Bytes message);
  void logged_in(SmbTransaction& tx, Bytes message);
  void connected(const Origin& origin, SmbTransaction& tx, Bytes message);
  void created(const Origin& origin, SmbTransaction& tx, Bytes message);

  Conversation& conversation_;
  Pipes& pipes_;
  std::array<Compound, 2> compound_;
};

}  // namespace weir::smb
