#include "decoders/app/smb/conversation.h"

#include <algorithm>

namespace weir::smb {

SmbTransaction& Conversation::add(const Origin& origin, SmbTransaction::Content content) {
  auto& tx = transactions_.add<SmbTransaction>(origin.version, origin.command);
  tx.content = std::move(content);
  tx.dialect = dialect_;
  tx.session_id = origin.session_id;
  tx.tree_id = origin.tree_id;
  tx.complete(Direction::to_server);
  transactions_.charge(tx);
  return tx;
}

SmbTransaction& Conversation::ask(const Origin& origin, SmbTransaction::Content content) {
  SmbTransaction& tx = add(origin, std::move(content));
  asked_.put(key(origin), tx.id, settings_.most_sessions);
  return tx;
}

std::optional<std::uint64_t> Conversation::asked(const Origin& origin) {
  const std::uint64_t* const id = asked_.find(key(origin));
  return id == nullptr ? std::nullopt : std::optional(*id);
}

SmbTransaction* Conversation::answer(const Origin& origin, const Status& status, bool is_final) {
  const auto id = is_final ? asked_.take(key(origin)) : asked(origin);
  auto* const tx = id ? tx_cast<SmbTransaction>(transactions_.find(*id)) : nullptr;
  if (tx == nullptr) return nullptr;
  tx->status = status;
  tx->session_id = origin.session_id;
  if (origin.has_tree) tx->tree_id = origin.tree_id;
  tx->dialect = dialect_;
  if (is_final) tx->complete(Direction::to_client);
  return tx;
}

SmbTransaction& Conversation::answer_alone(const Origin& origin, const Status& status) {
  SmbTransaction& tx = add(origin);
  tx.status = status;
  tx.complete(Direction::to_client);
  return tx;
}

void Conversation::raise(Event event) {
  if (auto* const last = tx_cast<SmbTransaction>(transactions_.last())) return last->raise(event);
  SmbTransaction& tx = add({});
  tx.is_nameless = true;
  tx.complete(Direction::to_client);
  tx.raise(event);
}

void Conversation::agree_on_sizes(SmbTransaction& tx, std::uint32_t read_bytes, std::uint32_t write_bytes) {
  most_read_ = read_bytes;
  most_written_ = write_bytes;
  if (settings_.read.most_bytes != 0 && read_bytes > settings_.read.most_bytes)
    tx.raise(Event::negotiate_max_read_size_too_large);
  if (settings_.write.most_bytes != 0 && write_bytes > settings_.write.most_bytes)
    tx.raise(Event::negotiate_max_write_size_too_large);
}

void Conversation::read_token(SmbTransaction& tx, SessionSetup& setup, Bytes token) {
  const spnego::Token found = spnego::find_token(token);
  if (!found.ap_request.empty()) setup.kerberos = spnego::parse_ap_request(found.ap_request);
  if (found.ntlmssp.empty()) return;
  const auto type = ntlmssp::message_type(found.ntlmssp);
  if (type == ntlmssp::MessageType::authenticate) setup.ntlmssp = ntlmssp::parse_authenticate(found.ntlmssp);
  if (!type || (type == ntlmssp::MessageType::authenticate && !setup.ntlmssp))
    return tx.raise(Event::malformed_ntlmssp_request);
  if (setup.ntlmssp && setup.ntlmssp->is_unusual_order) tx.raise(Event::unusual_ntlmssp_order);
}

void Conversation::check_challenge(SmbTransaction& tx, Bytes token) {
  const Bytes message = spnego::find_token(token).ntlmssp;
  if (!message.empty() && !ntlmssp::message_type(message)) tx.raise(Event::malformed_ntlmssp_response);
}

void Conversation::connect(const Origin& origin, Tree tree) {
  trees_.put({origin.session_id, origin.tree_id}, std::move(tree), settings_.most_trees);
}

const Conversation::Tree* Conversation::tree(const Origin& origin) {
  return trees_.find({origin.session_id, origin.tree_id});
}

void Conversation::name(const FileId& id, std::string_view name) {
  names_.put(id, SlabString{name}, settings_.most_names);
}

SlabString Conversation::name_of(const FileId& id) {
  const SlabString* const known = names_.find(id);
  return known == nullptr ? SlabString{kUnknownName} : *known;
}

void Conversation::rename_id(const FileId& from, const FileId& to) {
  if (auto known = names_.take(from)) names_.put(to, std::move(*known), settings_.most_names);
  for (auto& [key, about] : remembered_)
    if (about.id == from) about.id = to;
  for (const Direction d : {Direction::to_server, Direction::to_client}) {
    auto moved = transfers_.take({from, d});
    if (!moved) continue;
    if (SmbTransaction* const tx = shown_by(**moved)) std::get<Transfer>(tx->content).id = to;
    if (auto before = transfers_.take({to, d})) end(**before, FileState::truncated);
    transfers_.put({to, d}, std::move(*moved), kMaxTransfers);
  }
}

}  // namespace weir::smb
