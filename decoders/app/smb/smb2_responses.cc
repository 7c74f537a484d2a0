// What servers answer in SMB 2, and the data of files in both directions.
#include "decoders/app/smb/smb2_dialogue.h"

namespace weir::smb {
namespace {

Status status_of(const smb2::Header& header) {
  return {.code = header.status};
}

// More will come: of a request that takes long, or a login of several steps.
bool is_interim(const smb2::Header& header) {
  return header.status == status::pending && header.is_async();
}

}  // namespace

void Smb2Dialogue::response(const Origin& origin, const smb2::Header& header, Bytes message) {
  const bool is_final = !is_interim(header);
  if (is_final) about_file(origin, header, message);
  SmbTransaction* tx = conversation_.answer(origin, status_of(header), is_final);
  if (tx == nullptr && header.command == smb2::negotiate)
    if (const auto asked = conversation_.take_any_version())
      tx = conversation_.answer(*asked, status_of(header), true);
  const bool is_told =
      header.command != smb2::read && header.command != smb2::write && header.command != smb2::get_info;
  if (tx == nullptr && is_final && is_told && conversation_.is_one_sided())
    tx = &conversation_.answer_alone(origin, status_of(header));
  if (tx == nullptr) return;
  switch (header.command) {
    case smb2::negotiate: negotiated(*tx, message); break;
    case smb2::session_setup: logged_in(*tx, message); break;
    case smb2::tree_connect: connected(origin, *tx, message); break;
    case smb2::create: created(origin, *tx, message); break;
    default: break;
  }
  conversation_.charge(*tx);
}

void Smb2Dialogue::about_file(const Origin& origin, const smb2::Header& header, Bytes message) {
  const auto about = conversation_.recall(origin);
  if (!about) return;
  if (about->tx_id)
    pipes_.written(*about->tx_id, status_of(header));
  else if (header.command == smb2::write)
    conversation_.written(about->id, status_of(header));
  if (header.command == smb2::close) close_file(about->id);
  if (header.status == status::success || header.status == status::buffer_overflow)
    read_pipe(origin, header, about->id, message);
}

void Smb2Dialogue::read_pipe(const Origin& origin, const smb2::Header& header, const FileId& pipe,
                             Bytes message) {
  Bytes data;
  if (header.command == smb2::read) {
    if (const auto chunk = smb2::parse_read_response(message)) data = smb2::data_of(*chunk, message);
  } else if (header.command == smb2::ioctl) {
    if (const auto answer = smb2::parse_ioctl_response(message)) data = answer->data;
  }
  if (!data.empty()) pipes_.read(origin, pipe, data);
}

void Smb2Dialogue::negotiated(SmbTransaction& tx, Bytes message) {
  const auto answer = smb2::parse_negotiate_response(message);
  if (!answer) return;
  conversation_.agree_on(dialect_name(answer->dialect));
  tx.dialect = conversation_.dialect();
  if (tx.content.index() == 0) tx.content = Negotiation{};
  auto* const about = std::get_if<Negotiation>(&tx.content);
  if (about == nullptr) return;
  about->server_guid = answer->server_guid;
  about->max_read_bytes = answer->max_read_bytes;
  about->max_write_bytes = answer->max_write_bytes;
  conversation_.agree_on_sizes(tx, answer->max_read_bytes, answer->max_write_bytes);
}

void Smb2Dialogue::logged_in(SmbTransaction& tx, Bytes message) {
  if (const auto token = smb2::parse_session_setup_response(message))
    conversation_.check_challenge(tx, *token);
}

void Smb2Dialogue::connected(const Origin& origin, SmbTransaction& tx, Bytes message) {
  auto* const about = std::get_if<TreeConnect>(&tx.content);
  if (about == nullptr || !tx.status->is_success()) return;
  if (const auto type = smb2::parse_tree_connect_response(message)) {
    about->share_type = type;
    about->is_pipe = about->is_pipe || share_type_name(*type) == "PIPE";
  }
  conversation_.connect(origin, {.share = about->share, .is_pipe = about->is_pipe});
}

void Smb2Dialogue::created(const Origin& origin, SmbTransaction& tx, Bytes message) {
  auto* const about = std::get_if<Create>(&tx.content);
  if (about == nullptr || tx.status->code == status::pending) return;
  const FileId known_as = id_of_request(origin.request);
  if (!tx.status->is_success() || !smb2::parse_create_response(message, *about)) return close_file(known_as);
  compound_[index(Direction::to_client)].file = about->id;
  conversation_.rename_id(known_as, *about->id);
  pipes_.rename_id(known_as, *about->id);
}

// Of the data that a message claims to have, what there can be in it.
std::uint64_t Smb2Dialogue::there(const Data& said, std::uint64_t length) {
  return std::min<std::uint64_t>(said.length,
                                 length - std::min<std::uint64_t>(said.offset_in_message, length));
}

std::optional<Smb2Dialogue::Data> Smb2Dialogue::begin_write(const Origin& origin, Bytes message,
                                                            std::uint64_t length) {
  const auto chunk = smb2::parse_write_request(message);
  if (!chunk) return std::nullopt;
  if (pipes_.is_pipe(origin, smb2::data_of(*chunk, message))) return std::nullopt;
  const FileId id = file_of(Direction::to_server, chunk->id);
  conversation_.remember(origin, id);
  conversation_.check_write_request(origin, chunk->length);
  Data out{.piece = {.direction = Direction::to_server, .id = id, .offset = chunk->offset},
           .length = chunk->length,
           .offset_in_message = chunk->data_offset};
  conversation_.begin_piece(origin, out.piece, there(out, length), std::nullopt);
  return out;
}

std::optional<Smb2Dialogue::Data> Smb2Dialogue::begin_read(const Origin& origin, const smb2::Header& header,
                                                           Bytes message, std::uint64_t length) {
  const auto chunk = smb2::parse_read_response(message);
  const bool has_data = header.status == status::success || header.status == status::buffer_overflow;
  if (!chunk || !has_data) return std::nullopt;
  if (pipes_.is_pipe(origin, smb2::data_of(*chunk, message))) return std::nullopt;
  const auto asked = conversation_.recall(origin);
  if (!asked) return std::nullopt;
  conversation_.answer(origin, status_of(header), true);
  conversation_.check_read_response(chunk->length);
  Data out{.piece = {.direction = Direction::to_client, .id = asked->id, .offset = asked->offset},
           .length = chunk->length,
           .offset_in_message = chunk->data_offset};
  conversation_.begin_piece(asked->origin, out.piece, there(out, length), status_of(header));
  return out;
}

}  // namespace weir::smb
