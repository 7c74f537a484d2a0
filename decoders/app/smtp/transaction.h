// One mail as it goes over an SMTP connection: envelope and content. What a client sends besides mails (QUIT, NOOP) is a transaction
// without either.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "decoders/app/mime/mail.h"
#include "decoders/app/transaction.h"

namespace weir::smtp {

enum class Event : std::uint8_t {
#define EVENT(id, ...) id,
#include "decoders/app/smtp/events.def"
#undef EVENT
};

enum class ClientState : std::uint8_t {
#define CLIENT_STATE(id, name) id,
#include "decoders/app/smtp/states.def"
};
enum class ServerState : std::uint8_t {
#define SERVER_STATE(id, name) id,
#include "decoders/app/smtp/states.def"
};

inline constexpr std::size_t kMaxRecipients = 1000;  // of a mail; further ones are left out

class SmtpTransaction final : public Transaction {
 public:
  explicit SmtpTransaction(std::uint64_t tx_id) : Transaction(tx_id) {}

  // As the client gave them: addresses with their brackets. Empty: it gave an empty one.
  std::optional<SlabString> helo, mail_from;
  SlabVector<SlabString> rcpt_to;
  // From DATA or BDAT on, unless mails are not decoded.
  std::unique_ptr<mime::Mail> mail;

  FileList* files(Direction d) override { return d == Direction::to_server ? &files_ : nullptr; }
  void after_detection(Direction d) override;
  [[nodiscard]] std::size_t held() const override;

  void reach(ClientState state) {
    auto& now = progress[index(Direction::to_server)];
    if (now < static_cast<std::uint8_t>(state)) now = static_cast<std::uint8_t>(state);
  }
  [[nodiscard]] bool is_complete() const {
    return progress[index(Direction::to_server)] == static_cast<std::uint8_t>(ClientState::complete);
  }

 private:
  FileList files_;
};

}  // namespace weir::smtp
