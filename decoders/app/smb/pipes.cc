#include "decoders/app/smb/pipes.h"

#include "decoders/text.h"

namespace weir::smb {

bool is_ipc(std::string_view share) {
  constexpr std::string_view kName = "IPC$";
  return share.size() >= kName.size() && equals_nocase(share.substr(share.size() - kName.size()), kName);
}

bool Pipes::is_pipe(const Origin& origin, Bytes data) const {
  const auto* const tree = conversation_.tree(origin);
  return tree != nullptr ? tree->is_pipe : begins_call(data);
}

bool Pipes::write(const Origin& origin, const FileId& pipe, Bytes data) {
  feed(origin, pipe, Direction::to_server, data);
  const auto header = dcerpc::parse_header(data);
  if (!touched_ && header && header->type == dcerpc::PduType::auth3) add_authentication(*header);
  if (!touched_) return false;
  conversation_.remember(origin, pipe, 0, touched_);
  return true;
}

void Pipes::read(const Origin& origin, const FileId& pipe, Bytes data) {
  feed(origin, pipe, Direction::to_client, data);
  if (!touched_) return;
  if (SmbTransaction* const tx = conversation_.find(*touched_); tx != nullptr && !tx->status)
    tx->status = Status{};
}

void Pipes::feed(const Origin& origin, const FileId& pipe, Direction d, Bytes data) {
  touched_.reset();
  auto* known = pipes_.find(pipe);
  if (known == nullptr)
    known = &pipes_.put(
        pipe, std::make_unique<dcerpc::Association>(dcerpc::CallLimits{.counts_answer_fields = false}),
        conversation_.settings().most_fragments);
  origin_ = origin;
  association_ = known->get();
  (*known)->feed(d, data, *this);
  bound_held();
}

// Pipes whose calls are not whole; the one that is in use is the last to go.
void Pipes::bound_held() {
  std::size_t bytes = 0;
  for (const auto& [id, association] : pipes_) bytes += association->held();
  while (bytes > kMaxHeldBytes && pipes_.size() > 1) bytes -= (*pipes_.take_oldest())->held();
}

// What a call is not answered is known by the failure of the request that it began with.
void Pipes::written(std::uint64_t tx_id, const Status& status) {
  SmbTransaction* const tx = conversation_.find(tx_id);
  const auto* const call = tx == nullptr ? nullptr : tx->about<PipeCall>();
  if (call == nullptr) return;
  tx->status = status;
  const bool has_no_answer = call->call.request().type == dcerpc::PduType::auth3 && call->call.request().done;
  const bool is_failure =
      !status.is_success() && status.code != status::pending && status.code != status::buffer_overflow;
  if (has_no_answer || is_failure) tx->complete(Direction::to_client);
}

void Pipes::rename_id(const FileId& from, const FileId& to) {
  if (auto moved = pipes_.take(from))
    pipes_.put(to, std::move(*moved), conversation_.settings().most_fragments);
}

void Pipes::lose(Direction d) {
  for (auto& [id, association] : pipes_) association->lose(d, *this);
}

dcerpc::Call& Pipes::add(Direction request) {
  SmbTransaction& tx = conversation_.add(origin_, PipeCall(request));
  tx.progress = {};
  auto& made = std::get<PipeCall>(tx.content);
  made.call.key = tx.id;
  made.interfaces = association_->interfaces();
  return made.call;
}

dcerpc::Call* Pipes::find(std::uint64_t key) {
  SmbTransaction* const tx = conversation_.find(key);
  auto* const found = tx == nullptr ? nullptr : std::get_if<PipeCall>(&tx->content);
  return found == nullptr ? nullptr : &found->call;
}

void Pipes::changed(dcerpc::Call& call) {
  touched_ = call.key;
  SmbTransaction* const tx = conversation_.find(call.key);
  for (const Direction d : {Direction::to_server, Direction::to_client})
    if (call.ended || call.parts[index(d)].done) tx->complete(d);
  conversation_.charge(*tx);
}

// The third message of a login. Nothing answers it, and no call is made by it.
void Pipes::add_authentication(const dcerpc::Header& header) {
  dcerpc::Call& call = add(Direction::to_server);
  call.call_id = header.call_id;
  call.request().type = header.type;
  call.request().fragments = 1;
  call.request().first_seen = call.request().done = true;
  changed(call);
}

}  // namespace weir::smb
