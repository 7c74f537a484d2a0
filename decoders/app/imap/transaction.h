// One IMAP command and the response to it; a mail that was fetched; or what a server says that no command asked for (the greeting).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "decoders/app/imap/message.h"
#include "decoders/app/mime/mail.h"
#include "decoders/app/transaction.h"

namespace weir::imap {

enum class Event : std::uint8_t {
#define EVENT(id, ...) id,
#include "decoders/app/imap/events.def"
#undef EVENT
};

enum class ClientState : std::uint8_t {
#define CLIENT_STATE(id, name) id,
#include "decoders/app/imap/states.def"
};
enum class ServerState : std::uint8_t {
#define SERVER_STATE(id, name) id,
#include "decoders/app/imap/states.def"
};

// Of a command so many words, of its response so many lines and so many bytes are kept, of a tag so much.
inline constexpr std::size_t kMaxArguments = 16, kMaxLines = 4096, kMaxBytes = 65536, kMaxTag = 256;

class ImapTransaction final : public Transaction {
 public:
  explicit ImapTransaction(std::uint64_t tx_id) : Transaction(tx_id) {}

  SlabString tag;      // empty: no command
  SlabString command;  // upper case when it is a known one; of a mail that was fetched "FETCH"
  SlabVector<SlabString> arguments;
  SlabString status, text;       // of the response; empty: there is none yet
  SlabVector<SlabString> lines;  // untagged responses, without their literals
  std::unique_ptr<mime::Mail> mail;

  FileList* files(Direction d) override { return &files_[index(d)]; }
  void after_detection(Direction d) override;
  [[nodiscard]] std::size_t held() const override;
  [[nodiscard]] bool is_complete() const {
    return progress[index(Direction::to_server)] == static_cast<std::uint8_t>(ClientState::complete);
  }

  void add_argument(std::string_view word) {
    if (arguments.size() < kMaxArguments) add(word, arguments);
  }
  void add_line(std::string_view line) {
    if (lines.size() < kMaxLines) add(line, lines);
  }

 private:
  void add(std::string_view what, SlabVector<SlabString>& to) {
    if (what.size() > kMaxBytes - bytes_) return;
    to.emplace_back(what);
    bytes_ += what.size();
  }
  std::array<FileList, 2> files_;
  std::size_t bytes_ = 0;  // of arguments and lines
};

}  // namespace weir::imap
