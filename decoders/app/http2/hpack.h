// Header compression of HTTP/2 (HPACK, RFC 7541): blocks to fields, with the table that the blocks of one direction share.
//
// A decoder owns its table: at most `most` bytes by the count of RFC 7541, 4.1, whatever the peers agree on. Its cost is
// linear in the block, and in what the block's fields say written out, which the sink may refuse to take. Not for several
// threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "decoders/byte_cursor.h"
#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::http2 {

// Takes what a block says. Views end with the call.
class HpackSink {
 public:
  virtual ~HpackSink() = default;
  virtual void field(std::string_view name, std::string_view value) = 0;
  virtual void table_size(std::uint64_t bytes) = 0;
};

enum class HpackResult : std::uint8_t { ok, malformed, integer_overflow, too_long };

class HpackDecoder {
 public:
  static constexpr std::size_t kDefaultBytes = 4096;   // RFC 9113, 6.5.2
  static constexpr std::size_t kEntryOverhead = 32;    // RFC 7541, 4.1
  static constexpr std::size_t kMaxText = 256 * 1024;  // bytes of a name or value; the rest is cut off
  // What one block may say, written out; receivers take less. The table makes of each byte of a block thousands.
  static constexpr std::size_t kMaxWritten = std::size_t{4} << 20U;
  static constexpr std::size_t kMaxIntegerBytes = 10;  // of one number

  explicit HpackDecoder(std::size_t most)
      : most_(most), limit_(std::min(most, kDefaultBytes)), allowed_(limit_) {}

  // After anything but ok the table is no longer the sender's: nothing that follows can be read.
  HpackResult decode(Bytes block, HpackSink& sink);
  // What the receiver of the blocks says it keeps (SETTINGS_HEADER_TABLE_SIZE). The sender says when it makes use of it.
  void allow(std::uint64_t bytes);

  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    SlabString name, value;
    [[nodiscard]] std::size_t size() const { return name.size() + value.size() + kEntryOverhead; }
  };
  struct Field {
    std::string_view name, value;
  };

  HpackResult step(ByteCursor& in, HpackSink& sink);
  HpackResult show(std::string_view name, std::string_view value, HpackSink& sink);
  HpackResult literal(ByteCursor& in, std::uint8_t first, unsigned prefix, bool keep, HpackSink& sink);
  HpackResult resize(ByteCursor& in, std::uint8_t first, HpackSink& sink);
  HpackResult number(ByteCursor& in, std::uint8_t first, unsigned prefix, std::uint64_t& out) const;
  HpackResult text(ByteCursor& in, SlabString& out) const;
  [[nodiscard]] std::optional<Field> at(std::uint64_t index) const;
  void insert(std::string_view name, std::string_view value);
  void shrink_to(std::size_t bytes);
  [[nodiscard]] std::size_t count() const { return table_.size() - first_; }

  std::size_t most_;
  std::size_t limit_;    // as the sender has said last
  std::size_t allowed_;  // how much it may say
  std::size_t bytes_ = 0;
  SlabVector<Entry> table_;  // the oldest first, from first_ on
  std::size_t first_ = 0;
  SlabString name_, value_;  // of the field at hand
  std::size_t written_ = 0;  // of the block at hand
};

// Appends the text to `out`, but for what is over `most` bytes. False: it is none (RFC 7541, 5.2).
bool huffman_decode(Bytes coded, SlabString& out, std::size_t most);

}  // namespace weir::http2
