#include "decoders/app/bittorrent_dht/message.h"

#include "decoders/app/bittorrent_dht/bencode.h"

namespace weir::bittorrent_dht {
namespace {

// Calls `read(name)` for each name of a dictionary, which takes the value or leaves it to be passed over. False: it is none, or is
// broken.
template <class Read>
bool each_name(ByteCursor& in, Read&& read) {
  if (!take_mark(in, 'd')) return false;
  for (std::size_t i = 0; i < kMaxNames; ++i) {
    if (take_mark(in, 'e')) return true;
    const auto name = take_string(in);
    if (!name) return false;
    if (!read(*name)) skip_element(in);
    if (in.failed()) return false;
  }
  return false;
}

// Of names that come twice the last one counts.
bool read_text(ByteCursor& in, SlabString& out) {
  const auto text = take_string(in);
  if (text) out = *text;
  return text.has_value();
}

bool read_number(ByteCursor& in, std::optional<std::int64_t>& out) {
  const auto number = take_integer(in);
  if (number) out = number;
  return number.has_value();
}

bool read_peers(ByteCursor& in, SlabVector<SlabString>& out) {
  if (!take_mark(in, 'l')) return false;
  for (std::size_t i = 0; i < kMaxElements && !take_mark(in, 'e') && !in.empty(); ++i) {
    const auto peer = take_string(in);
    if (!peer) skip_element(in);
    const bool is_peer = peer && (peer->size() == 4 + 2 || peer->size() == 16 + 2);
    if (is_peer && out.size() < kMaxPeers) out.emplace_back(*peer);
  }
  return true;
}

bool read_request(ByteCursor& in, Request& out) {
  return each_name(in, [&](std::string_view name) {
    if (name == "id") return read_text(in, out.id);
    if (name == "target") return read_text(in, out.target);
    if (name == "info_hash") return read_text(in, out.info_hash);
    if (name == "token") return read_text(in, out.token);
    if (name == "port") return read_number(in, out.port);
    if (name == "implied_port") return read_number(in, out.implied_port);
    return false;
  });
}

bool read_response(ByteCursor& in, Response& out) {
  return each_name(in, [&](std::string_view name) {
    if (name == "id") return read_text(in, out.id);
    if (name == "token") return read_text(in, out.token);
    if (name == "nodes") return read_text(in, out.nodes);
    if (name == "nodes6") return read_text(in, out.nodes6);
    if (name == "values") return read_peers(in, out.peers);
    return false;
  });
}

// A list of a number and a text.
bool read_error(ByteCursor& in, Error& out) {
  if (!take_mark(in, 'l')) return false;
  const auto number = take_integer(in);
  out.number = number.value_or(0);
  const bool whole = number && read_text(in, out.text);
  for (std::size_t i = 0; i < kMaxElements && !take_mark(in, 'e') && !in.empty(); ++i) skip_element(in);
  return whole;
}

bool has_all(const Message& m, std::string_view kind) {
  if (m.transaction_id.empty()) return false;
  if (kind == "q") return m.request && !m.request_type.empty() && !m.request->id.empty();
  if (kind == "r") return m.response && !m.response->id.empty();
  return kind == "e" && m.error;
}

}  // namespace

std::size_t Message::held() const {
  std::size_t bytes = transaction_id.capacity() + client_version.capacity() + request_type.capacity();
  if (request)
    bytes += request->id.capacity() + request->target.capacity() + request->info_hash.capacity() +
             request->token.capacity();
  if (response) {
    bytes += response->id.capacity() + response->token.capacity() + response->nodes.capacity() +
             response->nodes6.capacity() + response->peers.capacity() * sizeof(SlabString);
    for (const SlabString& peer : response->peers) bytes += peer.capacity();
  }
  if (error) bytes += error->text.capacity();
  return bytes;
}

bool parse_message(Bytes datagram, Message& out) {
  ByteCursor in{datagram};
  SlabString kind;
  bool parts_whole = true;
  const bool whole = each_name(in, [&](std::string_view name) {
    if (name == "t") return read_text(in, out.transaction_id);
    if (name == "v") return read_text(in, out.client_version);
    if (name == "y") return read_text(in, kind);
    if (name == "q") return read_text(in, out.request_type);
    if (name == "a") parts_whole = read_request(in, out.request.emplace()) && parts_whole;
    if (name == "r") parts_whole = read_response(in, out.response.emplace()) && parts_whole;
    if (name == "e") parts_whole = read_error(in, out.error.emplace()) && parts_whole;
    return (name == "a" || name == "r" || name == "e") && parts_whole;
  });
  return whole && parts_whole && has_all(out, kind);
}

}  // namespace weir::bittorrent_dht
