// What servers answer in SMB 1.
#include "decoders/app/smb/smb1_dialogue.h"

namespace weir::smb {
namespace {

// Of these nothing is told but what they carry.
bool is_silent(std::uint8_t command) {
  return command == smb1::read_andx || command == smb1::write_andx || command == smb1::trans ||
         command == smb1::trans2;
}

}  // namespace

void Smb1Dialogue::response(const smb1::Header& header, Bytes message) {
  auto block = smb1::first_block(message, header);
  if (!block) return malformed();
  for (unsigned i = 0; block && i < smb1::kMaxChained; ++i) {
    response_block(origin_of(header, block->command), header.status, *block);
    block = smb1::is_andx(block->command) ? smb1::next_block(*block) : std::nullopt;
  }
}

void Smb1Dialogue::response_block(const Origin& origin, const Status& status, const smb1::Block& block) {
  about_file(origin, status, block);
  SmbTransaction* tx = conversation_.answer(origin, status, true);
  if (tx == nullptr && conversation_.is_one_sided() && !is_silent(block.command))
    tx = &conversation_.answer_alone(origin, status);
  if (tx == nullptr) return;
  switch (block.command) {
    case smb1::negotiate: negotiated(*tx, block); break;
    case smb1::session_setup_andx: logged_in(*tx, block); break;
    case smb1::tree_connect_andx: connected(origin, *tx, block); break;
    case smb1::nt_create_andx: created(*tx, block); break;
    default: break;
  }
  conversation_.charge(*tx);
}

void Smb1Dialogue::negotiated(SmbTransaction& tx, const smb1::Block& block) {
  conversation_.take_any_version();
  auto* const about = std::get_if<Negotiation>(&tx.content);
  const auto answer = smb1::parse_negotiate_response(block);
  if (about == nullptr || !answer) return;
  if (answer->dialect_index < about->client_dialects.size()) {
    conversation_.agree_on(about->client_dialects[answer->dialect_index]);
    tx.dialect = conversation_.dialect();
  }
  about->server_guid = answer->server_guid;
}

void Smb1Dialogue::logged_in(SmbTransaction& tx, const smb1::Block& block) {
  auto* const about = std::get_if<SessionSetup>(&tx.content);
  auto answer = smb1::parse_session_setup_response(block);
  if (about == nullptr || !answer) return;
  about->server = std::move(answer->software);
  if (!answer->token.empty()) conversation_.check_challenge(tx, answer->token);
}

void Smb1Dialogue::connected(const Origin& origin, SmbTransaction& tx, const smb1::Block& block) {
  auto* const about = std::get_if<TreeConnect>(&tx.content);
  if (about == nullptr) return;
  about->granted_service = smb1::parse_tree_connect_response(block);
  if (!tx.status->is_success()) return;
  about->is_pipe = about->is_pipe || about->granted_service == "IPC";
  conversation_.connect(origin, {.share = about->share, .is_pipe = about->is_pipe});
}

void Smb1Dialogue::created(SmbTransaction& tx, const smb1::Block& block) {
  auto* const about = std::get_if<Create>(&tx.content);
  if (about == nullptr || !tx.status->is_success() || !smb1::parse_create_response(block, *about)) return;
  conversation_.name(*about->id, about->name);
}

void Smb1Dialogue::about_file(const Origin& origin, const Status& status, const smb1::Block& block) {
  const auto about = conversation_.recall(origin);
  if (!about) return;
  if (about->tx_id) pipes_.written(*about->tx_id, status);
  switch (block.command) {
    case smb1::read:
    case smb1::lock_and_read:
    case smb1::read_andx: return have_read(origin, *about, block);
    case smb1::write:
    case smb1::write_and_unlock:
    case smb1::write_and_close:
    case smb1::write_andx: return conversation_.written(about->id, status);
    case smb1::trans:
      if (const auto answer = smb1::parse_trans_response(block)) pipes_.read(origin, about->id, answer->data);
      return;
    default: return;
  }
}

void Smb1Dialogue::have_read(const Origin& origin, const Conversation::AboutFile& asked,
                             const smb1::Block& block) {
  const auto answer = smb1::parse_read_response(block);
  if (!answer) return;
  if (pipes_.is_pipe(origin, answer->data)) return pipes_.read(origin, asked.id, answer->data);
  conversation_.check_read_response(answer->length);
  piece(asked.origin, {.direction = Direction::to_client, .id = asked.id, .offset = asked.offset},
        answer->length, answer->data, Status{});
}

}  // namespace weir::smb
