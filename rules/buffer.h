// A buffer: a named span that a rule can look at ("http.uri", "dns.query", "file.data", "ipv4.hdr").
//
// A BufferSpec is a constant, one per name, written in the keyword file of its protocol. It has a source for each
// protocol (and direction) that can fill it. To add a buffer: one BufferSpec, one sticky keyword that selects it
// (RuleBuilder::select_buffer), nothing else.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decoders/app/app_proto.h"
#include "decoders/app/streamed_body.h"
#include "decoders/app/transaction.h"
#include "decoders/packet.h"
#include "decoders/types.h"

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

struct BufferSpec {
  std::string_view name;
  std::span<const BufferSource> sources;      // empty for packet buffers
  PacketBufferFunction packet = nullptr;      // set for packet buffers
  bool multiple = false;                      // has instances beyond index 0
  // A reason to refuse a content on this buffer ("http.host is always lower case"), or empty; checked at load.
  std::string_view (*validate)(Bytes content, bool nocase) = nullptr;
  bool on_request = false;  // the parsers of its protocols need not make it unless a rule looks at it
};

inline std::optional<BodyView> whole(Bytes b) { return BodyView{b, 0, true}; }
inline std::optional<BodyView> whole(std::string_view s) {
  return BodyView{{reinterpret_cast<const std::uint8_t*>(s.data()), s.size()}, 0, true};
}

}  // namespace weir::rules
