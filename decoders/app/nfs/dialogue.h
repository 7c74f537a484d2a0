// Calls and replies of one flow, whatever carries them: which reply answers which call, what files are called, and the
// transactions that come of it. NFS 2 and 3 are read here, the compounds of NFS 4 in compounds.h.
//
// Owned by the parser of the flow. What it remembers of calls without a reply is bounded.
#pragma once

#include <cstdint>
#include <optional>

#include "decoders/app/frame.h"
#include "decoders/app/nfs/handle_names.h"
#include "decoders/app/nfs/messages.h"
#include "decoders/app/nfs/rpc.h"
#include "decoders/app/nfs/transaction.h"
#include "decoders/app/nfs/transfers.h"
#include "decoders/app/parser.h"
#include "decoders/app/recent.h"

namespace weir::nfs {

enum class FrameKind : std::uint8_t {
#define FRAME(id, name) id,
#include "decoders/app/nfs/frames.def"
#undef FRAME
};

// A message of ONC RPC: its beginning, or all of it.
struct Message {
  Bytes front;
  std::uint64_t length = 0;  // of all of it; UINT64_MAX: not known, but more
  FrameSink frames;          // takes the frames in `front`

  [[nodiscard]] bool is_whole() const { return front.size() == length; }
};

// Data of a file in a message.
struct FileData {
  std::size_t at = 0;  // of the first byte, in the message
  std::uint32_t count = 0;
  FilePiece piece;
};

class Dialogue {
 public:
  explicit Dialogue(TransactionList& transactions) : transactions_(transactions), transfers_(transactions) {}

  void begin_call(const AppInput& in) {
    transfers_.begin_call(in);
    is_datagram_ = in.is_datagram;
  }
  [[nodiscard]] Transfers& transfers() { return transfers_; }

  // Whether data of a file begin in these first bytes of a message, so that the rest need not be waited for. Changes nothing.
  [[nodiscard]] bool begins_data(Direction d, Bytes front);
  // Takes a message in; data of a file that it has are the caller's to pass on to transfers().
  std::optional<FileData> take(Direction d, const Message& message);
  // On the last transaction, or on one that is made for it and of which nothing else is told.
  void raise(Event event);

 private:
  // A call that waits for its reply.
  struct Question {
    std::uint32_t program = 0, version = 0, procedure = 0;
    Protection protection = Protection::none;
    std::optional<std::uint64_t> tx_id;  // none: data of files have a transaction of their own
    Caller caller;                       // of those
    SlabString handle, name;
    std::uint64_t offset = 0;  // of what is read; where what is written ends
    bool is_last_piece = false;
  };
  struct XidHash {
    std::size_t operator()(std::uint32_t xid) const { return xid * 0x9e3779b1U >> 16U; }
  };

  std::optional<FileData> call(const Call& call, ByteCursor& in, const Message& message);
  std::optional<FileData> call_with_arguments(const Call& call, const Procedure& procedure, ByteCursor& in,
                                              const Message& message);
  FileData begin_write(const Call& call, const CallArguments& arguments, Question& question, std::size_t at);
  std::optional<FileData> reply(const Reply& reply, ByteCursor& in, const Message& message);
  std::optional<FileData> begin_read(const Reply& reply, const Question& question, const CallResults& results,
                                     std::size_t at);
  void learn(const Question& question, Results kind, const CallResults& results, ByteCursor& in);
  void written(const Reply& reply, const Question& question, const CallResults& results);
  NfsTransaction& add(const Call& call);
  NfsTransaction& answered(const Reply& reply, const Question& question);
  [[nodiscard]] bool is_repeated(const Call& call, const CallArguments& arguments);

  TransactionList& transactions_;
  Transfers transfers_;
  HandleNames names_;
  RecentByHash<std::uint32_t, Question, XidHash, 64, 8> questions_;  // by xid
  bool has_replies_ = false;
  bool is_datagram_ = false;  // the call that is running brings one
};

}  // namespace weir::nfs
