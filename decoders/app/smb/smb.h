// SMB 1 (MS-CIFS, MS-SMB), 2 and 3 (MS-SMB2) over TCP: records of the NetBIOS session service (RFC 1002 4.3, MS-SMB2 2.1), each with a
// message of SMB 1 or one or more of SMB 2, which may be encrypted or compressed: of those nothing but their frames is told.
//
// Messages are taken whole, of those that are longer than kMaxMessage the beginning; data of files in SMB 2, which may be as long as
// 16 MB, pass as they come. After a gap, and when the connection is picked up midway, the next record with a message of SMB is
// looked for.
#pragma once

#include <array>

#include "decoders/app/parser.h"
#include "decoders/app/record_loop.h"
#include "decoders/app/smb/conversation.h"
#include "decoders/app/smb/smb1_dialogue.h"
#include "decoders/app/smb/smb2_dialogue.h"

namespace weir::smb {

// SMB 1 and calls of DCERPC have at most half of it; listings of SMB 2 may be longer.
inline constexpr std::size_t kMaxMessage = std::size_t{128} << 10U;

enum class FrameKind : std::uint8_t {
#define FRAME(id, name) id,
#include "decoders/app/smb/frames.def"
#undef FRAME
};

class SmbParser final : public AppParser {
 public:
  explicit SmbParser(const SmbSettings& settings);
  ParseOutcome parse(const AppInput& in) override;
  bool begin_midway() override;
  bool on_gap(Direction d, std::uint64_t length) override;
  [[nodiscard]] std::optional<std::uint64_t> stream_depth() const override {
    return conversation_.settings().stream_depth;
  }

 private:
  // Of what one side sends.
  struct Side {
    enum class At : std::uint8_t { record, message, data, skip, search };
    At at = At::record;
    std::uint64_t record_left = 0;   // bytes of the record that are not taken
    std::uint64_t message_left = 0;  // of the message that is passing as data, with what follows the data
    std::uint64_t data_left = 0;     // bytes of the file that are to come
    FilePiece piece;                 // where they go
  };

  RecordStep step(Direction d, Bytes data);
  RecordStep search(Direction d, Side& side, Bytes data);
  RecordStep record(Direction d, Side& side, Bytes data);
  RecordStep message(Direction d, Side& side, Bytes data);
  RecordStep smb1_message(Direction d, Side& side, Bytes data);
  RecordStep smb2_message(Direction d, Side& side, Bytes data);
  RecordStep begin_data(Side& side, const Smb2Dialogue::Data& begun, std::uint64_t length);
  RecordStep piece(Side& side, Bytes data);
  RecordStep take(Side& side, std::uint64_t bytes);
  RecordStep take_message(Side& side, std::uint64_t length, std::uint64_t there);
  [[nodiscard]] static bool goes_wrong_way(Direction d, bool is_response) {
    return is_response != (d == Direction::to_client);
  }
  void tell(FrameKind pdu, Bytes message, std::uint64_t length, std::size_t header);

  Conversation conversation_;
  Pipes pipes_;
  Smb1Dialogue smb1_;
  Smb2Dialogue smb2_;
  RecordLoop records_;
  std::array<Side, 2> sides_;
  FrameSink frames_;  // of the call that is running
};

}  // namespace weir::smb
