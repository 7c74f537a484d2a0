// One SMB request and its response; or a file as it is read or written through one handle, whatever number of requests that takes.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "decoders/app/dcerpc/call.h"
#include "decoders/app/ntlmssp/ntlmssp.h"
#include "decoders/app/smb/file_id.h"
#include "decoders/app/smb/names.h"
#include "decoders/app/spnego/spnego.h"
#include "decoders/app/transaction.h"

namespace weir::smb {

enum class Event : std::uint8_t {
#define EVENT(id, ...) id,
#include "decoders/app/smb/events.def"
#undef EVENT
};

enum class State : std::uint8_t {
#define STATE(id, ...) id,
#include "decoders/app/smb/states.def"
#undef STATE
};

// Of names and other texts so many bytes as sent are kept.
inline constexpr std::size_t kMaxName = 2048;
inline constexpr std::size_t kMaxDialects = 64;

// --- what requests are about

struct Negotiation {
  SlabVector<SlabString> client_dialects;
  std::optional<Guid> client_guid, server_guid;
  std::uint32_t max_read_bytes = 0, max_write_bytes = 0;  // 0: not said
};

struct Software {
  SlabString native_os, native_lm;
};
struct SessionSetup {
  std::optional<ntlmssp::Authenticate> ntlmssp;
  std::optional<spnego::ServiceTicket> kerberos;
  std::optional<Software> client, server;  // SMB 1
};

struct TreeConnect {
  SlabString share;
  bool is_pipe = false;
  std::optional<std::uint8_t> share_type;                        // SMB 2; of the answer
  std::optional<SlabString> requested_service, granted_service;  // SMB 1
};

struct Create {
  SlabString name;  // empty: the share itself
  bool is_directory = false, delete_on_close = false;
  std::uint32_t disposition = 0;
  std::uint64_t created_s = 0, accessed_s = 0, modified_s = 0, changed_s = 0;  // since 1970; 0: not said
  std::uint64_t size_bytes = 0;
  std::optional<FileId> id;  // once it is open
};

// A file that is read (towards the client) or written.
struct Transfer {
  Direction direction = Direction::to_client;
  SlabString name, share;
  FileId id;
  FileList files;
};

struct SetInfo {
  SlabString name;
  std::optional<FileId> id;  // none: it is named
  bool delete_on_close = false;
  std::string_view subcommand, level;  // SMB 1; constants
};

struct Rename {
  SlabString from, to;
  std::optional<FileId> id;
  std::string_view info_class, level, subcommand;  // constants; empty: not of this version
};

struct Ioctl {
  std::uint32_t function = 0;
};

// A call of DCERPC over a pipe.
struct PipeCall {
  explicit PipeCall(Direction asked_in) : call(asked_in) {}
  dcerpc::Call call;
  SlabVector<dcerpc::Interface> interfaces;  // that the pipe was bound to when the call came
};

class SmbTransaction final : public Transaction {
 public:
  using Content = std::variant<std::monostate, Negotiation, SessionSetup, TreeConnect, Create, Transfer,
                               SetInfo, Rename, Ioctl, PipeCall>;

  SmbTransaction(std::uint64_t tx_id, Version of_version, std::uint16_t of_command)
      : Transaction(tx_id), version(of_version), command(of_command) {}

  Version version;
  std::uint16_t command;
  SlabString dialect;            // of the connection, as far as it was known last
  std::uint64_t session_id = 0;  // SMB 1: UID
  std::uint32_t tree_id = 0;     // SMB 1: TID
  std::optional<Status> status;
  Content content;
  bool is_nameless = false;  // made for an event alone: no message is known

  FileList* files(Direction d) override {
    auto* const transfer = std::get_if<Transfer>(&content);
    return transfer != nullptr && transfer->direction == d ? &transfer->files : nullptr;
  }
  [[nodiscard]] std::size_t held() const override;
  void after_detection(Direction d) override;

  void raise(Event e) { Transaction::raise(static_cast<std::uint8_t>(e)); }
  void complete(Direction d) { progress[index(d)] = static_cast<std::uint8_t>(State::complete); }
  template <class T>
  [[nodiscard]] const T* about() const {
    return std::get_if<T>(&content);
  }
};

}  // namespace weir::smb
