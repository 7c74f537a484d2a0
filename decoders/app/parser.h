// What the engine holds for the application protocol of one flow.
//
// The engine calls parse() whenever a direction has bytes that the parser has not consumed and that satisfy what
// it asked for. Streams: `data` is contiguous and starts with the first unconsumed byte. Datagrams: `data` is one
// datagram, consumed as a whole whatever the outcome says. A parser is a framer plus plain functions over whole
// messages: it consumes whole messages (bodies and files in chunks), and for the rest says how many bytes it needs.
// It keeps a scan position where it has to look for a delimiter, so that no byte is looked at twice.
//
// Never throws on input; allocation is bounded by the protocol's limits. Used by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "decoders/app/app_proto.h"
#include "decoders/app/expected_flow.h"
#include "decoders/app/frame.h"
#include "decoders/app/requested.h"
#include "decoders/app/transaction_list.h"
#include "decoders/ip_address.h"
#include "decoders/settings.h"
#include "decoders/types.h"

namespace weir {

class PartJoiner;

struct AppInput {
  Direction direction = Direction::to_server;
  Bytes data;
  std::uint64_t stream_offset = 0;  // position of data[0] in its direction's stream; 0 for datagrams
  bool eof = false;                 // nothing will follow in this direction; data may be empty
  bool is_cut = false;  // with eof: more was sent, of which nothing is looked at (stream.reassembly.depth)
  TimeUs time = 0;
  bool is_datagram = false;
  const Requested* requested = &kNothingRequested;
  std::uint16_t source_port = 0, destination_port = 0;
  FrameSink frames;                    // takes the frames in `data`
  const IpAddress* client = nullptr;   // the flow's; null: not known
  FlowAnnouncer* announcer = nullptr;  // takes the flows that this one announces; null: nobody does
  PartJoiner* joiner = nullptr;  // puts files together that come in parts (part_joiner.h); null: nobody does
};

struct ParseOutcome {
  enum class Status : std::uint8_t {
    ok,
    error,   // cannot go on: this flow's application layer is given up (what is parsed stays)
    bypass,  // what follows is encrypted: track the connection, keep no more bytes of either direction
    change,  // the next byte belongs to another protocol: see `next_protocol`
  };
  std::size_t consumed = 0;  // bytes of `data` that are done with
  std::size_t need = 0;      // total unconsumed bytes wanted before the next call; 0: call with any new byte
  Status status = Status::ok;
  // With `change`: the protocol that follows, or AppProto::unknown to have it detected anew.
  AppProto next_protocol{};
  // With `change`: that protocol is only what should follow (STARTTLS). What comes is looked at, in both directions; an
  // event says so when it is something else (ProtocolInfo::missing_event).
  bool check_next = false;
  // With `bypass`: the rest of the flow need not be tracked either, only counted.
  bool leave_flow = false;
  // With `ok`: the flow turns out to be of this form of its protocol, which the same parser reads on; unknown: it does not.
  AppProto turns_out{};
  // With `ok`: the parser can go on with what is left of `data`, but has made as many transactions as are held at a time
  // (TransactionList::batch_full), or frames (FrameSink::full), or a body has grown as much as is kept unlooked at. It is
  // called again when they have been looked at.
  bool paused = false;
  // With `paused`, when nothing was consumed: there is something new to be looked at all the same.
  bool made_output = false;
  // What the other direction has left unconsumed can be parsed now: this one has decided what it is.
  bool wakes_other = false;
  // Raw stream inspection should run now (a request or response ended), as Suricata's "trigger raw".
  bool flush_stream_inspection = false;

  static ParseOutcome failure() { return {.status = Status::error}; }
};

class AppParser : public Slabbed {
 public:
  virtual ~AppParser() = default;
  virtual ParseOutcome parse(const AppInput& in) = 0;
  // Before anything is parsed: another flow has announced this one, and said so of it.
  virtual void begin_expected(const ExpectedFlow&) {}
  // After ParseOutcome::change: what the protocol that follows goes on with, a request that it is to answer; null: nothing.
  virtual std::unique_ptr<Transaction> take_unfinished() { return nullptr; }
  // Before anything is parsed: so much the protocol before has left.
  virtual void begin_unfinished(const Transaction&) {}
  // Before anything is parsed: the connection began with this protocol and has changed (STARTTLS, CONNECT).
  virtual void begin_after(AppProto /*original*/) {}
  // Before anything is parsed: the connection is under way, perhaps in the middle of a message. True: what comes before the
  // next message will be passed over. False: it is parsed as if one began there, and may be an error.
  virtual bool begin_midway() { return false; }

  // `length` bytes of direction d never arrived; parse() continues with what follows them. False: the parser
  // cannot find its way back, and the engine gives up on it.
  virtual bool on_gap(Direction, std::uint64_t /*length*/) { return false; }

  // So many bytes of each direction of a stream are wanted, if that is more than the setting of streams; 0: all. None: no more.
  [[nodiscard]] virtual std::optional<std::uint64_t> stream_depth() const { return std::nullopt; }

  [[nodiscard]] TransactionList& transactions() { return transactions_; }
  [[nodiscard]] const TransactionList& transactions() const { return transactions_; }

 protected:
  TransactionList transactions_;
};

// Made once at start from the configuration, then makes a parser per flow. Immutable, shared by all workers.
class ParserFactory {
 public:
  virtual ~ParserFactory() = default;
  [[nodiscard]] virtual std::unique_ptr<AppParser> make() const = 0;
};

}  // namespace weir
