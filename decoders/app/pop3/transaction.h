// One POP3 command and the response to it; or a response that no command asked for (the greeting).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "decoders/app/mime/mail.h"
#include "decoders/app/pop3/message.h"
#include "decoders/app/transaction.h"

namespace weir::pop3 {

enum class Event : std::uint8_t {
#define EVENT(id, ...) id,
#include "decoders/app/pop3/events.def"
#undef EVENT
};

enum class ClientState : std::uint8_t {
#define CLIENT_STATE(id, name) id,
#include "decoders/app/pop3/states.def"
};
enum class ServerState : std::uint8_t {
#define SERVER_STATE(id, name) id,
#include "decoders/app/pop3/states.def"
};

inline constexpr std::size_t kMaxArguments = 16;  // of a command; further ones are left out
// Of the lines of a response so many and so many bytes are kept.
inline constexpr std::size_t kMaxLines = 4096, kMaxLineBytes = 65536;

class Pop3Transaction final : public Transaction {
 public:
  explicit Pop3Transaction(std::uint64_t tx_id) : Transaction(tx_id) {}

  SlabString command;  // upper case when it is a known one; empty: there is none
  SlabVector<SlabString> arguments;
  Content content = Content::none;  // of its response
  std::optional<bool> succeeded;    // none: there is no response yet
  SlabString header;                // of the response, behind its status
  SlabVector<SlabString> lines;     // of the response, when it is no mail
  std::unique_ptr<mime::Mail> mail;

  FileList* files(Direction d) override { return d == Direction::to_client ? &files_ : nullptr; }
  void after_detection(Direction d) override;
  [[nodiscard]] std::size_t held() const override;

  void add_line(std::string_view text) {
    if (lines.size() >= kMaxLines || text.size() > kMaxLineBytes - line_bytes_) return;
    lines.emplace_back(text);
    line_bytes_ += text.size();
  }

 private:
  FileList files_;
  std::size_t line_bytes_ = 0;
};

}  // namespace weir::pop3
