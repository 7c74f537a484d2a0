// Bytes of one input file in order, decompressed on the way when the file is gzip, LZ4 or zstd.
//
// Regular files are read with large reads rather than mapped: a file that shrinks while it is read would
// otherwise kill the process. Memory: one window of kWindowBytes, grown up to the largest `view` asked for,
// plus one of the same size for compressed input, and those that others hold. One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "decoders/types.h"

namespace weir::engine {

// Decompresses a stream piece by piece; zlib's, LZ4's and zstd's are in byte_input.cc.
class StreamCodec {
 public:
  virtual ~StreamCodec() = default;
  struct Step {
    std::size_t consumed = 0, produced = 0;
    bool broken = false;  // the input is no valid stream
  };
  // Both sides may be used up only in part.
  virtual Step run(Bytes in, std::uint8_t* out, std::size_t capacity) = 0;
  // False in the middle of a compressed frame: the input must not end here.
  [[nodiscard]] virtual bool at_boundary() const = 0;
};

// The bytes that views lie in. They stay as they are for as long as somebody holds them, who lets go of them while nobody reads.
using InputWindow = std::shared_ptr<std::vector<std::uint8_t>>;

// How an input is waited for that has nothing to read at the moment: a pipe, a socket, a file that may grow.
struct InputPatience {
  // Called before each wait, a fifth of a second long at most: false ends the input. Empty: reading waits as it may.
  std::function<bool()> idle;
  bool follow = false;  // files may grow, and named pipes have further writers: neither ends by itself
};

class ByteInput {
 public:
  // "-" is standard input. Fails with "call: errno text" when the path cannot be opened or is a folder.
  static tl::expected<ByteInput, std::string> open(const std::string& path,
                                                   const InputPatience& patience = {});
  // Of a connection, which is closed with the input.
  static ByteInput from_socket(int descriptor, const InputPatience& patience);
  ~ByteInput();
  ByteInput(ByteInput&&) noexcept;
  ByteInput& operator=(ByteInput&&) = delete;

  // The next n bytes, or fewer when the input ends before. Valid until the next call of view(): consuming
  // what was viewed moves nothing.
  Bytes view(std::size_t n) { return available() >= n ? Bytes{window_->data() + begin_, n} : view_slow(n); }
  // What can be viewed at once, without reading more.
  [[nodiscard]] Bytes ahead() const { return {window_->data() + begin_, available()}; }
  // Of the last view.
  [[nodiscard]] const InputWindow& window() const { return window_; }
  // Passes over n bytes; returns false when the input has fewer.
  bool consume(std::size_t n) {
    if (available() < n) return consume_slow(n);
    begin_ += n;
    return true;
  }
  // Bytes consumed so far, counted after decompression: the N of "offset N" in messages.
  [[nodiscard]] std::uint64_t offset() const { return window_offset_ + begin_; }
  // Bytes of the file read so far, as stored.
  [[nodiscard]] std::uint64_t stored_bytes_read() const { return stored_read_; }
  // Why the input ended early (read error, broken compression); empty when it just ended.
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  ByteInput(int descriptor, InputPatience patience, bool is_file);
  [[nodiscard]] std::size_t available() const { return end_ - begin_; }
  Bytes view_slow(std::size_t n);
  bool consume_slow(std::size_t n);
  void detect_compression();
  // For a view of n bytes: what is left goes to the front, of another window if this one is held.
  void make_room(std::size_t n);
  InputWindow spare_window();
  bool fill();         // appends to the window; false at the end
  bool fill_stored();  // appends to stored_; false at the end
  std::size_t read_some(std::uint8_t* out, std::size_t capacity);
  [[nodiscard]] bool wait_for_stream() const;  // false: it is to end
  [[nodiscard]] bool wait_for_growth() const;  // false: there is none to wait for

  int descriptor_;
  InputPatience patience_;
  bool is_file_;        // a regular one
  bool ended_ = false;  // the descriptor has no more
  std::uint64_t stored_read_ = 0;
  InputWindow window_;
  std::vector<InputWindow> held_;  // by others, perhaps no longer
  std::size_t begin_ = 0, end_ = 0;
  std::uint64_t window_offset_ = 0;
  std::unique_ptr<StreamCodec> codec_;  // null for plain input
  std::vector<std::uint8_t> stored_;    // compressed bytes waiting
  std::size_t stored_begin_ = 0, stored_end_ = 0;
  std::string error_;
};

}  // namespace weir::engine
