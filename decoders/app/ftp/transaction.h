// One FTP command and the replies to it; or replies that no command asked for (the greeting).
#pragma once

#include <array>
#include <cstdint>

#include "decoders/app/ftp/message.h"
#include "decoders/app/transaction.h"

namespace weir::ftp {

enum class Event : std::uint8_t {
#define EVENT(id, ...) id,
#include "decoders/app/ftp/events.def"
#undef EVENT
};

enum class ClientState : std::uint8_t {
#define CLIENT_STATE(id, name) id,
#include "decoders/app/ftp/states.def"
};
enum class ServerState : std::uint8_t {
#define SERVER_STATE(id, name) id,
#include "decoders/app/ftp/states.def"
};

// Of the replies to one command are kept at most so many lines and bytes.
inline constexpr std::size_t kMaxReplyLines = 1024, kMaxReplyBytes = 65536;

using ReplyCode = std::array<char, 3>;

class FtpTransaction final : public Transaction {
 public:
  explicit FtpTransaction(std::uint64_t tx_id) : Transaction(tx_id) {}

  SlabString
      command;  // upper case when it is a known one; "AUTH TLS" is one; empty: none was sent, or none can be told
  SlabString command_data;
  CommandKind kind = CommandKind::plain;
  bool command_truncated = false;  // the line was longer than the limit
  SlabVector<ReplyCode> codes;     // of the lines that have one
  SlabVector<SlabString> replies;  // texts of the lines that have one
  bool reply_truncated = false;    // a line was longer than the limit, or there were too many
  bool reply_received = false;     // a final one, not only a preliminary one (1yz)
  std::uint16_t dynamic_port = 0;  // that a data connection is to be opened to; 0: not said
  bool is_passive = false;         // by the client, to a port of the server
  bool is_bounce = false;          // the client named another host than itself for it

  void add_reply(const ReplyLine& line) {
    if (codes.size() >= kMaxReplyLines || replies.size() >= kMaxReplyLines ||
        line.text.size() > kMaxReplyBytes - reply_bytes_) {
      reply_truncated = true;
      return;
    }
    if (!line.code.empty()) codes.push_back({line.code[0], line.code[1], line.code[2]});
    if (line.text.empty()) return;
    replies.emplace_back(line.text);
    reply_bytes_ += line.text.size();
  }

  [[nodiscard]] std::size_t held() const override {
    return command.capacity() + command_data.capacity() + codes.capacity() * sizeof(ReplyCode) +
           replies.capacity() * sizeof(SlabString) + reply_bytes_;
  }

 private:
  std::size_t reply_bytes_ = 0;
};

}  // namespace weir::ftp
