// Calls and replies of one flow, whatever carries them: which reply answers which call, what files are called, and the
// transactions that come of it: one of each call, but for reads and writes, whose files have one. Of a compound of NFS 4 each
// operation that does something is one; of one that only looks, the whole.
//
// Owned by the parser of the flow. What it remembers of calls without a reply is bounded: kMaxQuestions, of each of them kMaxSteps
// operations with kMaxStepText bytes of names and handles.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "decoders/app/frame.h"
#include "decoders/app/nfs/exchange.h"
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
  // Of a compound, which goes on behind such data: the same for the rest of the message.
  [[nodiscard]] bool goes_on(Direction d) const { return walks_[index(d)].has_value(); }
  [[nodiscard]] bool goes_on_to_data(Direction d, Bytes rest) const;
  std::optional<FileData> go_on(Direction d, const Message& rest);
  // Nothing more comes of the message.
  void end_message(Direction d);
  // On the last transaction, or on one that is made for it and of which nothing else is told.
  void raise(Event event);

 private:
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
  std::optional<FileData> compound_call(const Call& call, ByteCursor& in, const Message& message);
  std::optional<FileData> walk_call(Walk& walk, ByteCursor& in, const Message& message);
  std::optional<FileData> operation(Walk& walk, const OperationRow& row, const OperationParts& parts,
                                    std::size_t at);
  void act(Walk& walk, Step& step, const OperationRow& row, const OperationParts& parts);
  static void look(Walk& walk, const OperationRow& row, const OperationParts& parts);
  FileData operation_write(Walk& walk, Step& step, const OperationParts& parts, std::size_t at);
  static void keep(Walk& walk, Step&& step);
  void end_call(Walk& walk);
  std::optional<FileData> compound_reply(const Reply& reply, Question&& question, ByteCursor& in,
                                         const Message& message);
  std::optional<FileData> walk_reply(Walk& walk, ByteCursor& in, const Message& message);
  std::optional<FileData> result(Walk& walk, const Step& step, const OperationParts& parts, std::size_t at);
  std::optional<FileData> result_read(Walk& walk, const Step& step, const OperationParts& parts,
                                      std::size_t at);
  void result_failed(Walk& walk, const Step& step, std::uint32_t status);
  void end_reply(Walk& walk);
  void go_to(Current& current, Current& saved, Operation operation, Bytes handle, std::string_view name);
  NfsTransaction* find(const std::optional<std::uint64_t>& id) {
    return id ? tx_cast<NfsTransaction>(transactions_.find(*id)) : nullptr;
  }
  [[nodiscard]] bool is_repeated(const Call& call, const CallArguments& arguments);

  TransactionList& transactions_;
  Transfers transfers_;
  HandleNames names_;
  RecentByHash<std::uint32_t, Question, XidHash, kQuestionGroups, kMaxQuestions / kQuestionGroups>
      questions_;                             // by xid
  std::array<std::optional<Walk>, 2> walks_;  // by direction
  bool has_replies_ = false;
  bool is_datagram_ = false;  // the call that is running brings one
};

}  // namespace weir::nfs
