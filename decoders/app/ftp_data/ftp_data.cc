#include "decoders/app/ftp_data/ftp_data.h"

#include "decoders/app/expected_flow.h"

namespace weir::ftp_data {

void FtpDataTransaction::after_detection(Direction d) {
  for (const ShownFile& file : files_[index(d)])
    if (file->content != nullptr && file->content->ready()) file->content->mark_inspected();
}

std::size_t FtpDataTransaction::held() const {
  std::size_t bytes = command.capacity() + name.capacity();
  for (const FileList& files : files_) bytes += held_by(files);
  return bytes;
}

void FtpDataParser::begin_expected(const ExpectedFlow& announced) {
  tx().command = announced.command;
  tx().name = announced.name;
  tx().opened = announced.opened;
  carries_file_ = announced.carries_file;
}

ParseOutcome FtpDataParser::parse(const AppInput& in) {
  if (over()) return {.consumed = in.data.size()};
  FtpDataTransaction& transfer = tx();
  FileWriter& writer = writers_[index(in.direction)];
  if (!in.data.empty() && carries_file_) {
    // The window has no limit of its own: a file is looked at as far as its stream is put together.
    if (!writer.is_open() && transfer.files(in.direction)->empty())
      writer.open(*transfer.files(in.direction), files_,
                  {.name = transfer.name, .window = BodyLimits{.limit = 0}},
                  {.time = in.time, .wanted = in.requested->files, .at_once = in.requested->at_once});
    writer.append(in.data);
    transactions_.charge(transfer);
  }
  if (in.eof) {
    writer.close(in.is_cut ? FileState::truncated : FileState::closed);
    transfer.progress[index(in.direction)] = static_cast<std::uint8_t>(State::complete);
  }
  return {.consumed = in.data.size()};
}

bool FtpDataParser::on_gap(Direction direction, std::uint64_t length) {
  writers_[index(direction)].gap(length);
  return true;
}

}  // namespace weir::ftp_data
