// The files that are read and written on an SMB connection.
#include <algorithm>

#include "decoders/app/smb/conversation.h"

namespace weir::smb {

void Conversation::remember(const Origin& origin, const FileId& id, std::uint64_t offset,
                            std::optional<std::uint64_t> tx_id) {
  remembered_.put(key(origin), {.id = id, .offset = offset, .tx_id = tx_id, .origin = origin},
                  settings_.most_reads);
}

std::optional<Conversation::AboutFile> Conversation::recall(const Origin& origin) {
  return remembered_.take(key(origin));
}

void Conversation::check_read_request(const Origin& origin, std::uint32_t length) {
  if (exceeds(length, most_read_, settings_.read)) ask(origin).raise(Event::read_request_too_large);
}

void Conversation::check_read_response(std::uint32_t length) {
  if (exceeds(length, most_read_, settings_.read)) raise(Event::read_response_too_large);
}

void Conversation::check_write_request(const Origin& origin, std::uint32_t length) {
  if (exceeds(length, most_written_, settings_.write)) ask(origin).raise(Event::write_request_too_large);
}

Conversation::OpenTransfer* Conversation::transfer(const FilePiece& piece) {
  auto* const known = transfers_.find({piece.id, piece.direction});
  return known == nullptr ? nullptr : known->get();
}

SmbTransaction* Conversation::shown_by(const OpenTransfer& transfer) {
  return tx_cast<SmbTransaction>(transactions_.find(transfer.tx_id));
}

// Suricata's events leave the share of what is written empty, in SMB 2.
Conversation::OpenTransfer& Conversation::begin_transfer(const Origin& origin, const FilePiece& piece) {
  Transfer about{.direction = piece.direction, .name = name_of(piece.id), .id = piece.id};
  const bool tells_share = origin.version == Version::smb1 || piece.direction == Direction::to_client;
  if (const Tree* const known = tree(origin); known != nullptr && tells_share) about.share = known->share;
  SmbTransaction& tx = add(origin, std::move(about));
  tx.progress = {};
  if (transfers_.size() >= kMaxTransfers) end(**transfers_.take_oldest(), FileState::truncated);
  auto& out = *transfers_.put({piece.id, piece.direction}, std::make_unique<OpenTransfer>(), kMaxTransfers);
  out.tx_id = tx.id;
  // The window has no limit of its own: a file is looked at as far as its stream is put together.
  out.writer.open(
      *tx.files(piece.direction), flow_files_,
      {.name = std::get<Transfer>(tx.content).name, .window = BodyLimits{.limit = 0}},
      {.time = input_->time, .wanted = input_->requested->files, .at_once = input_->requested->at_once});
  return out;
}

void Conversation::begin_piece(const Origin& origin, const FilePiece& piece, std::uint64_t length,
                               const std::optional<Status>& status) {
  OpenTransfer* known = transfer(piece);
  if (known == nullptr && length == 0) return;
  if (known == nullptr || !known->writer.is_open()) known = &begin_transfer(origin, piece);
  SmbTransaction* const tx = shown_by(*known);
  if (tx != nullptr && status) tx->status = status;
  if (tx != nullptr && length != 0 && piece.offset < known->writer.file()->size)
    tx->raise(Event::file_overlap);
  bound_waiting(piece, *known, length);
}

std::uint64_t Conversation::waiting_bytes(Direction direction) const {
  std::uint64_t bytes = 0;
  for (const auto& [key, transfer] : transfers_)
    if (key.direction == direction) bytes += transfer->writer.waiting_bytes();
  return bytes;
}

// What comes before what is in front of it waits. When no more may wait, what is missing is given up.
void Conversation::bound_waiting(const FilePiece& piece, OpenTransfer& transfer, std::uint64_t length) {
  FileWriter& writer = transfer.writer;
  if (piece.offset <= writer.file()->size || piece.offset > kMaxFileSize) return;
  const TransferLimits& most = limits(piece.direction);
  const bool reads = piece.direction == Direction::to_client;
  const bool too_many = most.most_waiting_pieces != 0 && writer.waiting_pieces() >= most.most_waiting_pieces;
  const bool too_much =
      most.most_waiting_bytes != 0 && waiting_bytes(piece.direction) + length > most.most_waiting_bytes;
  if (!too_many && !too_much) return;
  if (SmbTransaction* const tx = shown_by(transfer)) {
    if (too_many) tx->raise(reads ? Event::read_queue_cnt_exceeded : Event::write_queue_cnt_exceeded);
    if (too_much) tx->raise(reads ? Event::read_queue_size_exceeded : Event::write_queue_size_exceeded);
  }
  writer.give_up_missing(piece.offset);
}

void Conversation::piece_bytes(FilePiece& piece, Bytes bytes) {
  if (OpenTransfer* const known = transfer(piece)) {
    known->writer.piece(piece.offset, bytes);
    if (SmbTransaction* const tx = shown_by(*known)) transactions_.charge(*tx);
  }
  piece.offset += bytes.size();
}

// What is behind it goes on there, so that the file knows of the gap.
void Conversation::piece_gap(FilePiece& piece, std::uint64_t length) {
  OpenTransfer* const known = transfer(piece);
  if (known != nullptr && known->writer.is_open() && piece.offset == known->writer.file()->size)
    known->writer.gap(length);
  piece.offset += length;
}

void Conversation::written(const FileId& id, const Status& status) {
  if (OpenTransfer* const known = transfer({.direction = Direction::to_server, .id = id}))
    if (SmbTransaction* const tx = shown_by(*known)) tx->status = status;
}

void Conversation::end(OpenTransfer& transfer, FileState state) {
  transfer.writer.close(state);
  SmbTransaction* const tx = shown_by(transfer);
  if (tx == nullptr) return;
  tx->dialect = dialect_;
  for (const Direction d : {Direction::to_server, Direction::to_client}) tx->complete(d);
}

void Conversation::close(const FileId& id) {
  names_.take(id);
  for (const Direction d : {Direction::to_server, Direction::to_client})
    if (const auto open = transfers_.take({id, d})) end(**open, FileState::closed);
}

void Conversation::end_of(Direction d) {
  for (auto& [key, transfer] : transfers_)
    if (key.direction == d) end(*transfer, FileState::truncated);
}

}  // namespace weir::smb
