// The compounds of NFS 4 in a dialogue: operations of a call, one behind the other, and their results.
#include <algorithm>

#include "decoders/app/nfs/dialogue.h"
#include "decoders/text.h"

namespace weir::nfs {
namespace {

constexpr std::uint32_t kNewestMinorVersion = 2;

bool is_read_on(std::string_view fields) {
  return fields.find('-') == std::string_view::npos;
}

std::size_t padding_of(std::uint32_t count) {
  return (4 - count % 4) % 4;
}

}  // namespace

std::optional<std::uint32_t> Current::hash() const {
  return handle.empty() ? std::nullopt : std::optional(hash_of(as_bytes(handle)));
}

// Where an operation goes. What it opens or makes has no handle that is known yet.
void Dialogue::go_to(Current& current, Current& saved, Operation operation, Bytes handle,
                     std::string_view name) {
  switch (operation) {
    case Operation::putfh:
      current = {.handle = SlabString{as_text(handle)}, .name = SlabString{names_.name_of(handle)}};
      return;
    case Operation::putrootfh:
    case Operation::putpubfh:
    case Operation::lookupp: current = {}; return;
    case Operation::savefh: saved = current; return;
    case Operation::restorefh: current = saved; return;
    case Operation::lookup:
    case Operation::create:
    case Operation::open:
      if (!name.empty()) current = {.handle = {}, .name = SlabString{name.substr(0, kMaxName)}};
      return;
    default: return;
  }
}

bool Dialogue::goes_on_to_data(Direction d, Bytes rest) const {
  const auto& walk = walks_[index(d)];
  if (!walk) return false;
  ByteCursor in{rest};
  in.skip(std::min(walk->padding, in.remaining()));
  return reaches_data(d == Direction::to_client, walk->operations, in);
}

std::optional<FileData> Dialogue::go_on(Direction d, const Message& rest) {
  auto& walk = walks_[index(d)];
  if (!walk) return std::nullopt;
  ByteCursor in{rest.front};
  in.skip(std::min(walk->padding, in.remaining()));
  walk->padding = 0;
  auto data = d == Direction::to_server ? walk_call(*walk, in, rest) : walk_reply(*walk, in, rest);
  if (!data) end_message(d);
  return data;
}

void Dialogue::end_message(Direction d) {
  auto& walk = walks_[index(d)];
  if (!walk) return;
  if (d == Direction::to_server)
    end_call(*walk);
  else
    end_reply(*walk);
  walk.reset();
}

std::optional<FileData> Dialogue::compound_call(const Call& call, ByteCursor& in, const Message& message) {
  Walk& walk = walks_[index(Direction::to_server)].emplace();
  walk.xid = call.xid;
  walk.question = {.program = call.program,
                   .version = call.version,
                   .procedure = call.procedure,
                   .protection = call.protection,
                   .tx_id = {},
                   .caller = call.caller,
                   .handle = {},
                   .name = {}};
  std::optional<FileData> data;
  if (open_protection(call.protection, in)) {
    const CompoundHeader header = parse_compound(false, in);
    walk.is_unsupported = header.minor_version > kNewestMinorVersion;
    walk.operations = std::min(header.operations, kMaxOperations);
    data = walk_call(walk, in, message);
  }
  if (!data) end_message(Direction::to_server);
  return data;
}

std::optional<FileData> Dialogue::walk_call(Walk& walk, ByteCursor& in, const Message& message) {
  bool is_broken = in.failed();
  while (walk.operations > 0 && !is_broken) {
    --walk.operations;
    const OperationRow* const row = find_operation(parse_operation_head(false, in).number);
    is_broken = in.failed();
    if (row == nullptr) break;
    OperationParts parts = parse_fields(row->arguments, in);
    if (in.failed()) {
      is_broken = is_read_on(row->arguments);
      parts = {};
      walk.operations = 0;
    }
    if (auto data = operation(walk, *row, parts, in.offset())) return data;
  }
  if (is_broken && message.is_whole()) {
    end_call(walk);
    if (NfsTransaction* const tx = find(walk.last_tx)) tx->raise(Event::malformed_data);
    walks_[index(Direction::to_server)].reset();
  }
  return std::nullopt;
}

std::optional<FileData> Dialogue::operation(Walk& walk, const OperationRow& row, const OperationParts& parts,
                                            std::size_t at) {
  Step step{.operation = static_cast<Operation>(row.number),
            .handle = SlabString{as_text(parts.handle)},
            .name = SlabString{as_text(parts.name).substr(0, kMaxName)},
            .offset = parts.offset};
  std::optional<FileData> data;
  if (row.weight == Weight::act) act(walk, step, row, parts);
  if (row.weight < Weight::act) look(walk, row, parts);
  if (row.weight == Weight::data) {
    if (!walk.has_data) walk.question.procedure = row.number;
    walk.has_data = true;
    walk.question.handle = walk.current.handle;
    walk.question.name = walk.current.name;
  }
  if (parts.has_data) data = operation_write(walk, step, parts, at);
  go_to(walk.current, walk.saved, step.operation, parts.handle, as_text(parts.name));
  if (!has_replies_ && step.operation == Operation::close)
    for (const Direction d : {Direction::to_server, Direction::to_client})
      transfers_.close(walk.current.key(d), walk.xid);
  keep(walk, std::move(step));
  return data;
}

void Dialogue::keep(Walk& walk, Step&& step) {
  if (walk.question.steps.size() >= kMaxSteps) {
    if (step.tx_id) walk.question.more_tx.push_back(*step.tx_id);
    return;
  }
  const std::size_t bytes = step.handle.size() + step.name.size();
  if (bytes > kMaxStepText - walk.text_bytes) step.handle = step.name = {};
  walk.text_bytes += step.handle.size() + step.name.size();
  walk.question.steps.push_back(std::move(step));
}

void Dialogue::act(Walk& walk, Step& step, const OperationRow& row, const OperationParts& parts) {
  NfsTransaction& tx = add({.xid = walk.xid,
                            .program = walk.question.program,
                            .version = walk.question.version,
                            .procedure = row.number,
                            .credentials = {},
                            .caller = walk.question.caller});
  tx.name = parts.name.empty() ? walk.current.name : step.name;
  tx.handle_hash = walk.current.hash();
  if (step.operation == Operation::rename)
    tx.new_name = SlabString{as_text(parts.new_name).substr(0, kMaxName)};
  step.tx_id = walk.last_tx = tx.id;
  transactions_.charge(tx);
}

// The last step of a path is what its compound is about.
void Dialogue::look(Walk& walk, const OperationRow& row, const OperationParts& parts) {
  const Weight most = walk.subject != nullptr ? walk.subject->weight : Weight::plumb;
  if (walk.subject != nullptr && (row.weight < most || (row.weight == most && most != Weight::walk))) return;
  walk.subject = &row;
  walk.subject_name =
      parts.name.empty() ? walk.current.name : SlabString{as_text(parts.name).substr(0, kMaxName)};
  walk.subject_hash =
      row.number == static_cast<std::uint32_t>(Operation::lookup) ? std::nullopt : walk.current.hash();
}

FileData Dialogue::operation_write(Walk& walk, Step& step, const OperationParts& parts, std::size_t at) {
  FilePiece piece{.key = walk.current.key(Direction::to_server), .xid = walk.xid, .offset = parts.offset};
  step.offset = parts.offset + parts.count;
  step.is_last_piece = parts.count % kRoundPiece != 0;
  transfers_.begin(piece,
                   {.version = walk.question.version,
                    .procedure = static_cast<std::uint32_t>(Operation::write),
                    .name = walk.current.name,
                    .handle_hash = walk.current.hash(),
                    .caller = walk.question.caller},
                   parts.count, !has_replies_ && parts.is_stable && step.is_last_piece);
  walk.padding = padding_of(parts.count);
  return {.at = at, .count = parts.count, .piece = std::move(piece)};
}

void Dialogue::end_call(Walk& walk) {
  if (!walk.last_tx && !walk.has_data) {
    NfsTransaction& tx =
        add({.xid = walk.xid,
             .program = walk.question.program,
             .version = walk.question.version,
             .procedure = walk.subject != nullptr ? walk.subject->number : walk.question.procedure,
             .credentials = {},
             .caller = walk.question.caller});
    tx.name = walk.subject_name;
    tx.handle_hash = walk.subject_hash;
    transactions_.charge(tx);
    walk.question.tx_id = walk.last_tx = tx.id;
  }
  NfsTransaction* const last = find(walk.last_tx);
  if (walk.is_unsupported && last != nullptr) last->raise(Event::unsupported_version);
  if (last != nullptr) {
    walk.question.holder = last->id;
    last->waiting = walk.question.held();
    transactions_.charge(*last);
  }
  questions_.put(walk.xid, std::move(walk.question));
}

std::optional<FileData> Dialogue::compound_reply(const Reply& reply, Question&& question, ByteCursor& in,
                                                 const Message& message) {
  Walk& walk = walks_[index(Direction::to_client)].emplace();
  walk.question = std::move(question);
  walk.reply = reply;
  std::optional<FileData> data;
  if (reply.is_success() && open_protection(walk.question.protection, in)) {
    const CompoundHeader header = parse_compound(true, in);
    walk.status = header.status;
    walk.operations = std::min(header.operations, kMaxOperations);
    data = walk_reply(walk, in, message);
  }
  if (!data) end_message(Direction::to_client);
  return data;
}

std::optional<FileData> Dialogue::walk_reply(Walk& walk, ByteCursor& in, const Message& message) {
  const auto& steps = walk.question.steps;
  bool is_broken = in.failed();
  while (walk.operations > 0 && !is_broken && walk.step < steps.size()) {
    --walk.operations;
    const OperationHead head = parse_operation_head(true, in);
    const Step& step = steps[walk.step++];
    const OperationRow* const row = find_operation(static_cast<std::uint32_t>(step.operation));
    is_broken = in.failed() || head.number != static_cast<std::uint32_t>(step.operation);
    if (is_broken || row == nullptr) break;
    if (NfsTransaction* const tx = find(step.tx_id)) tx->status = head.status;
    if (head.status != 0) {
      result_failed(walk, step, head.status);
      break;
    }
    const OperationParts parts = parse_fields(row->results, in);
    is_broken = in.failed() && is_read_on(row->results);
    if (in.failed()) break;
    if (auto data = result(walk, step, parts, in.offset())) return data;
  }
  if (is_broken && message.is_whole()) raise(Event::malformed_data);
  return std::nullopt;
}

std::optional<FileData> Dialogue::result(Walk& walk, const Step& step, const OperationParts& parts,
                                         std::size_t at) {
  Current& current = walk.current;
  go_to(current, walk.saved, step.operation, as_bytes(step.handle), step.name);
  switch (step.operation) {
    case Operation::getfh: {
      names_.learn(parts.handle, current.name);
      current.handle = as_text(parts.handle);
      NfsTransaction* const tx = find(walk.question.tx_id);
      if (tx != nullptr && tx->procedure == static_cast<std::uint32_t>(Operation::lookup))
        tx->handle_hash = current.hash();
      return std::nullopt;
    }
    case Operation::read: return result_read(walk, step, parts, at);
    case Operation::write: {
      const FilePiece piece{
          .key = current.key(Direction::to_server), .xid = walk.reply.xid, .offset = step.offset};
      if (NfsTransaction* const tx = transfers_.shown(piece.key)) {
        tx->accepted = true;
        tx->status = 0;
      }
      if (parts.is_stable && step.is_last_piece) transfers_.end_at(piece, step.offset);
      return std::nullopt;
    }
    case Operation::commit:
      transfers_.close(current.key(Direction::to_server), walk.reply.xid);
      return std::nullopt;
    case Operation::close:
      for (const Direction d : {Direction::to_server, Direction::to_client})
        transfers_.close(current.key(d), walk.reply.xid);
      return std::nullopt;
    case Operation::readdir: {
      ByteCursor entries{parts.listing};
      for (std::size_t i = 0; i < kMaxListed; ++i) {
        const auto entry = next_listed4(entries);
        if (!entry) break;
        names_.learn(entry->handle, as_text(entry->name));
      }
      return std::nullopt;
    }
    default: return std::nullopt;
  }
}

std::optional<FileData> Dialogue::result_read(Walk& walk, const Step& step, const OperationParts& parts,
                                              std::size_t at) {
  FilePiece piece{
      .key = walk.current.key(Direction::to_client), .xid = walk.reply.xid, .offset = step.offset};
  NfsTransaction* const tx = transfers_.begin(piece,
                                              {.version = walk.question.version,
                                               .procedure = static_cast<std::uint32_t>(Operation::read),
                                               .name = walk.current.name,
                                               .handle_hash = walk.current.hash(),
                                               .caller = walk.question.caller},
                                              parts.count, parts.is_end);
  if (tx != nullptr) {
    tx->accepted = true;
    tx->status = 0;
  } else if (parts.count == 0) {
    result_failed(walk, step, 0);
  }
  walk.padding = padding_of(parts.count);
  return FileData{.at = at, .count = parts.count, .piece = std::move(piece)};
}

// Nothing of a file comes of an operation that was to read or write it.
void Dialogue::result_failed(Walk& walk, const Step& step, std::uint32_t status) {
  if (step.operation == Operation::write) {
    if (NfsTransaction* const tx = transfers_.shown(walk.current.key(Direction::to_server))) {
      tx->accepted = true;
      tx->status = status;
    }
  }
  if (step.operation != Operation::read) return;
  NfsTransaction& tx = add({.xid = walk.reply.xid,
                            .program = walk.question.program,
                            .version = walk.question.version,
                            .procedure = static_cast<std::uint32_t>(step.operation),
                            .credentials = {},
                            .caller = walk.question.caller});
  tx.name = walk.current.name;
  tx.handle_hash = walk.current.hash();
  tx.accepted = true;
  tx.status = status;
  tx.complete(Direction::to_client);
  transactions_.charge(tx);
}

void Dialogue::end_reply(Walk& walk) {
  const auto answer = [&](NfsTransaction& tx) {
    tx.accepted = walk.reply.is_accepted;
    tx.complete(Direction::to_client);
  };
  for (const Step& step : walk.question.steps)
    if (NfsTransaction* const tx = find(step.tx_id)) answer(*tx);
  for (const std::uint64_t id : walk.question.more_tx)
    if (NfsTransaction* const tx = find(id)) answer(*tx);
  if (NfsTransaction* const tx = find(walk.question.tx_id)) {
    answer(*tx);
    if (walk.reply.is_success() && walk.question.protection != Protection::hidden) tx->status = walk.status;
  }
  if (NfsTransaction* const holder = find(walk.question.holder)) {
    holder->waiting = 0;
    transactions_.charge(*holder);
  }
  const bool has_none =
      !walk.question.tx_id && std::none_of(walk.question.steps.begin(), walk.question.steps.end(),
                                           [](const Step& s) { return s.tx_id.has_value(); });
  if (has_none && !walk.reply.is_success()) answered(walk.reply, walk.question);
}

}  // namespace weir::nfs
