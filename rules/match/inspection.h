// What a check may look at: plain structs that the engine fills for each packet.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "decoders/app/app_proto.h"
#include "decoders/packet.h"
#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir {
class TransactionAttachment;  // decoders/app/transaction.h
}

namespace weir::rules {

class SharedState;  // rules/state/shared_state.h
class Turn;         // rules/values/turn.h

// Per-flow variables of rules; part of the engine's flow. Ids are given by the RuleSet's name tables.
class FlowVars {
 public:
  [[nodiscard]] bool bit(std::uint32_t id) const {
    return id / 64 < bits_.size() && ((bits_[id / 64] >> (id % 64)) & 1U) != 0;
  }
  void set_bit(std::uint32_t id) {
    if (id / 64 >= bits_.size()) bits_.resize(id / 64 + 1);
    bits_[id / 64] |= std::uint64_t{1} << (id % 64);
  }
  void clear_bit(std::uint32_t id) {
    if (id / 64 < bits_.size()) bits_[id / 64] &= ~(std::uint64_t{1} << (id % 64));
  }
  // flowint: none until set.
  [[nodiscard]] const std::uint32_t* integer(std::uint32_t id) const {
    for (const Integer& v : integers_)
      if (v.id == id) return &v.value;
    return nullptr;
  }
  void set_integer(std::uint32_t id, std::uint32_t value) {
    for (Integer& v : integers_)
      if (v.id == id) { v.value = value; return; }
    integers_.push_back({id, value});
  }
  // What an expression captured; none further once there are kMaxTexts of other names.
  void set_text(std::uint32_t id, std::string_view value) {
    for (Text& t : rare().texts)
      if (t.id == id) { t.value.assign(value); return; }
    if (rare_->texts.size() < kMaxTexts) rare_->texts.push_back({id, SlabString(value)});
  }
  // What the entropy of a buffer came to when a rule asked for it last; none further once there are kMaxEntropies of other
  // buffers. `buffer` lives as long as the program.
  void set_entropy(std::string_view buffer, double bits) {
    for (Entropy& e : rare().entropies)
      if (e.buffer == buffer) {
        e.bits = bits;
        return;
      }
    if (rare_->entropies.size() < kMaxEntropies) rare_->entropies.push_back({buffer, bits});
  }
  // Calls f(id) for every bit that is set.
  template <class F>
  void for_each_bit(F&& f) const {
    for (std::uint32_t i = 0; i < bits_.size() * 64; ++i)
      if (bit(i)) f(i);
  }
  template <class F>
  void for_each_integer(F&& f) const {
    for (const Integer& v : integers_) f(v.id, v.value);
  }
  // Calls f(id, text) in the order in which they were first set.
  template <class F>
  void for_each_text(F&& f) const {
    if (rare_ == nullptr) return;
    for (const Text& t : rare_->texts) f(t.id, std::string_view(t.value));
  }
  // Calls f(buffer, bits a byte), the same.
  template <class F>
  void for_each_entropy(F&& f) const {
    if (rare_ == nullptr) return;
    for (const Entropy& e : rare_->entropies) f(e.buffer, e.bits);
  }

 private:
  static constexpr std::size_t kMaxTexts = 32, kMaxEntropies = 16;
  struct Integer { std::uint32_t id, value; };
  struct Text {
    std::uint32_t id;
    SlabString value;
  };
  struct Entropy {
    std::string_view buffer;
    double bits;
  };
  struct Rare : Slabbed {
    SlabVector<Text> texts;
    SlabVector<Entropy> entropies;
  };
  Rare& rare() {
    if (rare_ == nullptr) rare_ = std::make_unique<Rare>();
    return *rare_;
  }
  SlabVector<std::uint64_t> bits_;
  SlabVector<Integer> integers_;
  std::unique_ptr<Rare> rare_;  // few flows have any of it
};

// Facts about the packet's flow at this packet.
struct FlowFacts {
  bool established = false;      // both sides have been seen (UDP) or the handshake is complete (TCP)
  bool has_tcp_session = false;  // the stream engine follows this connection
  std::array<std::uint64_t, 2> packets{}, bytes{};
  std::array<std::uint64_t, 2> stream_bytes{};  // payload bytes seen by the stream engine, by direction
  TimeUs start = 0, last = 0;
  AppProto protocol{};
  std::array<AppProto, 2> protocol_by_direction{};
  AppProto original_protocol{};  // before a protocol change; unknown when there was none
  FlowVars* vars = nullptr;
};

// Everything about the packet under inspection. `flow` is null for packets that carry no flow.
struct PacketContext {
  const Packet& packet;
  Direction direction = Direction::to_server;
  FlowFacts* flow = nullptr;
  bool stream_added = false;  // its payload went into the stream, where it is inspected
  std::vector<std::string_view> const* app_events = nullptr;  // engine events such as APPLAYER_..., by rule name
  std::vector<Anomaly> const* stream_events = nullptr;        // of this packet
  SharedState* shared = nullptr;                              // xbits and host bits; never null in a run
  Turn* turn = nullptr;  // to be awaited before `shared` is used; null: no need to
  TransactionAttachment* transaction = nullptr;  // for effects: of the one that the rule matched on, or null
};

}  // namespace weir::rules
