// A data connection of FTP: all that one side sends is a file, or the listing of a folder. Which one, and what is done with
// it, the control connection has said (decoders/app/ftp/ftp.h).
#pragma once

#include <array>

#include "decoders/app/connection_parser.h"
#include "decoders/app/file_writer.h"

namespace weir::ftp_data {

enum class State : std::uint8_t {
#define STATE(id, ...) id,
#include "decoders/app/ftp_data/states.def"
#undef STATE
};

class FtpDataTransaction final : public Transaction {
 public:
  explicit FtpDataTransaction(std::uint64_t tx_id) : Transaction(tx_id) {}

  FileList* files(Direction d) override { return &files_[index(d)]; }
  void after_detection(Direction d) override;
  [[nodiscard]] std::size_t held() const override;

  SlabString command;  // RETR, STOR, LIST ...
  SlabString name;     // of the file, as the client gave it
  Direction opened =
      Direction::to_server;  // which way, as the control connection goes: to_client in active mode

 private:
  std::array<FileList, 2> files_;
};

class FtpDataParser final : public ConnectionParser<FtpDataTransaction> {
 public:
  void begin_expected(const ExpectedFlow& announced) override;
  ParseOutcome parse(const AppInput& in) override;
  bool on_gap(Direction direction, std::uint64_t length) override;

 private:
  bool carries_file_ = true;
  FlowFiles files_;
  std::array<FileWriter, 2> writers_;  // by direction
};

}  // namespace weir::ftp_data
