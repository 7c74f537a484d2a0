// The files that are read and written on one flow, by their handles. NFS 2 and 3 do not open and close files: one begins with the first
// piece of it, and ends with the piece that is known to be the last, when the client has it committed, or with the flow.
//
// Owned by the parser of the flow, whose transactions it makes. At most kMaxTransfers files are open at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "decoders/app/file_writer.h"
#include "decoders/app/nfs/transaction.h"
#include "decoders/app/parser.h"
#include "decoders/app/recent.h"

namespace weir::nfs {

// Files that are read or written at one time; of further ones the one that was used longest ago is let go, as truncated.
inline constexpr std::size_t kMaxTransfers = 64;

struct TransferKey {
  Direction direction = Direction::to_server;
  SlabString file;  // its handle, or its name where the handle is not known yet
  bool operator==(const TransferKey&) const = default;
};

// Bytes of a file that are about to come.
struct FilePiece {
  TransferKey key;
  std::uint32_t xid = 0;
  std::uint64_t offset = 0;  // of the next byte, in the file
};

// The call that brings them, or asked for them.
struct PieceOrigin {
  std::uint32_t version = 0, procedure = 0;
  std::string_view name;                     // of the file, if it is known
  std::optional<std::uint32_t> handle_hash;  // the same
  const Caller& caller;
};

class Transfers {
 public:
  explicit Transfers(TransactionList& transactions) : transactions_(transactions) {}

  // Of the call that is running; the engine's, valid until the call returns.
  void begin_call(const AppInput& in) { input_ = &in; }

  // `count` bytes come, the last ones of the file if `is_end`. A transaction shows it, the same for all that goes this way.
  NfsTransaction* begin(const FilePiece& piece, const PieceOrigin& origin, std::uint32_t count, bool is_end);
  void bytes(FilePiece& piece, Bytes bytes);
  void gap(FilePiece& piece, std::uint64_t length);
  // All of the piece has come: if it was the last one that was missing, the file is closed.
  void finish(const FilePiece& piece);

  // The file is known to end at `size`.
  void end_at(const FilePiece& piece, std::uint64_t size);
  void close(const TransferKey& key, std::uint32_t xid);
  // Null: the file is not open.
  NfsTransaction* shown(const TransferKey& key);
  // Nothing more comes of what goes in that direction.
  void end_of(Direction d);

 private:
  struct Open : Slabbed {
    std::uint64_t tx_id = 0;
    std::optional<std::uint64_t> end;  // of the file
    FileWriter writer;
  };

  Open* find(const TransferKey& key);
  Open& open(const FilePiece& piece, const PieceOrigin& origin);
  NfsTransaction* shown_by(const Open& transfer) {
    return tx_cast<NfsTransaction>(transactions_.find(transfer.tx_id));
  }
  void end(Open& transfer, FileState state, std::optional<std::uint32_t> xid);

  TransactionList& transactions_;
  const AppInput* input_ = nullptr;
  FlowFiles flow_files_;
  Recent<TransferKey, std::unique_ptr<Open>> open_;
};

}  // namespace weir::nfs
