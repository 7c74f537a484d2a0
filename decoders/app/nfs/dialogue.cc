#include "decoders/app/nfs/dialogue.h"

#include "decoders/text.h"

namespace weir::nfs {
namespace {

SlabString kept_name(Bytes name) {
  return SlabString{as_text(name).substr(0, kMaxName)};
}

// Null: what stands in the call is not known.
const Procedure* find_procedure_of(std::uint32_t program, std::uint32_t version, std::uint32_t number) {
  static constexpr Procedure kNull{}, kAcl{.arguments = Arguments::object, .results = Results::status};
  if (version < kOldestVersion || version > kNewestVersion) return nullptr;
  if (number == 0) return &kNull;
  if (program == kNfsProgram) return find_procedure(version, number);
  return version == kNewestVersion ? nullptr : &kAcl;
}

bool is_read(Arguments kind) {
  return kind == Arguments::read;
}
bool is_write(Arguments kind) {
  return kind == Arguments::write;
}

// The header of a compound: status and tag of its answer, or tag and minor version of its call.
std::size_t compound_header(ByteCursor in, bool is_answer) {
  const std::size_t all = in.remaining();
  if (is_answer) in.skip(4);
  take_opaque(in, kMaxTag);
  if (!is_answer) in.skip(4);
  return all - in.remaining();
}

// `in` stands behind the header of ONC RPC.
void tell_body(const Message& message, const ByteCursor& in, std::uint32_t version, bool is_answer) {
  const Bytes body = message.front.last(in.remaining());
  const std::uint64_t left = message.length - (message.front.size() - body.size());
  if (left == 0) return;
  FrameSink frames = message.frames;
  const bool is_compound = version >= kNewestVersion;
  frames.begin(is_compound ? FrameKind::nfs4_pdu : FrameKind::nfs_pdu, body, left);
  if (is_answer) frames.begin(is_compound ? FrameKind::nfs4_status : FrameKind::nfs_status, body, 4);
  if (!is_compound) return;
  const std::size_t header = compound_header(in, is_answer);
  frames.begin(FrameKind::nfs4_hdr, body, header);
  if (left > header) frames.begin(FrameKind::nfs4_ops, body.subspan(header), left - header);
}

}  // namespace

bool Dialogue::begins_data(Direction d, Bytes front) {
  ByteCursor in{front};
  const auto type = message_type(front);
  if (type == MessageType::call && d == Direction::to_server) {
    const Call call = parse_call(in);
    if (call.program == kNfsProgram && call.version == kNewestVersion)
      return open_protection(call.protection, in) &&
             reaches_data(false, parse_compound(false, in).operations, in);
    const Procedure* const known = find_procedure_of(call.program, call.version, call.procedure);
    if (known == nullptr || !is_write(known->arguments) || !open_protection(call.protection, in))
      return false;
    parse_arguments(call.version, known->arguments, in);
    return !in.failed();
  }
  if (type != MessageType::reply || d != Direction::to_client) return false;
  const Reply reply = parse_reply(in);
  const Question* const question = questions_.find(reply.xid);
  if (question == nullptr || !reply.is_success() || !open_protection(question->protection, in)) return false;
  if (question->is_compound()) return reaches_data(true, parse_compound(true, in).operations, in);
  const Procedure* const known = find_procedure_of(question->program, question->version, question->procedure);
  if (known == nullptr || !is_read(known->arguments)) return false;
  parse_results(question->version, known->results, in);
  return !in.failed();
}

std::optional<FileData> Dialogue::take(Direction d, const Message& message) {
  end_message(d);  // of a compound whose rest is lost
  ByteCursor in{message.front};
  const auto type = message_type(message.front);
  if (type == MessageType::call) {
    const Call asked = parse_call(in);
    if (in.failed() && message.is_whole()) raise(Event::malformed_data);
    const bool is_nfs = asked.program == kNfsProgram || asked.program == kNfsAclProgram;
    // Servers call their clients back on the same connection; those are other programs.
    if (in.failed() || !is_nfs || d != Direction::to_server) return std::nullopt;
    return call(asked, in, message);
  }
  if (type == MessageType::reply) {
    const Reply said = parse_reply(in);
    if (in.failed() && message.is_whole()) raise(Event::malformed_data);
    if (in.failed() || d != Direction::to_client) return std::nullopt;
    return reply(said, in, message);
  }
  raise(message.length == 0 ? Event::empty_message : Event::malformed_data);
  return std::nullopt;
}

void Dialogue::raise(Event event) {
  if (auto* const last = tx_cast<NfsTransaction>(transactions_.last())) return last->raise(event);
  auto& tx = transactions_.add<NfsTransaction>();
  tx.is_nameless = true;
  for (const Direction d : {Direction::to_server, Direction::to_client}) tx.complete(d);
  tx.raise(event);
}

NfsTransaction& Dialogue::add(const Call& call) {
  auto& tx = transactions_.add<NfsTransaction>();
  tx.xid = call.xid;
  tx.program = call.program;
  tx.version = call.version;
  tx.procedure = call.procedure;
  tx.caller = call.caller;
  tx.complete(Direction::to_server);
  return tx;
}

std::optional<FileData> Dialogue::call(const Call& call, ByteCursor& in, const Message& message) {
  FrameSink frames = message.frames;
  frames.begin(FrameKind::rpc_creds, call.credentials, call.credentials.size());
  tell_body(message, in, call.version, false);
  const Procedure* const known = find_procedure_of(call.program, call.version, call.procedure);
  if (known != nullptr) return call_with_arguments(call, *known, in, message);
  if (call.program == kNfsProgram && call.version == kNewestVersion && call.procedure != 0)
    return compound_call(call, in, message);
  NfsTransaction& tx = add(call);
  if (call.program == kNfsAclProgram)
    tx.raise(Event::unsupported_version);
  else if (call.version < kOldestVersion || call.version > kNewestVersion)
    tx.raise(Event::nonexistent_version);
  questions_.put(call.xid, {.program = call.program,
                            .version = call.version,
                            .procedure = call.procedure,
                            .protection = call.protection,
                            .tx_id = tx.id,
                            .caller = {},
                            .handle = {},
                            .name = {}});
  transactions_.charge(tx);
  return std::nullopt;
}

// A datagram comes again when its reply is late.
bool Dialogue::is_repeated(const Call& call, const CallArguments& arguments) {
  const Question* const asked = is_datagram_ ? questions_.find(call.xid) : nullptr;
  return asked != nullptr && asked->version == call.version && asked->procedure == call.procedure &&
         asked->handle == as_text(arguments.handle);
}

std::optional<FileData> Dialogue::call_with_arguments(const Call& call, const Procedure& procedure,
                                                      ByteCursor& in, const Message& message) {
  CallArguments arguments;
  if (open_protection(call.protection, in))
    arguments = parse_arguments(call.version, procedure.arguments, in);
  const bool is_broken = in.failed();
  if (is_broken) arguments = {};
  if (is_repeated(call, arguments)) return std::nullopt;
  Question question{.program = call.program,
                    .version = call.version,
                    .procedure = call.procedure,
                    .protection = call.protection,
                    .tx_id = std::nullopt,
                    .caller = call.caller,
                    .handle = SlabString{as_text(arguments.handle)},
                    .name = kept_name(arguments.name),
                    .offset = arguments.offset};
  std::optional<FileData> data;
  if (is_write(procedure.arguments) && !arguments.handle.empty()) {
    data = begin_write(call, arguments, question, in.offset());
  } else if (!is_read(procedure.arguments) || arguments.handle.empty()) {
    NfsTransaction& tx = add(call);
    if (is_broken && message.is_whole()) tx.raise(Event::malformed_data);
    tx.name = arguments.name.empty() ? SlabString{names_.name_of(arguments.handle)} : question.name;
    if (procedure.arguments == Arguments::rename) tx.new_name = kept_name(arguments.new_name);
    if (!arguments.handle.empty() && procedure.results != Results::handle)
      tx.handle_hash = hash_of(arguments.handle);
    question.tx_id = tx.id;
    transactions_.charge(tx);
  }
  questions_.put(call.xid, std::move(question));
  return data;
}

// Where nothing is heard of the server, what its answer would say is taken as said.
FileData Dialogue::begin_write(const Call& call, const CallArguments& arguments, Question& question,
                               std::size_t at) {
  FilePiece piece{.key = {.direction = Direction::to_server, .file = question.handle},
                  .xid = call.xid,
                  .offset = arguments.offset};
  question.offset = arguments.offset + arguments.count;
  question.is_last_piece = arguments.count % kRoundPiece != 0;
  transfers_.begin(piece,
                   {.version = call.version,
                    .procedure = call.procedure,
                    .name = names_.name_of(arguments.handle),
                    .handle_hash = hash_of(arguments.handle),
                    .caller = call.caller},
                   arguments.count, !has_replies_ && arguments.is_stable && question.is_last_piece);
  return {.at = at, .count = arguments.count, .piece = std::move(piece)};
}

// The transaction of an answered call. Where data of files were asked for in vain, there is none before.
NfsTransaction& Dialogue::answered(const Reply& reply, const Question& question) {
  NfsTransaction* tx = find(question.tx_id);
  if (tx == nullptr) {
    tx = &add({.xid = reply.xid,
               .program = question.program,
               .version = question.version,
               .procedure = question.procedure,
               .credentials = {},
               .caller = question.caller});
    const Bytes handle = as_bytes(question.handle);
    tx->name = names_.name_of(handle);
    if (!handle.empty()) tx->handle_hash = hash_of(handle);
    transactions_.charge(*tx);
  }
  tx->accepted = reply.is_accepted;
  tx->complete(Direction::to_client);
  return *tx;
}

std::optional<FileData> Dialogue::reply(const Reply& reply, ByteCursor& in, const Message& message) {
  has_replies_ = true;
  auto question = questions_.take(reply.xid);
  if (!question) return std::nullopt;
  const Procedure* const known = find_procedure_of(question->program, question->version, question->procedure);
  if (reply.is_success()) tell_body(message, in, question->version, true);
  if (question->is_compound()) return compound_reply(reply, std::move(*question), in, message);
  if (known == nullptr || !reply.is_success() || !open_protection(question->protection, in)) {
    answered(reply, *question);
    return std::nullopt;
  }
  const CallResults results = parse_results(question->version, known->results, in);
  if (in.failed()) {
    NfsTransaction& tx = answered(reply, *question);
    if (message.is_whole()) tx.raise(Event::malformed_data);
    return std::nullopt;
  }
  if (is_read(known->arguments) && results.status == 0)
    return begin_read(reply, *question, results, in.offset());
  if (is_write(known->arguments)) {
    written(reply, *question, results);
    return std::nullopt;
  }
  answered(reply, *question).status = results.status;
  learn(*question, known->results, results, in);
  return std::nullopt;
}

void Dialogue::learn(const Question& question, Results kind, const CallResults& results, ByteCursor& in) {
  if (results.status != 0) return;
  NfsTransaction* const tx = find(question.tx_id);
  if (kind == Results::handle && tx != nullptr) tx->handle_hash = hash_of(results.handle);
  names_.learn(results.handle, question.name);
  if (kind == Results::committed)
    transfers_.close({.direction = Direction::to_server, .file = question.handle},
                     tx != nullptr ? tx->xid : 0);
  if (kind != Results::listing) return;
  for (std::size_t i = 0; i < kMaxListed; ++i) {
    const auto entry = next_listed(in);
    if (!entry) return;
    names_.learn(entry->handle, as_text(entry->name));
  }
}

std::optional<FileData> Dialogue::begin_read(const Reply& reply, const Question& question,
                                             const CallResults& results, std::size_t at) {
  FilePiece piece{.key = {.direction = Direction::to_client, .file = question.handle},
                  .xid = reply.xid,
                  .offset = question.offset};
  const Bytes handle = as_bytes(question.handle);
  const bool is_end =
      results.is_end || (results.file_size &&
                         results.count >= *results.file_size - std::min(*results.file_size, question.offset));
  NfsTransaction* const tx = transfers_.begin(piece,
                                              {.version = question.version,
                                               .procedure = question.procedure,
                                               .name = names_.name_of(handle),
                                               .handle_hash = hash_of(handle),
                                               .caller = question.caller},
                                              results.count, is_end);
  if (tx == nullptr && results.count == 0) {  // an empty file, or what is behind the end of one
    answered(reply, question).status = results.status;
    return std::nullopt;
  }
  if (tx != nullptr) {
    tx->accepted = true;
    tx->status = results.status;
  }
  return FileData{.at = at, .count = results.count, .piece = std::move(piece)};
}

void Dialogue::written(const Reply& reply, const Question& question, const CallResults& results) {
  const FilePiece piece{.key = {.direction = Direction::to_server, .file = question.handle},
                        .xid = reply.xid,
                        .offset = question.offset};
  if (NfsTransaction* const tx = transfers_.shown(piece.key)) {
    tx->accepted = true;
    tx->status = results.status;
  }
  if (results.status == 0 && results.is_stable && question.is_last_piece)
    transfers_.end_at(piece, question.offset);
}

}  // namespace weir::nfs
