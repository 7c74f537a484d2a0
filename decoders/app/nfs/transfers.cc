#include "decoders/app/nfs/transfers.h"

namespace weir::nfs {

Transfers::Open* Transfers::find(const TransferKey& key) {
  auto* const known = open_.find(key);
  return known == nullptr || !(*known)->writer.is_open() ? nullptr : known->get();
}

Transfers::Open& Transfers::open(const FilePiece& piece, const PieceOrigin& origin) {
  auto& tx = transactions_.add<NfsTransaction>();
  tx.xid = piece.xid;
  tx.version = origin.version;
  tx.procedure = origin.procedure;
  tx.caller = origin.caller;
  tx.name = origin.name;
  tx.handle_hash = origin.handle_hash;
  tx.transfer.emplace().direction = piece.key.direction;
  if (open_.size() >= kMaxTransfers) {
    const auto oldest = open_.take_oldest();
    if ((*oldest)->writer.is_open()) end(**oldest, FileState::truncated, std::nullopt);
  }
  auto& out = *open_.put(piece.key, std::make_unique<Open>(), kMaxTransfers);
  out.tx_id = tx.id;
  // The window has no limit of its own: a file is looked at as far as its stream is put together.
  out.writer.open(
      tx.transfer->files, flow_files_, {.name = tx.name, .window = BodyLimits{.limit = 0}},
      {.time = input_->time, .wanted = input_->requested->files, .at_once = input_->requested->at_once});
  transactions_.charge(tx);
  return out;
}

NfsTransaction* Transfers::begin(const FilePiece& piece, const PieceOrigin& origin, std::uint32_t count,
                                 bool is_end) {
  Open* known = find(piece.key);
  if (known == nullptr && count == 0) return nullptr;
  if (known == nullptr) known = &open(piece, origin);
  if (is_end) known->end = piece.offset + count;
  NfsTransaction* const tx = shown_by(*known);
  if (tx != nullptr && count != 0) ++tx->transfer->pieces;
  return tx;
}

void Transfers::bytes(FilePiece& piece, Bytes bytes) {
  if (Open* const known = find(piece.key)) {
    known->writer.piece(piece.offset, bytes);
    if (NfsTransaction* const tx = shown_by(*known)) transactions_.charge(*tx);
  }
  piece.offset += bytes.size();
}

// What is behind it goes on there, so that the file knows of the gap.
void Transfers::gap(FilePiece& piece, std::uint64_t length) {
  Open* const known = find(piece.key);
  if (known != nullptr && piece.offset == known->writer.file()->size) known->writer.gap(length);
  piece.offset += length;
}

void Transfers::finish(const FilePiece& piece) {
  const Open* const known = find(piece.key);
  if (known != nullptr && known->end && known->writer.file()->size >= *known->end)
    close(piece.key, piece.xid);
}

void Transfers::end_at(const FilePiece& piece, std::uint64_t size) {
  Open* const known = find(piece.key);
  if (known == nullptr) return;
  known->end = size;
  finish(piece);
}

void Transfers::close(const TransferKey& key, std::uint32_t xid) {
  if (Open* const known = find(key)) end(*known, FileState::closed, xid);
  open_.take(key);
}

NfsTransaction* Transfers::shown(const TransferKey& key) {
  const Open* const known = find(key);
  return known == nullptr ? nullptr : shown_by(*known);
}

void Transfers::end(Open& transfer, FileState state, std::optional<std::uint32_t> xid) {
  transfer.writer.close(state);
  NfsTransaction* const tx = shown_by(transfer);
  if (tx == nullptr) return;
  tx->transfer->last_xid = xid;
  for (const Direction d : {Direction::to_server, Direction::to_client}) tx->complete(d);
}

void Transfers::end_of(Direction d) {
  for (auto& [key, transfer] : open_)
    if (key.direction == d && transfer->writer.is_open()) end(*transfer, FileState::truncated, std::nullopt);
}

}  // namespace weir::nfs
