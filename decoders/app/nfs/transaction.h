// One call of NFS and its reply; or a file as it is read or written, whatever number of calls that takes.
#pragma once

#include <cstdint>
#include <optional>

#include "decoders/app/nfs/procedures.h"
#include "decoders/app/nfs/rpc.h"
#include "decoders/app/transaction.h"

namespace weir::nfs {

enum class Event : std::uint8_t {
#define EVENT(id, ...) id,
#include "decoders/app/nfs/events.def"
#undef EVENT
};

enum class State : std::uint8_t {
#define STATE(id, ...) id,
#include "decoders/app/nfs/states.def"
#undef STATE
};

// Of names so many bytes are kept; a longer one is cut.
inline constexpr std::size_t kMaxName = 1024;

// A file that is read (towards the client) or written.
struct Transfer {
  Direction direction = Direction::to_client;
  std::uint32_t pieces = 0;               // calls that brought some of it
  std::optional<std::uint32_t> last_xid;  // of the call that ended it
  FileList files;
};

class NfsTransaction final : public Transaction {
 public:
  explicit NfsTransaction(std::uint64_t tx_id) : Transaction(tx_id) {}

  std::uint32_t xid = 0, program = kNfsProgram, version = 0;
  std::uint32_t procedure = 0;  // of NFS 4 the operation that its COMPOUND is about
  Caller caller;
  SlabString name;                           // of the file; empty: not known
  std::optional<SlabString> new_name;        // RENAME
  std::optional<std::uint32_t> handle_hash;  // CRC-32 of the file's handle; of an entry that of its directory
  std::optional<bool> accepted;              // by RPC
  std::optional<std::uint32_t> status;       // of NFS
  std::optional<Transfer> transfer;
  std::size_t waiting = 0;   // bytes that are kept until its reply comes; its list counts them
  bool is_nameless = false;  // made for an event alone: no call is known

  FileList* files(Direction d) override {
    return transfer && transfer->direction == d ? &transfer->files : nullptr;
  }
  [[nodiscard]] std::size_t held() const override;
  void after_detection(Direction d) override;

  void raise(Event e) { Transaction::raise(static_cast<std::uint8_t>(e)); }
  void complete(Direction d) { progress[index(d)] = static_cast<std::uint8_t>(State::complete); }
  // A name for the procedure.
  [[nodiscard]] SlabString procedure_text() const {
    return program == kNfsAclProgram ? acl_procedure_name(procedure) : procedure_name(version, procedure);
  }
};

}  // namespace weir::nfs
