// One call of DCE/RPC over TCP or UDP, as a transaction.
#pragma once

#include "decoders/app/dcerpc/call.h"
#include "decoders/app/transaction.h"

namespace weir::dcerpc {

enum class State : std::uint8_t {
#define STATE(id, ...) id,
#include "decoders/app/dcerpc/states.def"
#undef STATE
};

class DcerpcTransaction final : public Transaction {
 public:
  DcerpcTransaction(std::uint64_t tx_id, Direction request) : Transaction(tx_id), call(request) {
    call.key = tx_id;
  }

  [[nodiscard]] std::size_t held() const override { return call.held(); }

  Call call;
};

}  // namespace weir::dcerpc
