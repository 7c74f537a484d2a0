#include "decoders/app/tftp/tftp.h"

#include <algorithm>

#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"

namespace weir::tftp {
namespace {

// How ExpectedFlow::command says what was asked for, before the mode.
constexpr std::string_view kRead = "read", kWrite = "write";

// The number that `block` stands for, of those with these 16 bits the nearest to `last`.
std::uint64_t whole_number(std::uint16_t block, std::uint64_t last) {
  const auto ahead = static_cast<std::int16_t>(block - static_cast<std::uint16_t>(last));
  if (ahead < 0 && last < static_cast<std::uint64_t>(-ahead)) return 0;
  return last + static_cast<std::uint64_t>(std::int64_t{ahead});
}

}  // namespace

void TftpTransaction::after_detection(Direction d) {
  for (const ShownFile& shown : files_[index(d)])
    if (shown->content != nullptr && shown->content->ready()) shown->content->mark_inspected();
}

std::size_t TftpTransaction::held() const {
  std::size_t bytes = file.capacity() + mode.capacity();
  for (const FileList& files : files_) bytes += held_by(files);
  return bytes;
}

void TftpParser::begin_expected(const ExpectedFlow& announced) {
  std::string_view rest = announced.command;
  asked_.packet = take_word(rest) == kWrite ? Opcode::write : Opcode::read;
  // The server opens the flow.
  sender_ = asked_.packet == Opcode::write ? Direction::to_client : Direction::to_server;
  asked_.mode = rest;
  asked_.file = announced.name;
}

ParseOutcome TftpParser::parse(const AppInput& in) {
  const ParseOutcome out{.consumed = in.data.size()};
  const auto packet = parse_packet(in.data);
  if (!packet) return out;
  switch (packet->opcode) {
    case Opcode::read:
    case Opcode::write: on_request(*packet, in); break;
    case Opcode::data: on_data(*packet, in); break;
    case Opcode::ack: break;
    case Opcode::error: on_error(in); break;
    case Opcode::option_ack: on_option_ack(*packet, in.direction); break;
  }
  return out;
}

void TftpParser::on_request(const Packet& packet, const AppInput& in) {
  if (transfer() != nullptr) end_transfer(FileState::truncated);
  over_ = false;
  sender_ = packet.opcode == Opcode::write ? in.direction : opposite(in.direction);
  last_block_ = 0;
  block_size_ = kUsualBlock;
  asked_ = {packet.opcode, SlabString(packet.file.substr(0, kMaxText)),
            SlabString(packet.mode.substr(0, kMaxText))};
  add_message(packet.opcode, in.direction);
  announce(in);
}

void TftpParser::add_message(Opcode opcode, Direction d) {
  auto& tx = transactions_.add<TftpTransaction>(opcode);
  tx.only_direction = d;
  tx.file = asked_.file;
  tx.mode = asked_.mode;
  tx.progress = {kComplete, kComplete};
  transactions_.charge(tx);
}

void TftpParser::announce(const AppInput& in) const {
  if (in.announcer == nullptr) return;
  ExpectedFlow expected{.protocol = AppProto::tftp,
                        .is_datagram = true,
                        .opened = opposite(in.direction),
                        .port = in.source_port,
                        .lifetime_s = kTransferSeconds,
                        .command = std::string(asked_.packet == Opcode::write ? kWrite : kRead),
                        .name = std::string(asked_.file),
                        .carries_file = true};
  expected.command.append(" ").append(asked_.mode);
  in.announcer->announce(std::move(expected));
}

// The other side has nothing to send: its blocks must not stand in the place of those that are taken.
bool TftpParser::is_from_sender(Direction d) {
  if (!sender_) sender_ = d;
  return *sender_ == d;
}

// The server's answer to a request with options; behind the first block it would move all others.
void TftpParser::on_option_ack(const Packet& packet, Direction d) {
  const bool from_server = !sender_ || (*sender_ == d) == (asked_.packet == Opcode::read);
  if (from_server && last_block_ == 0) block_size_ = packet.block_size.value_or(kUsualBlock);
}

void TftpParser::on_data(const Packet& packet, const AppInput& in) {
  const std::uint64_t block = whole_number(packet.block, last_block_);
  if (over_ || block == 0 || !is_from_sender(in.direction)) return;
  if (transfer() == nullptr) open(in);
  TftpTransaction* const tx = transfer();
  // The first block tells what was agreed to where that was not seen.
  if (packet.block == 1 && packet.data.size() > block_size_)
    block_size_ = static_cast<std::uint32_t>(packet.data.size());
  last_block_ = std::max(last_block_, block);
  const std::uint64_t offset = (block - 1) * block_size_;
  writer_.piece(offset, packet.data);
  transactions_.charge(*tx);
  const AppFile* const file = writer_.file();
  if (file == nullptr) return;
  // A short one that came before in full is no end of anything.
  const std::uint64_t end = offset + packet.data.size();
  if (packet.data.size() < block_size_ && end >= file->size) size_ = end;
  if (size_ && file->size >= *size_) end_transfer(FileState::closed);
}

// Begins the transfer with its first block, whichever that is.
void TftpParser::open(const AppInput& in) {
  auto& tx = transactions_.add<TftpTransaction>(asked_.packet);
  transfer_ = tx.id;
  size_.reset();
  tx.is_transfer = true;
  tx.file = asked_.file;
  tx.mode = asked_.mode;
  writer_.open(*tx.files(in.direction), files_, {.name = tx.file, .window = BodyLimits{.limit = 0}},
               {.time = in.time, .wanted = in.requested->files, .at_once = in.requested->at_once});
}

void TftpParser::on_error(const AppInput& in) {
  if (transfer() != nullptr) end_transfer(FileState::truncated);
  add_message(Opcode::error, in.direction);
}

TftpTransaction* TftpParser::transfer() {
  return transfer_ ? tx_cast<TftpTransaction>(transactions_.find(*transfer_)) : nullptr;
}

void TftpParser::end_transfer(FileState state) {
  writer_.close(state);
  TftpTransaction* const tx = transfer();
  tx->progress = {kComplete, kComplete};
  transactions_.charge(*tx);
  transfer_.reset();
  over_ = true;
}

}  // namespace weir::tftp
