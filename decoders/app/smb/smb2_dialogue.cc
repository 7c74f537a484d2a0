#include "decoders/app/smb/smb2_dialogue.h"

#include <algorithm>
#include <string_view>

namespace weir::smb {
namespace {

bool is_of_request(const FileId& id) {
  return std::all_of(id.bytes.begin() + 8, id.bytes.end(), [](std::uint8_t b) { return b == 0xfe; });
}

constexpr std::string_view kAnyVersion = "2.??";  // a further offer follows

}  // namespace

FileId id_of_request(std::uint64_t message_id) {
  FileId out;
  out.bytes.fill(0xfe);
  for (std::size_t i = 0; i < sizeof message_id; ++i)
    out.bytes[i] = static_cast<std::uint8_t>(message_id >> 8U * i);
  return out;
}

Origin Smb2Dialogue::origin_of(Direction d, const smb2::Header& header) {
  Compound& before = compound_[index(d)];
  const bool related = header.is_related() && before.is_begun && d == Direction::to_server;
  Origin out{.version = Version::smb2,
             .command = header.command,
             .request = header.message_id,
             .session_id = related ? before.session_id : header.session_id,
             .tree_id = related ? before.tree_id : header.tree_id,
             .has_tree = !header.is_async()};
  before.is_begun = true;
  before.session_id = out.session_id;
  before.tree_id = out.tree_id;
  return out;
}

// "The previous one" in a compound, and what was used before that is none.
FileId Smb2Dialogue::file_of(Direction d, const FileId& id) {
  auto& before = compound_[index(d)].file;
  if (!id.is_previous()) before = id;
  return before.value_or(id);
}

void Smb2Dialogue::request(const Origin& origin, const smb2::Header& header, Bytes message) {
  conversation_.see_request();
  switch (header.command) {
    case smb2::negotiate: return negotiate(origin, message);
    case smb2::session_setup: return session_setup(origin, message);
    case smb2::tree_connect: return tree_connect(origin, message);
    case smb2::create: return create(origin, message);
    case smb2::close: return close(origin, message);
    case smb2::read: return read(origin, message);
    case smb2::ioctl: return ioctl(origin, message);
    case smb2::set_info: return set_info(origin, message);
    case smb2::write: return write_pipe(origin, message);
    case smb2::cancel: conversation_.add(origin); return;
    case smb2::get_info: return;  // there are many, and they say nothing
    default: conversation_.ask(origin);
  }
}

void Smb2Dialogue::negotiate(const Origin& origin, Bytes message) {
  const auto asked = smb2::parse_negotiate_request(message);
  if (!asked) return malformed();
  Negotiation about{.client_guid = asked->client_guid};
  for (const std::uint16_t dialect : asked->dialects) about.client_dialects.push_back(dialect_name(dialect));
  SmbTransaction& tx = conversation_.ask(origin, std::move(about));
  if (asked->is_malformed) tx.raise(Event::negotiate_malformed_dialects);
  if (conversation_.negotiates_again() && conversation_.dialect() != kAnyVersion)
    tx.raise(Event::duplicate_negotiate);
}

void Smb2Dialogue::session_setup(const Origin& origin, Bytes message) {
  const auto token = smb2::parse_session_setup_request(message);
  SmbTransaction& tx = conversation_.ask(origin);
  SessionSetup about;
  if (token)
    conversation_.read_token(tx, about, *token);
  else
    tx.raise(Event::malformed_data);
  tx.content = std::move(about);
  conversation_.charge(tx);
}

void Smb2Dialogue::tree_connect(const Origin& origin, Bytes message) {
  auto share = smb2::parse_tree_connect_request(message);
  if (!share) return malformed();
  const bool is_pipe = is_ipc(*share);
  conversation_.ask(origin, TreeConnect{.share = std::move(*share), .is_pipe = is_pipe});
}

void Smb2Dialogue::create(const Origin& origin, Bytes message) {
  auto about = smb2::parse_create_request(message);
  if (!about) return malformed();
  const FileId known_as = id_of_request(origin.request);
  conversation_.name(known_as, about->name);
  compound_[index(Direction::to_server)].file = known_as;
  conversation_.ask(origin, std::move(*about));
}

void Smb2Dialogue::close(const Origin& origin, Bytes message) {
  const auto said = smb2::parse_close_request(message);
  if (!said) return malformed();
  const FileId id = file_of(Direction::to_server, *said);
  if (is_of_request(id))
    conversation_.remember(origin, id);
  else
    close_file(id);
  conversation_.ask(origin);
}

void Smb2Dialogue::read(const Origin& origin, Bytes message) {
  const auto asked = smb2::parse_read_request(message);
  if (!asked) return malformed();
  conversation_.remember(origin, file_of(Direction::to_server, asked->id), asked->offset);
  conversation_.check_read_request(origin, asked->length);
}

void Smb2Dialogue::close_file(const FileId& id) {
  conversation_.close(id);
  pipes_.close(id);
}

void Smb2Dialogue::write_pipe(const Origin& origin, Bytes message) {
  const auto chunk = smb2::parse_write_request(message);
  if (!chunk) return malformed();
  pipes_.write(origin, file_of(Direction::to_server, chunk->id), smb2::data_of(*chunk, message));
}

void Smb2Dialogue::ioctl(const Origin& origin, Bytes message) {
  const auto asked = smb2::parse_ioctl_request(message);
  if (!asked) return malformed();
  const FileId id = file_of(Direction::to_server, asked->id);
  if (asked->function == smb2::kPipeTransceive && pipes_.write(origin, id, asked->data)) return;
  conversation_.ask(origin, Ioctl{.function = asked->function});
}

void Smb2Dialogue::set_info(const Origin& origin, Bytes message) {
  const auto asked = smb2::parse_set_info_request(message);
  if (!asked) return malformed();
  SlabString name = conversation_.name_of(file_of(Direction::to_server, asked->id));
  if (asked->info_type == smb2::kFileInfo && asked->info_class == smb2::kRenameInformation) {
    auto to = smb2::parse_rename_information(asked->data);
    if (!to) return malformed();
    conversation_.ask(origin, Rename{.from = std::move(name),
                                     .to = std::move(*to),
                                     .id = asked->id,
                                     .info_class = "FILE_INFO",
                                     .level = "SMB2_FILE_RENAME_INFO"});
    return;
  }
  if (asked->info_type == smb2::kFileInfo && asked->info_class == smb2::kDispositionInformation) {
    const bool is_deleted = !asked->data.empty() && asked->data.front() != 0;
    conversation_.ask(origin,
                      SetInfo{.name = std::move(name), .id = asked->id, .delete_on_close = is_deleted});
  }
}

}  // namespace weir::smb
