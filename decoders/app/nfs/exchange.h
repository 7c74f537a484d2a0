// What a dialogue remembers of calls until their replies come, and of a compound while it is read.
#pragma once

#include <cstdint>
#include <optional>

#include "decoders/app/nfs/compound.h"
#include "decoders/app/nfs/rpc.h"
#include "decoders/app/nfs/transfers.h"
#include "decoders/slab.h"

namespace weir::nfs {

// Of the results of a compound so many are read, and so many bytes of names and handles are kept for them.
inline constexpr std::size_t kMaxSteps = 64, kMaxStepText = 1024;
// Calls of a flow that wait for their replies; of more, one of those that have waited longest is forgotten.
inline constexpr std::size_t kQuestionGroups = 64, kMaxQuestions = kQuestionGroups * 8;

// Clients cut what they write in pieces of a round size: another one is the last.
inline constexpr std::uint32_t kRoundPiece = 512;

// An operation of a compound whose result is waited for.
struct Step {
  Operation operation{};
  std::optional<std::uint64_t> tx_id = {};
  SlabString handle, name;   // that it goes to
  std::uint64_t offset = 0;  // of what is read; where what is written ends
  bool is_last_piece = false;
};
// A call that waits for its reply.
struct Question {
  std::uint32_t program = 0, version = 0, procedure = 0;
  Protection protection = Protection::none;
  std::optional<std::uint64_t> tx_id;  // none: data of files have a transaction of their own
  Caller caller;                       // of those
  SlabString handle, name;
  std::uint64_t offset = 0;  // of what is read; where what is written ends
  bool is_last_piece = false;
  SlabVector<Step> steps = {};               // of a compound
  SlabVector<std::uint64_t> more_tx = {};    // of its operations that are no steps, for want of room
  std::optional<std::uint64_t> holder = {};  // the transaction that is charged with what is kept here

  // Bytes besides its own size; about.
  [[nodiscard]] std::size_t held() const {
    std::size_t bytes = handle.capacity() + name.capacity() + steps.capacity() * sizeof(Step) +
                        more_tx.capacity() * sizeof(std::uint64_t);
    for (const Step& step : steps) bytes += step.handle.capacity() + step.name.capacity();
    return bytes;
  }
  [[nodiscard]] bool is_compound() const {
    return program == kNfsProgram && version == kNewestVersion && procedure != 0;
  }
};
// The file that operations are about.
struct Current {
  SlabString handle, name;
  [[nodiscard]] TransferKey key(Direction d) const { return {d, handle.empty() ? name : handle}; }
  [[nodiscard]] std::optional<std::uint32_t> hash() const;
};
// A compound that is being read.
struct Walk {
  std::uint32_t operations = 0;  // that are to come
  std::size_t padding = 0;       // behind the data that have come
  Current current, saved;
  Question question;
  // Of a call.
  std::uint32_t xid = 0;
  std::size_t text_bytes = 0;            // that its steps keep
  std::optional<std::uint64_t> last_tx;  // the last transaction that came of it
  bool has_data = false, is_unsupported = false;
  const OperationRow* subject = nullptr;  // what it is about, if it does nothing
  SlabString subject_name;
  std::optional<std::uint32_t> subject_hash;
  // Of a reply.
  Reply reply;
  std::size_t step = 0;      // whose result is the next one
  std::uint32_t status = 0;  // of all of it
};

}  // namespace weir::nfs
