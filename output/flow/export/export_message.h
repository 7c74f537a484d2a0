// What an encoder makes of records, and a sender takes: whole messages.
#pragma once

#include <cstdint>
#include <span>

#include "decoders/flow/record.h"

namespace weir::output {

enum class ExportFormat : std::uint8_t { netflow5, netflow9, ipfix, ipfix_biflow };

constexpr bool is_ipfix(ExportFormat format) {
  return format == ExportFormat::ipfix || format == ExportFormat::ipfix_biflow;
}

inline constexpr std::size_t kMinMtu = 512, kMaxMtu = 65'507;  // what a datagram can have

// Records of flows, each of one direction unless the format has both in one, and what they count.
struct ExportTotals {
  std::uint64_t records = 0, packets = 0, bytes = 0;
  void add(const flow::Side& side) {
    packets += side.packets;
    bytes += side.bytes;
  }
  void add(const ExportTotals& other) {
    records += other.records;
    packets += other.packets;
    bytes += other.bytes;
  }
};

// Its bytes are the encoder's, for the length of the call; who sends it may change them.
struct ExportMessage {
  std::span<std::uint8_t> bytes;
  ExportTotals flows{};            // in it
  std::uint32_t data_records = 0;  // those, and records of options: what the sequence number of IPFIX counts
  // Nothing but templates and options, which the encoder writes again when a session begins.
  bool is_head = false;
};

// What an encoder has done. Records here are those that it was given.
struct EncoderCounters {
  // Given, and not to be said in this protocol: IPv6 in NetFlow v5, counters and sampling rates that are too large for it, texts
  // that make a record longer than a message.
  std::uint64_t left_out_v6 = 0, left_out_large = 0;
};

// What is said in options of the meter and the sender, as of now.
struct ExportFacts {
  ExportTotals observed;              // what was given
  std::uint64_t ignored_packets = 0;  // that the meter did not see
  ExportTotals not_sent;
  std::uint64_t messages = 0, octets = 0, flows = 0;  // sent
};

class MessageTaker {
 public:
  virtual ~MessageTaker() = default;
  virtual void message(const ExportMessage& message) = 0;
  [[nodiscard]] virtual ExportFacts facts() const = 0;
};

// Turns records into messages. Used by one thread; allocates nothing for a record.
class FlowEncoder {
 public:
  virtual ~FlowEncoder() = default;
  // `now`: of the messages.
  virtual void add(const flow::Record& record, TimeUs now) = 0;
  // Hands on what there is.
  virtual void flush(TimeUs now) = 0;
  // A new session begins: numbers start again, and templates are said anew, at once.
  virtual void begin_session(TimeUs now) = 0;
  // The last words of a session.
  virtual void end_session(TimeUs now) = 0;
  [[nodiscard]] const EncoderCounters& counters() const { return counters_; }

 protected:
  EncoderCounters counters_;
};

}  // namespace weir::output
