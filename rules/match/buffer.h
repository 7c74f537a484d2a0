// A buffer: a named span that a rule can look at ("http.uri", "dns.query", "file.data", "ipv4.hdr").
//
// A BufferSpec is a constant, one per name: a row in the keyword file of its protocol. It has a source for each protocol
// (and direction) that can fill it. The row is the sticky keyword that selects the buffer, too (rules/compile/keyword_table.h):
// to add a buffer, add a row. Frames are buffers, too: rules/match/frame_buffers.h makes them of the protocols' rows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decoders/app/app_proto.h"
#include "decoders/app/frame.h"
#include "decoders/app/requested.h"
#include "decoders/app/streamed_body.h"
#include "decoders/app/transaction.h"
#include "decoders/packet.h"
#include "decoders/text.h"
#include "decoders/types.h"
#include "rules/match/value_form.h"

namespace weir::rules {

// Memory for buffers that have to be put together (header names, joined values): reused from call to call.
// A view into it is valid until the detection run over this packet ends.
class BufferArena {
 public:
  // A cleared string to build a value in; the reference stays valid until reset().
  std::string& next();
  void reset() { used_ = 0; }

 private:
  std::vector<std::unique_ptr<std::string>> strings_;
  std::size_t used_ = 0;
};

struct BufferRequest {
  const Transaction& tx;
  Direction direction;
  std::uint32_t index;  // which instance; 0 first. Buffers with one instance answer none for index > 0
  BufferArena& arena;
};

// The bytes to look at, or none when this transaction has no such buffer (or no further instance). An empty but
// present buffer is a view with no bytes. Views live until the run over the packet ends.
using TxBufferFunction = std::optional<BodyView> (*)(const BufferRequest&);
using PacketBufferFunction = std::optional<Bytes> (*)(const Packet&);

struct BufferSource {
  AppProto protocol;
  Direction direction;
  std::uint8_t progress;  // the side's progress at which the buffer is there
  TxBufferFunction get;
  bool streamed = false;  // grows over several runs (bodies, files): inspected chunk by chunk
};

// A view of all there is.
inline std::optional<BodyView> whole(Bytes b) {
  return BodyView{b, 0, true};
}
inline std::optional<BodyView> whole(std::string_view s) {
  return whole(as_bytes(s));
}

// Makes a buffer of a function that gives a text of the transaction, as seen from the side that sends in that direction:
// text(const Transaction&, Direction) -> std::string_view. An empty text is none.
template <auto text>
std::optional<BodyView> tx_text(const BufferRequest& r) {
  if (r.index != 0) return std::nullopt;
  const std::string_view value = text(r.tx, r.direction);
  return value.empty() ? std::nullopt : whole(value);
}

// The usual lists of sources: a buffer that one side has, or both, from some progress on.
template <AppProto protocol, Direction direction, auto progress, TxBufferFunction get, bool streamed = false>
inline constexpr BufferSource kOneSide[] = {
    {protocol, direction, static_cast<std::uint8_t>(progress), get, streamed}};
template <AppProto protocol, auto progress_to_server, auto progress_to_client, TxBufferFunction get,
          bool streamed = false>
inline constexpr BufferSource kBothSides[] = {
    {protocol, Direction::to_server, static_cast<std::uint8_t>(progress_to_server), get, streamed},
    {protocol, Direction::to_client, static_cast<std::uint8_t>(progress_to_client), get, streamed}};

// The frames of one type of a protocol, each of which is looked at by itself.
struct FrameSource {
  AppProto protocol{};
  FrameType type = 0;
};

// Has sources, or `packet`, or is a frame.
struct BufferSpec {
  std::string_view name;      // of the keyword that selects it; messages call it so, too
  std::string_view summary;   // one line for the manual
  std::string_view alias;     // older spelling of the keyword, or empty
  std::string_view modifier;  // old keyword that moves the content before it to this buffer, or empty
  std::span<const BufferSource> sources;  // empty for packet buffers and frames
  PacketBufferFunction packet = nullptr;  // set for packet buffers
  bool multiple = false;                  // has instances beyond index 0
  bool on_request = false;  // the parsers of its protocols need not make it unless a rule looks at it
  // A reason to refuse a content on this buffer ("http.host is always lower case"), or empty; checked at load.
  std::string_view (*validate)(Bytes content, bool nocase) = nullptr;
  // What it means for a rule whose header leaves that open (0: nothing), and asks of files.
  std::uint8_t ip_version = 0, ip_protocol = 0;
  const ValueForm* form = nullptr;  // what its values look like; null: like anything
  // The flag of its protocols' configuration that turns it off ("hassh" of app-layer.protocols.ssh); empty: none does.
  std::string_view setting = {};
  FileFacts file_facts;
  std::optional<FrameSource> frame = std::nullopt;
};

}  // namespace weir::rules
