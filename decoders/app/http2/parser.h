// HTTP/2 over one flow (RFC 9113): frames, header blocks, and the streams that they belong to. Each stream is a transaction of
// HTTP, and each frame about the connection as a whole (stream 0) one of its own.
//
// Frames but those of bodies are waited for as a whole, header blocks in several frames are put together up to
// Http2Settings::max_reassembly_bytes. A header block that cannot be read, or that was missed, ends the parsing: the receiver
// ends the connection there, too, as the table that all later blocks need is lost.
//
// What becomes of bytes does not depend on how they were cut.
#pragma once

#include <array>
#include <memory>

#include "decoders/app/http/body.h"
#include "decoders/app/http/transaction.h"
#include "decoders/app/http2/hpack.h"
#include "decoders/app/http2/names.h"
#include "decoders/app/http2/settings.h"
#include "decoders/app/parser.h"
#include "decoders/app/record_loop.h"

namespace weir::http2 {

// Of a frame that is waited for as a whole; longer ones are passed over, with an event.
inline constexpr std::uint32_t kMaxWholeFrame = 64 * 1024;
// RFC 9113, 6.5.2: of a frame's payload, unless the receiver says otherwise.
inline constexpr std::uint32_t kUsualMaxFrame = 16 * 1024;
// Streams that have a priority before they begin, told of together with what they become; of more each frame is a
// transaction of its own.
inline constexpr std::uint32_t kMaxIdleStreams = 16;

class Http2Parser final : public AppParser {
 public:
  explicit Http2Parser(const Http2Settings& settings);
  ParseOutcome parse(const AppInput& in) override;
  bool on_gap(Direction direction, std::uint64_t length) override;
  bool begin_midway() override;
  void begin_unfinished(const Transaction& request) override;

 private:
  struct FrameHead {
    std::uint32_t length = 0;
    Type type{};
    std::uint8_t flags = 0;
    std::uint32_t stream = 0;
    [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  };
  struct Stream : Slabbed {
    std::uint32_t id = 0;
    std::uint64_t tx_id = 0;
    std::array<std::unique_ptr<http::BodyReader>, 2> bodies;  // by Direction; null: none has begun
    std::array<bool, 2> has_head{}, ended{};
    std::array<bool, 2> dns_in_body{}, has_dns{};  // a message of DNS is its body; or stands in its URI
  };
  struct Side {
    explicit Side(std::size_t table_bytes) : hpack(table_bytes) {}
    HpackDecoder hpack;  // of the blocks that it sends
    // The DATA frame that is being read: what is left of its body bytes, and of what is behind them.
    std::uint32_t body_left = 0, padding_left = 0, body_stream = 0;
    bool ends_stream = false;  // with that frame
    // A header block whose end has not come.
    SlabVector<std::uint8_t> block;
    FrameHead block_head;
    bool in_block = false;
    std::uint32_t max_frame = kUsualMaxFrame;  // that it may send
    std::uint32_t last_opened = 0;             // the youngest stream that it has begun
  };

  RecordStep record(const AppInput& in, Bytes rest);
  RecordStep preface(const AppInput& in, Bytes rest);
  RecordStep frame(const AppInput& in, const FrameHead& head, Bytes rest);
  RecordStep begin_body(const AppInput& in, const FrameHead& head, Bytes rest);
  RecordStep body_bytes(const AppInput& in, Bytes rest);
  bool whole_frame(const AppInput& in, const FrameHead& head, Bytes whole);
  static void note_frame(const AppInput& in, const FrameHead& head, Bytes whole, http::HttpTransaction* tx);
  bool headers(const AppInput& in, const FrameHead& head, Bytes payload, http::HttpTransaction& tx);
  bool push_promise(const AppInput& in, const FrameHead& head, Bytes payload, http::HttpTransaction& tx);
  bool continuation(const AppInput& in, const FrameHead& head, Bytes whole);
  bool begin_block(const AppInput& in, const FrameHead& head, Bytes fragment);
  bool end_block(const AppInput& in, const FrameHead& head, Bytes block);
  void apply_settings(Direction d, http::HttpTransaction& tx, Bytes payload);
  void reset_stream(std::uint32_t id);

  // heads.cc
  static HpackResult read_block(Bytes block, HpackDecoder& hpack, Direction d, http::HttpTransaction& tx,
                                bool trailers);
  static void begin_anew(http::HttpTransaction& tx);
  static void copy_request(const http::Request& from, http::HttpTransaction& tx);
  void end_head(Direction d, http::HttpTransaction& tx) const;

  // dns.cc (RFC 8484)
  void look_for_dns(Stream& s, Direction d, http::HttpTransaction& tx);
  static void gather_dns(Stream& s, Direction d, http::HttpTransaction& tx, Bytes chunk);
  static void forget_dns(Stream& s, Direction d, http::HttpTransaction& tx);
  void add_dns(Direction d, http::HttpTransaction& carrier);

  // streams.cc
  [[nodiscard]] std::size_t place_of(std::uint32_t id) const;
  Stream* stream(std::uint32_t id);
  Stream& stream_for(std::uint32_t id);
  [[nodiscard]] bool is_idle(const FrameHead& head, Direction d) const;
  void forget(std::uint32_t id);
  http::HttpTransaction* transaction(const Stream& s);
  // Of a frame: its stream's, or one of its own.
  http::HttpTransaction& transaction_for(const FrameHead& head, Direction d);
  http::HttpTransaction& add_transaction(std::uint32_t stream_id);
  http::BodyReader& body(Stream& s, Direction d, http::HttpTransaction& tx);
  void end_side(Stream& s, Direction d, bool whole, const FileOpening& files);

  Side& side(Direction d) { return sides_[index(d)]; }
  [[nodiscard]] const Side& side(Direction d) const { return sides_[index(d)]; }
  static void raise(http::HttpTransaction& tx, Event e) { tx.raise(static_cast<std::uint8_t>(e)); }
  static void reach(http::HttpTransaction& tx, Direction d, http::State state);

  const Http2Settings& settings_;
  RecordLoop records_;
  FlowFiles files_;
  FileOpening opening_;  // of the call that is running
  std::array<Side, 2> sides_;
  SlabVector<std::unique_ptr<Stream>> streams_;  // open ones, by id
  std::uint32_t idle_streams_ = 0;               // that there have been
  bool awaits_preface_ = true;
  bool midway_ = false;
  bool made_output_ = false;
  bool has_dns_ = false;
};

// By http::Event: what it is in HTTP/2.
extern const std::array<std::uint8_t, 256> kEventCodes;

}  // namespace weir::http2
