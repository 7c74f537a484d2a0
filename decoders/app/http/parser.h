// HTTP/1 over one flow: a framer for each side, and the matching of responses to requests in their order.
//
// Lines are consumed one at a time, bodies as they come. What belongs to no protocol any more (a tunnel
// behind CONNECT, an upgraded connection) is handed back to the engine as a change of protocol.
//
// Requests beyond the limit of open ones push out the oldest (TransactionList); the response to such a one becomes a
// transaction of its own.
//
// What becomes of bytes does not depend on how they were cut, but for line ends that come together with the end of a response:
// they count as its body (HttpTransaction::line_ends_behind), as no one can wait for them. A message ends where its head says;
// when that names several lengths, where another one starts. Behind the first message of a side, bytes that start no other are a transaction of their own, with an event (body_unexpected): receivers may skip them, so
// that the next message counts again.
#pragma once

#include <optional>

#include "decoders/app/http/body.h"
#include "decoders/app/http/feed.h"
#include "decoders/app/http/head.h"
#include "decoders/app/http/settings.h"
#include "decoders/app/http/transaction.h"
#include "decoders/app/parser.h"

namespace weir::http {

// What a step of a framer came to: do another, wait for more bytes, or leave parse() with its outcome's
// status.
enum class Step : std::uint8_t { again, wait, stop };

// HEAD requests remembered of those that were pushed out; of further ones the responses are taken to have bodies.
inline constexpr std::size_t kMaxLostHeads = 1024;

class HttpParser final : public AppParser {
 public:
  explicit HttpParser(const HttpSettings& settings);
  ParseOutcome parse(const AppInput& in) override;
  bool on_gap(Direction direction, std::uint64_t length) override;
  bool begin_midway() override;
  std::unique_ptr<Transaction> take_unfinished() override { return std::move(unfinished_); }

 private:
  enum class Phase : std::uint8_t {
    idle,        // between messages
    resync,      // behind a gap: looks for a line that can start a message
    line,        // the start line
    after_line,  // request side, behind a line without protocol: headers, or nothing (HTTP/0.9)
    headers,
    no_head,     // response: a line that is no status line, shown as a body until the byte behind it decides
    body_start,  // response: bytes may have to be skipped or waited for
    fixed_body,  // so many bytes
    open_body,   // to the end of the stream
    chunk_size,
    chunk_data,
    chunk_end,  // the line end behind a chunk
    trailers,
    leftover,     // what stands between two messages and belongs to neither
    wait_tunnel,  // request side, behind CONNECT: what is no request the response decides on
    ignore,       // request side, behind HTTP/0.9: nothing is parsed any more
  };

  struct Side {
    Side(const HttpSettings& settings, Direction d, FlowFiles& files)
        : direction(d), body(settings, d, files) {}
    Direction direction;
    Phase phase = Phase::idle;
    std::uint64_t tx_id = 0;
    FrameId frame = kNoFrame;      // of the message, until it ends
    std::uint64_t left = 0;        // of a fixed body or a chunk
    std::size_t scanned = 0;       // of an incomplete line
    bool had_message = false;      // one has ended
    bool mid_line = false;         // of a leftover
    bool doubtful_length = false;  // of a response: its head names several
    bool after_bare_lf = false;    // response head: a CR that follows belongs to the line end
    bool mixed_ends = false;       // response head: LF CR was a line end
    bool cut_line = false;         // of a line in a head the rest is still to be passed over
    bool continue_seen = false;    // before this response: 100 Continue
    bool first_chunk = false;
    HeaderReader headers;
    BodyReader body;
  };

  Step step(Side& side, Feed& feed);
  static bool between_messages(const Side& side);
  static void end_frame(Side& side, Feed& feed);
  Step idle(Side& side, Feed& feed);
  Step resync(Side& side, Feed& feed);
  Step start_request(Feed& feed);
  Step start_response(Feed& feed);
  Step start_leftover(Side& side, Feed& feed);
  Step request_line(Feed& feed);
  Step after_request_line(Feed& feed);
  Step end_simple_request(HttpTransaction& tx, const FileOpening& files);
  Step response_line(Feed& feed);
  Step body_without_head(HttpTransaction& tx, Feed& feed, const Line& line);
  Step headless_body(HttpTransaction& tx);
  Step begin_no_head(HttpTransaction& t);
  Step no_head(Feed& feed);
  Step headers(Side& side, Feed& feed, bool trailers);
  [[nodiscard]] bool ends_head(const Side& side, Feed& feed, const Line& line) const;
  Step request_headers_done(HttpTransaction& tx, Feed& feed);
  void begin_anew(Response& r);
  Step leave_http(HttpTransaction& tx, bool connected, Feed& feed);
  Step response_headers_done(HttpTransaction& tx, Feed& feed);
  Step switch_protocol(AppProto next, bool check = false);
  Step begin_body(Side& side, HttpTransaction& tx, Phase phase, std::uint64_t length);
  Step fixed_body(Side& side, Feed& feed);
  Step open_body(Side& side, Feed& feed);
  Step chunk_size(Side& side, Feed& feed);
  Step chunk_data(Side& side, Feed& feed);
  Step chunk_end(Side& side, Feed& feed);
  Step body_start(Feed& feed);
  Step leftover(Side& side, Feed& feed);
  std::size_t body_bytes(Side& side, Feed& feed, std::uint64_t most);
  Step end_message(Side& side, HttpTransaction& tx, Feed& feed);
  Step complete(Side& side, HttpTransaction& tx, bool whole, const FileOpening& files);
  void end_of_stream(Side& side, const FileOpening& files, bool is_cut);
  static std::optional<Line> find_line_of(Side& side, const Feed& feed);
  std::optional<Line> head_line(Side& side, Feed& feed);
  static bool skip_line(Side& side, Feed& feed);
  void begin(Side& side, HttpTransaction& tx, Feed& feed, FrameKind frame);
  Step pause(bool made_output);
  void make_room();
  HttpTransaction* next_request();
  HttpTransaction& add_unasked();
  void end_unasked();

  HttpTransaction* tx(const Side& side) { return tx_cast<HttpTransaction>(transactions_.find(side.tx_id)); }
  Step wait_tunnel(Feed& feed);
  static void skip_line_ends(Feed& feed);
  static void reach(HttpTransaction& tx, Direction d, State state);

  const HttpSettings& settings_;
  FlowFiles files_;
  FileFacts wanted_of_files_;  // as of the last parse()
  Side request_, response_;
  std::unique_ptr<HttpTransaction> unfinished_;  // its request, when another form of HTTP will answer it
  std::uint64_t next_response_ = 0;  // requests with ids below have had their response, or will never get one
  std::optional<std::uint64_t> unasked_;  // the last response to no request, until the client sends more
  // Requests that ended for want of room before their response came, so many of which has been seen since.
  std::uint64_t lost_requests_ = 0, answered_lost_ = 0;
  SlabVector<std::uint64_t>
      lost_heads_;        // those that were HEAD, counted from 0; responses to them have no body
  ParseOutcome outcome_;  // of the call that is running
};

}  // namespace weir::http
