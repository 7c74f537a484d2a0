// One call of DCE/RPC and its answer, put together from their fragments; or a bind, an alter context and what the server
// says to it. Plain data, that owns what it shows.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "decoders/app/dcerpc/pdu.h"
#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::dcerpc {

// What one side says in a call.
struct Part {
  PduType type{};               // of the first of its PDUs that was seen; meaningless while there are none
  std::uint32_t fragments = 0;  // so many PDUs; 0: this side has said nothing yet
  bool first_seen = false;      // the first fragment is among them
  bool done = false;            // with the last one
  bool lost = false;            // some of it was never seen
  bool little_endian = false;
  std::size_t waiting = 0;       // bytes of fragments that wait for those before them
  std::uint64_t stub_bytes = 0;  // of all fragments; `stub` holds the first of them, as many as are kept
  SlabString stub;
};

struct Call {
  explicit Call(Direction asked_in) : request_direction(asked_in) {}

  std::uint64_t key = 0;             // what its owner knows it by (Calls)
  Direction request_direction;       // of the request; servers may call back
  bool ended = false;                // nothing more comes of it
  std::array<Part, 2> parts;         // by direction
  std::uint32_t call_id = 0;         // of a datagram: the number in its activity
  std::optional<Uuid> activity;      // only of datagrams
  SlabVector<Interface> interfaces;  // of a bind or alter context
  std::uint16_t opnum = 0;           // of a request, the next one, too
  std::optional<Interface>
      interface;  // that the request goes to; none: its context was never bound, or refused

  [[nodiscard]] const Part& request() const { return parts[index(request_direction)]; }
  [[nodiscard]] Part& request() { return parts[index(request_direction)]; }
  [[nodiscard]] const Part& answer() const { return parts[index(opposite(request_direction))]; }
  [[nodiscard]] Part& answer() { return parts[index(opposite(request_direction))]; }
  // It calls an operation; otherwise it is a bind or alter context, or its request is lost.
  [[nodiscard]] bool calls_operation() const {
    return request().fragments != 0 && request().type == PduType::request;
  }
  // Bytes that it keeps besides its own size; about.
  [[nodiscard]] std::size_t held() const {
    return parts[0].stub.capacity() + parts[0].waiting + parts[1].stub.capacity() + parts[1].waiting +
           interfaces.capacity() * sizeof(Interface);
  }
};

// Where calls live: what carries DCE/RPC makes each a transaction of its flow, or a part of one.
class Calls {
 public:
  virtual ~Calls() = default;
  // A new one, asked for in that direction, with a key that no other has. The reference is good until the next call of add().
  virtual Call& add(Direction request) = 0;
  // Null when it is gone.
  virtual Call* find(std::uint64_t key) = 0;
  // Something was learnt of it: its parts say how far it has come.
  virtual void changed(Call& call) = 0;
};

struct CallLimits {
  std::size_t stub_bytes = std::size_t{1} << 20U;  // of a side of a call are kept; more are counted
  // The fields before the arguments of an answer (alloc_hint, p_cont_id, cancel_count) count as stub data, as Suricata has it over
  // TCP; over pipes they do not.
  bool counts_answer_fields = true;
};

// Calls whose answer is waited for, of one connection, pipe or flow of datagrams; when there are more, the oldest is
// ended, and an answer to it is one to nothing.
inline constexpr std::size_t kMaxOpenCalls = 64;
// Interfaces that a connection is bound to; further ones are told of, but calls to them are to no known interface.
inline constexpr std::size_t kMaxInterfaces = 1024;

}  // namespace weir::dcerpc
