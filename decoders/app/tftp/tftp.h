// TFTP (RFC 1350): requests, and what is transferred upon them.
//
// A request goes to the server's port; the server answers from another one, so that the transfer is a flow of its own, which the
// server opens to the client's port. It is announced to the engine with what was asked for (ExpectedFlow). Servers that answer from
// their own port are read as well: the transfer goes on in the flow of the request.
//
// Each request and each error is a transaction of its own, complete when it is there. A transfer is one as well, from its first
// block on: it has the file, whose blocks may come twice, in another order, and more often than their numbers suffice (the numbers
// begin anew behind 65535). A block that is not full is the last one. In the mode netascii the file is as it is sent.
#pragma once

#include <cstdint>
#include <optional>

#include "decoders/app/file_writer.h"
#include "decoders/app/parser.h"
#include "decoders/app/tftp/message.h"
#include "decoders/app/transaction.h"

namespace weir::tftp {

enum class State : std::uint8_t {
#define STATE(id, ...) id,
#include "decoders/app/tftp/states.def"
#undef STATE
};
inline constexpr auto kComplete = static_cast<std::uint8_t>(State::complete);

// A transfer must begin so soon after its request: servers and clients ask again for half a minute or so.
inline constexpr std::uint32_t kTransferSeconds = 60;

// Of a file's name and of a mode; the rest is left out.
inline constexpr std::size_t kMaxText = 1024;

class TftpTransaction final : public Transaction {
 public:
  TftpTransaction(std::uint64_t tx_id, Opcode what) : Transaction(tx_id), packet(what) {}

  FileList* files(Direction d) override { return &files_[index(d)]; }
  void after_detection(Direction d) override;
  [[nodiscard]] std::size_t held() const override;

  Opcode packet;             // read, write or error; of a transfer what it was asked for by
  SlabString file, mode;     // as the client gave them; empty: the request was not seen
  bool is_transfer = false;  // the blocks that a request led to

 private:
  std::array<FileList, 2> files_;
};

class TftpParser final : public AppParser {
 public:
  void begin_expected(const ExpectedFlow& announced) override;
  ParseOutcome parse(const AppInput& in) override;

 private:
  // What the last request, in this flow or in the one that announced it, asked for.
  struct Asked {
    Opcode packet = Opcode::read;
    SlabString file, mode;
  };

  [[nodiscard]] bool is_from_sender(Direction d);
  void on_option_ack(const Packet& packet, Direction d);

  void on_request(const Packet& packet, const AppInput& in);
  void add_message(Opcode opcode, Direction d);
  void announce(const AppInput& in) const;
  void on_data(const Packet& packet, const AppInput& in);
  void on_error(const AppInput& in);
  void open(const AppInput& in);
  TftpTransaction* transfer();
  void end_transfer(FileState state);

  Asked asked_;
  std::optional<Direction> sender_;        // which way the blocks go; none: not known yet
  std::optional<std::uint64_t> transfer_;  // id of its transaction
  std::uint64_t last_block_ = 0;           // the highest so far, counted on behind 65535
  std::uint32_t block_size_ = kUsualBlock;
  std::optional<std::uint64_t> size_;  // of the file; from the last block on
  bool over_ = false;                  // what comes of the transfer came before
  FlowFiles files_;
  FileWriter writer_;
};

}  // namespace weir::tftp
