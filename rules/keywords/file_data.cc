// Contents and names of files in any protocol that carries them: file.data, file.name.
#include <array>

#include "decoders/app/file.h"
#include "rules/keywords/http_buffers.h"

namespace weir::rules {
namespace {

const AppFile* file(const BufferRequest& r) {
  const FileList* files = r.tx.files(r.direction);
  return files != nullptr && r.index < files->size() ? (*files)[r.index].get() : nullptr;
}

// The files that have something to show now: one whose bytes have all been looked at, or of which too few are
// there, is left out (an empty view would satisfy negated conditions).
std::optional<BodyView> content(const BufferRequest& r) {
  const FileList* files = r.tx.files(r.direction);
  if (files == nullptr) return std::nullopt;
  std::uint32_t index = 0;
  for (const auto& f : *files) {
    const auto view = f->content == nullptr ? std::nullopt : body_view(*f->content);
    if (view && index++ == r.index) return view;
  }
  return std::nullopt;
}

std::optional<BodyView> name(const BufferRequest& r) {
  const AppFile* f = file(r);
  return f == nullptr ? std::nullopt : whole(f->name);
}

std::optional<BodyView> magic(const BufferRequest& r) {
  const AppFile* f = file(r);
  return f == nullptr ? std::nullopt : whole(f->magic);
}

constexpr BufferSource in(AppProto protocol, Direction d, TxBufferFunction get, bool streamed) {
  return {protocol, d, 0, get, streamed};
}

constexpr std::array kData{
    // Of an HTTP response it is the body, whether or not it is worth a file.
    BufferSource{AppProto::http, Direction::to_client, at(http::State::body), http_body, true},
    BufferSource{AppProto::http, Direction::to_server, at(http::State::body), content, true},
    in(AppProto::http2, Direction::to_client, content, true),
    in(AppProto::http2, Direction::to_server, content, true),
    in(AppProto::smtp, Direction::to_server, content, true),
    in(AppProto::ftp_data, Direction::to_client, content, true),
    in(AppProto::ftp_data, Direction::to_server, content, true),
    in(AppProto::smb, Direction::to_client, content, true),
    in(AppProto::smb, Direction::to_server, content, true),
    in(AppProto::nfs, Direction::to_client, content, true),
    in(AppProto::nfs, Direction::to_server, content, true),
};

template <TxBufferFunction get>
constexpr std::array kFacts{
    BufferSource{AppProto::http, Direction::to_client, at(http::State::body), get},
    BufferSource{AppProto::http, Direction::to_server, at(http::State::body), get},
    in(AppProto::http2, Direction::to_client, get, false),
    in(AppProto::http2, Direction::to_server, get, false),
    in(AppProto::smtp, Direction::to_server, get, false),
    in(AppProto::ftp_data, Direction::to_client, get, false),
    in(AppProto::ftp_data, Direction::to_server, get, false),
    in(AppProto::smb, Direction::to_client, get, false),
    in(AppProto::smb, Direction::to_server, get, false),
    in(AppProto::nfs, Direction::to_client, get, false),
    in(AppProto::nfs, Direction::to_server, get, false),
};

Compiled select_magic(RuleBuilder& rule, std::string_view) {
  rule.signature().file_facts.magic = true;
  return rule.select_buffer(buffer_file_magic);
}

}  // namespace

const BufferSpec buffer_file_data{.name = "file_data", .sources = kData, .multiple = true};
const BufferSpec buffer_file_name{.name = "file_name", .sources = kFacts<name>, .multiple = true};
const BufferSpec buffer_file_magic{.name = "file_magic", .sources = kFacts<magic>, .multiple = true};

const KeywordSpec kw_file_data = sticky<buffer_file_data>("file.data", "contents of a file");
const KeywordSpec kw_file_data_old = sticky<buffer_file_data>("file_data", "contents of a file");
const KeywordSpec kw_file_name = sticky<buffer_file_name>("file.name", "name of a file");
const KeywordSpec kw_file_magic{"file.magic", select_magic, KeywordSpec::Argument::none,
                                "libmagic's description of a file"};

}  // namespace weir::rules
