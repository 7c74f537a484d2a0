#include "decoders/app/smb/smb1_dialogue.h"

#include <string_view>

namespace weir::smb {
namespace {

constexpr std::string_view kSetFile = "SET_FILE_INFO", kSetPath = "SET_PATH_INFO";
constexpr std::string_view kDisposition = "Set Disposition Information", kRename = "Rename Information";

}  // namespace

// An offer of dialects is of no session, and to no tree.
Origin Smb1Dialogue::origin_of(const smb1::Header& header, std::uint8_t command) {
  const bool is_first = command == smb1::negotiate;
  return {.version = Version::smb1,
          .command = command,
          .request = std::uint64_t{header.process_id} << 16U | header.multiplex_id,
          .session_id = is_first ? std::uint16_t{0} : header.user_id,
          .tree_id = is_first ? std::uint16_t{0} : header.tree_id};
}

void Smb1Dialogue::request(const smb1::Header& header, Bytes message) {
  conversation_.see_request();
  auto block = smb1::first_block(message, header);
  if (!block) return malformed();
  for (unsigned i = 0; block && i < smb1::kMaxChained; ++i) {
    request_block(origin_of(header, block->command), *block);
    block = smb1::is_andx(block->command) ? smb1::next_block(*block) : std::nullopt;
  }
}

void Smb1Dialogue::request_block(const Origin& origin, const smb1::Block& block) {
  switch (block.command) {
    case smb1::negotiate: return negotiate(origin, block);
    case smb1::session_setup_andx: return session_setup(origin, block);
    case smb1::tree_connect_andx: return tree_connect(origin, block);
    case smb1::nt_create_andx: return create(origin, block);
    case smb1::rename: return rename(origin, block);
    case smb1::close: return close(origin, block);
    case smb1::read_andx: return read(origin, block);
    case smb1::read:
    case smb1::lock_and_read: conversation_.ask(origin); return read(origin, block);
    case smb1::write_andx: return write(origin, block);
    case smb1::write:
    case smb1::write_and_unlock:
      write(origin, block);
      conversation_.ask(origin);
      return;
    case smb1::write_and_close: write(origin, block); return close(origin, block);
    case smb1::trans: return trans(origin, block);
    case smb1::trans_secondary:
      trans_secondary(origin, block);
      conversation_.ask(origin);
      return;
    case smb1::trans2: return trans2(origin, block);
    case smb1::nt_cancel: conversation_.add(origin); return;
    default: conversation_.ask(origin);
  }
}

void Smb1Dialogue::negotiate(const Origin& origin, const smb1::Block& block) {
  bool is_malformed = false;
  SmbTransaction& tx =
      conversation_.ask(origin, Negotiation{.client_dialects = smb1::parse_dialects(block, is_malformed)});
  if (is_malformed) tx.raise(Event::negotiate_malformed_dialects);
  if (conversation_.negotiates_again()) tx.raise(Event::duplicate_negotiate);
  conversation_.await_any_version(origin);
}

void Smb1Dialogue::session_setup(const Origin& origin, const smb1::Block& block) {
  auto said = smb1::parse_session_setup_request(block);
  if (!said) return malformed();
  SmbTransaction& tx = conversation_.ask(origin);
  SessionSetup about;
  if (!said->token.empty()) conversation_.read_token(tx, about, said->token);
  about.client = std::move(said->software);
  tx.content = std::move(about);
  conversation_.charge(tx);
}

void Smb1Dialogue::tree_connect(const Origin& origin, const smb1::Block& block) {
  auto about = smb1::parse_tree_connect_request(block);
  if (!about) return malformed();
  about->is_pipe = is_ipc(about->share) || about->requested_service == "IPC";
  conversation_.ask(origin, std::move(*about));
}

void Smb1Dialogue::create(const Origin& origin, const smb1::Block& block) {
  auto about = smb1::parse_create_request(block);
  if (!about) return malformed();
  conversation_.ask(origin, std::move(*about));
}

void Smb1Dialogue::rename(const Origin& origin, const smb1::Block& block) {
  auto about = smb1::parse_rename_request(block);
  if (!about) return malformed();
  conversation_.ask(origin, std::move(*about));
}

void Smb1Dialogue::close(const Origin& origin, const smb1::Block& block) {
  const auto id = smb1::parse_file_id(block);
  if (!id) return malformed();
  conversation_.close(*id);
  pipes_.close(*id);
  conversation_.ask(origin);
}

void Smb1Dialogue::read(const Origin& origin, const smb1::Block& block) {
  const auto asked = smb1::parse_read_request(block);
  if (!asked) return malformed();
  conversation_.remember(origin, asked->id, asked->offset);
  conversation_.check_read_request(origin, asked->length);
}

void Smb1Dialogue::write(const Origin& origin, const smb1::Block& block) {
  const auto said = smb1::parse_write_request(block);
  if (!said) return malformed();
  if (pipes_.is_pipe(origin, said->data)) {
    pipes_.write(origin, said->id, said->data);
    return;
  }
  conversation_.remember(origin, said->id);
  conversation_.check_write_request(origin, said->length);
  piece(origin, {.direction = Direction::to_server, .id = said->id, .offset = said->offset}, said->length,
        said->data, {});
}

void Smb1Dialogue::piece(const Origin& origin, FilePiece piece, std::uint32_t length, Bytes data,
                         const std::optional<Status>& status) {
  conversation_.begin_piece(origin, piece, data.size(), status);
  conversation_.piece_bytes(piece, data);
  if (data.size() < length) conversation_.piece_gap(piece, length - data.size());
}

void Smb1Dialogue::trans(const Origin& origin, const smb1::Block& block) {
  const auto asked = smb1::parse_trans_request(block);
  if (!asked) return malformed();
  if (asked->subcommand != smb1::kTransactPipe) return;
  pipes_.write(origin, asked->pipe, asked->data);
  unfinished_.take(origin.request);
  if (asked->data.size() < asked->whole_data) unfinished_.put(origin.request, asked->pipe, kMaxUnfinished);
}

// What goes on is the request with the same number, and its answer is the one to both.
void Smb1Dialogue::trans_secondary(const Origin& origin, const smb1::Block& block) {
  const auto data = smb1::parse_trans_secondary(block);
  if (!data) return malformed();
  const FileId* const pipe = unfinished_.find(origin.request);
  if (pipe == nullptr) return;
  Origin begun = origin;
  begun.command = smb1::trans;
  pipes_.write(begun, *pipe, *data);
}

void Smb1Dialogue::trans2(const Origin& origin, const smb1::Block& block) {
  const auto asked = smb1::parse_trans_request(block);
  if (!asked) return malformed();
  const bool by_path = asked->subcommand == smb1::kSetPathInfo;
  if (!by_path && asked->subcommand != smb1::kSetFileInfo) return;
  const auto info = smb1::parse_set_info(block, *asked);
  if (!info) return malformed();
  set_info(origin, *info, by_path, asked->data);
}

void Smb1Dialogue::set_info(const Origin& origin, const smb1::SetInfoRequest& asked, bool by_path,
                            Bytes data) {
  SlabString name = asked.id ? conversation_.name_of(*asked.id) : asked.path;
  const std::string_view subcommand = by_path ? kSetPath : kSetFile;
  if (asked.level == smb1::kSetRename) {
    auto to = smb1::parse_rename_information(data);
    if (!to) return malformed();
    conversation_.ask(origin, Rename{.from = std::move(name),
                                     .to = std::move(*to),
                                     .id = asked.id,
                                     .info_class = {},
                                     .level = kRename,
                                     .subcommand = subcommand});
  } else if (asked.level == smb1::kSetDisposition || asked.level == smb1::kSetDispositionPassThrough) {
    conversation_.ask(origin, SetInfo{.name = std::move(name),
                                      .id = asked.id,
                                      .delete_on_close = !data.empty() && data.front() != 0,
                                      .subcommand = subcommand,
                                      .level = kDisposition});
  }
}

}  // namespace weir::smb
