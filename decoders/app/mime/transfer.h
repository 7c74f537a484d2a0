// Content-Transfer-Encoding (RFC 2045, 6): bytes of a part's content as they come, however they are cut, to the bytes that they
// stand for. Costs a step a byte, keeps a few bytes; nothing in the input makes it stop.
#pragma once

#include <cstdint>
#include <string_view>

#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::mime {

enum class Transfer : std::uint8_t { identity, base64, quoted_printable, uuencode };

// identity for 7bit, 8bit, binary and what is not known.
Transfer transfer_named(std::string_view name);

class TransferDecoder {
 public:
  void begin(Transfer transfer) { *this = TransferDecoder(transfer); }
  TransferDecoder() = default;
  explicit TransferDecoder(Transfer transfer) : transfer_(transfer) {}

  [[nodiscard]] Transfer transfer() const { return transfer_; }
  // Puts what `encoded`, with its line ends, stands for behind `out`. identity puts nothing: its bytes are the content.
  void decode(Bytes encoded, SlabString& out);
  // Nothing follows: what is left of an incomplete group comes out.
  void finish(SlabString& out);
  // Bytes are missing before what comes next.
  void resynchronise();
  // Something in the input is not of the encoding.
  [[nodiscard]] bool has_junk() const { return junk_ > valid_ || broken_; }

 private:
  void base64(Bytes encoded, SlabString& out);
  void quoted_printable(Bytes encoded, SlabString& out);
  void quoted_byte(char c, SlabString& out);
  void uuencode(Bytes encoded, SlabString& out);
  void uu_line(SlabString& out);

  Transfer transfer_ = Transfer::identity;
  // base64: bits that are not a whole byte yet; quoted-printable: what stands behind an "=".
  std::uint32_t bits_ = 0;
  std::uint8_t count_ = 0;
  SlabString held_;
  std::uint64_t valid_ = 0, junk_ = 0;
  bool broken_ = false, inside_ = false;
};

}  // namespace weir::mime
