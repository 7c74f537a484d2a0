// NFS 2 (RFC 1094), 3 (RFC 1813) and 4 (RFC 7530, 8881) over TCP and UDP: calls and replies of ONC RPC (RFC 5531).
//
// Over TCP a message consists of fragments, nearly always of one. Messages are taken whole, of those that are longer than
// kMaxFront the beginning; data of files pass as they come. After a gap, and when the connection is picked up midway, the next
// bytes are looked for that look like a message.
#pragma once

#include <array>

#include "decoders/app/nfs/dialogue.h"
#include "decoders/app/parser.h"
#include "decoders/app/probe.h"
#include "decoders/app/record_loop.h"

namespace weir::nfs {

struct NfsSettings {
  std::size_t max_tx = 1024;  // open at one time on a flow

  static NfsSettings from(const Settings& s);
};

// Listings of directories are as long as a client asks for.
inline constexpr std::size_t kMaxFront = std::size_t{128} << 10U;
// Where data of files begin behind so many bytes, what is before them is waited for with kMaxFront.
inline constexpr std::size_t kShortFront = 1024;
// No message is longer; what says so is none.
inline constexpr std::uint32_t kMaxRecord = std::uint32_t{64} << 20U;

// `message` begins with a call of NFS, or with what may be a reply. With `need_more` it is too short to tell; it goes the wrong
// way with `yes_reversed`.
ProbeResult probe_message(Direction d, Bytes message);

class NfsParser final : public AppParser {
 public:
  explicit NfsParser(const NfsSettings& settings);
  ParseOutcome parse(const AppInput& in) override;
  bool begin_midway() override;
  bool on_gap(Direction d, std::uint64_t length) override;

 private:
  // Of what one side sends.
  struct Side {
    enum class At : std::uint8_t { record, message, fragments, data, skip, search };
    At at = At::record;
    At goes_on_at = At::record;  // with the next fragment of the message; At::record: with the next message
    std::uint64_t left = 0;      // bytes of the fragment that are not taken
    bool is_last = true;         // it is the last one of its message
    SlabVector<std::uint8_t> joined;  // of a message in several fragments what is there, up to kMaxFront
    std::uint64_t data_left = 0;      // bytes of the file that are to come
    FilePiece piece;                  // where they go
    bool is_behind = false;           // the message goes on behind data that have come
    bool is_joined = false;           // it is one of several fragments

    void lose();
  };

  RecordStep step(Direction d, Bytes data);
  RecordStep search(Direction d, Side& side, Bytes data);
  RecordStep record(Direction d, Side& side, Bytes data);
  RecordStep message(Direction d, Side& side, Bytes data);
  RecordStep fragments(Direction d, Side& side, Bytes data);
  RecordStep piece(Direction d, Side& side, Bytes data);
  RecordStep take(Direction d, Side& side, std::uint64_t bytes);
  std::size_t deliver(Direction d, Side& side, const Message& message);
  void end_data(Direction d, Side& side);

  Dialogue dialogue_;
  RecordLoop records_;
  std::array<Side, 2> sides_;
  FrameSink frames_;  // of the call that is running
};

}  // namespace weir::nfs
