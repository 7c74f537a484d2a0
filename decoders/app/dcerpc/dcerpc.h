// DCE/RPC over TCP and UDP (C706, MS-RPCE). What it says inside of SMB pipes, SMB's parser gives to an Association of its
// own (association.h).
//
// Whole PDUs are waited for: their length has two bytes. After a gap, and when a connection is joined midway, parsing goes
// on with the next bytes that look like a header.
#pragma once

#include <array>

#include "decoders/app/dcerpc/association.h"
#include "decoders/app/dcerpc/datagrams.h"
#include "decoders/app/dcerpc/transaction.h"
#include "decoders/app/parser.h"
#include "decoders/app/record_loop.h"

namespace weir::dcerpc {

struct DcerpcSettings {
  std::size_t max_tx = 1024;  // open at one time on a connection
  CallLimits calls;

  static DcerpcSettings from(const Settings& s);
};

enum class FrameKind : std::uint8_t {
#define FRAME(id, name) id,
#include "decoders/app/dcerpc/frames.def"
#undef FRAME
};

class DcerpcParser final : public AppParser, private Calls {
 public:
  explicit DcerpcParser(const DcerpcSettings& settings);
  ParseOutcome parse(const AppInput& in) override;
  bool begin_midway() override;
  bool on_gap(Direction d, std::uint64_t length) override;

 private:
  RecordStep step(const AppInput& in, Bytes data);
  ParseOutcome parse_one(const AppInput& in);
  Call& add(Direction request) override;
  Call* find(std::uint64_t key) override;
  void changed(Call& call) override;

  Association association_;
  Datagrams datagrams_;
  RecordLoop records_;
  std::array<bool, 2> lost_{};  // where the next PDU begins is not known
};

}  // namespace weir::dcerpc
