// What the requests and responses of one SMB connection have in common, whatever their version: which answer belongs to which
// request, which trees and files are open, and the files that are read and written through them.
//
// Owned by the parser of the connection, whose transactions it makes. All that it remembers has a cap (SmbSettings).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "decoders/app/file_writer.h"
#include "decoders/app/parser.h"
#include "decoders/app/recent.h"
#include "decoders/app/smb/settings.h"
#include "decoders/app/smb/transaction.h"

namespace weir::smb {

// Who asks: what stands in the header of every message.
struct Origin {
  Version version = Version::smb2;
  std::uint16_t command = 0;
  std::uint64_t request = 0;  // the number by which the answer is found
  std::uint64_t session_id = 0;
  std::uint32_t tree_id = 0;
  bool has_tree = true;  // the tree is said
};

// Bytes of a file that are about to come.
struct FilePiece {
  Direction direction = Direction::to_server;
  FileId id;
  std::uint64_t offset = 0;  // of the next byte, in the file
};

inline constexpr std::string_view kUnknownName = "<unknown>";  // of a file whose opening was not seen

// Files that are read or written at one time; of further ones the first is let go.
inline constexpr std::size_t kMaxTransfers = 64;

class Conversation {
 public:
  Conversation(TransactionList& transactions, const SmbSettings& settings)
      : transactions_(transactions), settings_(settings) {}

  // Of the call that is running; the engine's, valid until the call returns.
  void begin_call(const AppInput& in) { input_ = &in; }
  [[nodiscard]] const SmbSettings& settings() const { return settings_; }

  // --- requests and their answers

  // A transaction of the request, whose client's side is complete.
  SmbTransaction& add(const Origin& origin, SmbTransaction::Content content = {});
  // The same, and its answer is waited for.
  SmbTransaction& ask(const Origin& origin, SmbTransaction::Content content = {});
  // No request was seen: of the connection only what the server says is known.
  [[nodiscard]] bool is_one_sided() const { return !has_requests_; }
  void see_request() { has_requests_ = true; }
  // An answer of a connection whose other side is not seen: a transaction of its own.
  SmbTransaction& answer_alone(const Origin& origin, const Status& status);
  // What was asked; null: nothing that is waited for. A final answer is waited for no more, and completes it.
  SmbTransaction* answer(const Origin& origin, const Status& status, bool is_final);
  // Its number, as long as it is waited for.
  [[nodiscard]] std::optional<std::uint64_t> asked(const Origin& origin);
  // Null: it is gone.
  [[nodiscard]] SmbTransaction* find(std::uint64_t tx_id) {
    return tx_cast<SmbTransaction>(transactions_.find(tx_id));
  }
  // What a transaction holds has changed.
  void charge(SmbTransaction& tx) { transactions_.charge(tx); }
  // On the last transaction, or on one that is made for it and of which nothing else is told.
  void raise(Event event);

  // --- the connection

  [[nodiscard]] const SlabString& dialect() const { return dialect_; }
  void agree_on(std::string_view dialect) { dialect_ = dialect; }
  void agree_on_sizes(SmbTransaction& tx, std::uint32_t read_bytes, std::uint32_t write_bytes);
  // An offer of dialects comes. True: another has been answered before.
  [[nodiscard]] bool negotiates_again() const { return dialect_ != kUnknownDialect; }
  // One in SMB 1, which may be answered in SMB 2.
  void await_any_version(const Origin& origin) { any_version_ = origin; }
  std::optional<Origin> take_any_version() { return std::exchange(any_version_, std::nullopt); }
  // A login: what the token says of the client.
  void read_token(SmbTransaction& tx, SessionSetup& setup, Bytes token);
  void check_challenge(SmbTransaction& tx, Bytes token);

  // --- trees

  struct Tree {
    SlabString share;
    bool is_pipe = false;
  };
  void connect(const Origin& origin, Tree tree);
  // Null: not known.
  [[nodiscard]] const Tree* tree(const Origin& origin);

  // --- files

  void name(const FileId& id, std::string_view name);
  // It was known by another until it was open.
  void rename_id(const FileId& from, const FileId& to);
  [[nodiscard]] SlabString name_of(const FileId& id);  // or kUnknownName
  void close(const FileId& id);
  // Nothing more comes of what goes in that direction.
  void end_of(Direction d);

  // What a request is about, for its answer, which does not say.
  struct AboutFile {
    FileId id;
    std::uint64_t offset = 0;                           // of what is read
    std::optional<std::uint64_t> tx_id = std::nullopt;  // of the transaction that it belongs to
    Origin origin;
  };
  void remember(const Origin& origin, const FileId& id, std::uint64_t offset = 0,
                std::optional<std::uint64_t> tx_id = std::nullopt);
  [[nodiscard]] std::optional<AboutFile> recall(const Origin& origin);
  void check_read_request(const Origin& origin, std::uint32_t length);
  void check_read_response(std::uint32_t length);
  void check_write_request(const Origin& origin, std::uint32_t length);

  // `length` bytes of a file are about to come; a transaction shows it, the same for all that goes this way. `status` is that of
  // the answer, of a read.
  void begin_piece(const Origin& origin, const FilePiece& piece, std::uint64_t length,
                   const std::optional<Status>& status);
  void piece_bytes(FilePiece& piece, Bytes bytes);
  void piece_gap(FilePiece& piece, std::uint64_t length);
  // A write has been answered.
  void written(const FileId& id, const Status& status);

 private:
  struct RequestKey {
    Version version;
    std::uint16_t command;
    std::uint64_t request;
    bool operator==(const RequestKey&) const = default;
  };
  struct TreeKey {
    std::uint64_t session_id;
    std::uint32_t tree_id;
    bool operator==(const TreeKey&) const = default;
  };
  struct TransferKey {
    FileId id;
    Direction direction;
    bool operator==(const TransferKey&) const = default;
  };
  struct OpenTransfer : Slabbed {
    std::uint64_t tx_id = 0;
    FileWriter writer;
  };
  static RequestKey key(const Origin& o) { return {o.version, o.command, o.request}; }
  OpenTransfer* transfer(const FilePiece& piece);
  OpenTransfer& begin_transfer(const Origin& origin, const FilePiece& piece);
  SmbTransaction* shown_by(const OpenTransfer& transfer);
  void end(OpenTransfer& transfer, FileState state);
  void bound_waiting(const FilePiece& piece, OpenTransfer& transfer, std::uint64_t length);
  [[nodiscard]] std::uint64_t waiting_bytes(Direction direction) const;
  [[nodiscard]] static bool exceeds(std::uint32_t length, std::uint32_t agreed,
                                    const TransferLimits& limits) {
    return (agreed != 0 && length > agreed) || (limits.most_bytes != 0 && length > limits.most_bytes);
  }
  [[nodiscard]] const TransferLimits& limits(Direction d) const {
    return d == Direction::to_server ? settings_.write : settings_.read;
  }

  TransactionList& transactions_;
  const SmbSettings& settings_;
  const AppInput* input_ = nullptr;
  SlabString dialect_{kUnknownDialect};
  std::optional<Origin> any_version_;
  bool has_requests_ = false;
  std::uint32_t most_read_ = 0, most_written_ = 0;  // as agreed on; 0: not known
  Recent<RequestKey, std::uint64_t> asked_;         // ids of transactions
  Recent<RequestKey, AboutFile> remembered_;
  Recent<TreeKey, Tree> trees_;
  Recent<FileId, SlabString> names_;
  FlowFiles flow_files_;
  Recent<TransferKey, std::unique_ptr<OpenTransfer>> transfers_;
};

}  // namespace weir::smb
