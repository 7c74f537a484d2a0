// Named pipes: the calls of DCERPC that go over them (decoders/app/dcerpc), each pipe a connection of its own. A call is a transaction
// of SMB, made by the request that it begins with.
#pragma once

#include <memory>
#include <optional>

#include "decoders/app/dcerpc/association.h"
#include "decoders/app/recent.h"
#include "decoders/app/smb/conversation.h"

namespace weir::smb {

// The share that has nothing but pipes, whatever the host before it: "\\server\IPC$".
bool is_ipc(std::string_view share);

// `data` begin with the header of a call: what tells where the share is not known.
inline bool begins_call(Bytes data) {
  return dcerpc::looks_like_header(data);
}
inline constexpr std::size_t kCallHeader = dcerpc::kHeaderBytes;

// Of all pipes of a connection together so many bytes wait for the rest of their call.
inline constexpr std::size_t kMaxHeldBytes = std::size_t{1} << 20U;

// Of a connection. Keeps most_fragments pipes; one that is not used for long is forgotten.
class Pipes final : private dcerpc::Calls {
 public:
  explicit Pipes(Conversation& conversation) : conversation_(conversation) {}

  // It is a pipe, or looks like one.
  [[nodiscard]] bool is_pipe(const Origin& origin, Bytes data) const;
  // Bytes that were written to a pipe, by a request that will be answered. False: no call begins or goes on with them.
  bool write(const Origin& origin, const FileId& pipe, Bytes data);
  // Bytes that an answer brings.
  void read(const Origin& origin, const FileId& pipe, Bytes data);
  // A request that wrote, to the transaction with that number, has been answered.
  void written(std::uint64_t tx_id, const Status& status);
  // A pipe was known by another identifier until it was open.
  void rename_id(const FileId& from, const FileId& to);
  void close(const FileId& pipe) { pipes_.take(pipe); }
  // Bytes are missing, of any pipe.
  void lose(Direction d);

 private:
  dcerpc::Call& add(Direction request) override;
  dcerpc::Call* find(std::uint64_t key) override;
  void changed(dcerpc::Call& call) override;
  void feed(const Origin& origin, const FileId& pipe, Direction d, Bytes data);
  void bound_held();
  void add_authentication(const dcerpc::Header& header);

  Conversation& conversation_;
  Recent<FileId, std::unique_ptr<dcerpc::Association>> pipes_;
  // While bytes are fed: who brings them, over what, and the last call that they belong to.
  Origin origin_;
  const dcerpc::Association* association_ = nullptr;
  std::optional<std::uint64_t> touched_;
};

}  // namespace weir::smb
